"""`make faults`: breaks a real backend again and again, and checks what it promises after each.

Seeded and bounded in time. After each kind of fault: no finished result is lost or changed, none
that is half is shown as whole, the next job runs, what failed says why in a line, and the log holds
no traceback. What came of it is written to docs/reliability.md.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from faults.calls import (
    connection_is_cut,
    fetching_is_cut,
    handed_over_file_is_odd,
    many_connect,
    message_is_odd,
)
from faults.campaign import Campaign
from faults.disk import (
    disk_is_full,
    disk_is_full_at_forgetting,
    disk_is_full_at_restart,
    disk_is_full_for_all,
    records_are_damaged,
)
from faults.full_disk import own_disk
from faults.krita import KritaAtWork, why_without_krita
from faults.processes import (
    another_server_is_started,
    clock_jumps,
    memory_is_short,
    server_is_killed,
    two_servers_start_at_once,
    worker_is_killed,
)

Fault = Callable[[Campaign], None]

# How many of each are tried in one round, before all that is promised is checked.
KINDS: list[tuple[Fault, int]] = [
    (connection_is_cut, 120),
    (message_is_odd, 60),
    (fetching_is_cut, 30),
    (handed_over_file_is_odd, 30),
    (worker_is_killed, 6),
    (server_is_killed, 5),
    (disk_is_full, 4),
    (memory_is_short, 4),
    (clock_jumps, 4),
    (records_are_damaged, 4),
    (another_server_is_started, 1),
    (two_servers_start_at_once, 1),
    (many_connect, 1),
]
# Where there can be a disk of our own: that of the machine is never filled.
ON_OWN_DISK: list[tuple[Fault, int]] = [
    (disk_is_full_at_restart, 2),
    (disk_is_full_at_forgetting, 4),
    (disk_is_full_for_all, 4),
]


def run(
    seed: int,
    seconds: float,
    rounds: int,
    kinds: Sequence[tuple[Fault, int]] | None = None,
    kritas: int = 0,
) -> Campaign:
    """Try faults of every kind, round after round, until the time is over.

    kritas: how often a real Krita is killed, after that.
    """
    with tempfile.TemporaryDirectory() as folder, own_disk(Path(folder)) as is_own:
        tried = kinds or [*KINDS, *(ON_OWN_DISK if is_own else [])]
        campaign = Campaign(Path(folder) / "home", seed)
        began = time.monotonic()
        try:
            campaign.check("nothing yet")
            for _ in range(rounds):
                for fault, times in tried:
                    _try(campaign, fault, times)
                if time.monotonic() - began > seconds:
                    break
            if kritas:
                _kill_kritas(campaign, kritas)
        finally:
            campaign.kill()
    return campaign


def krita_is_killed(campaign: Campaign, krita: KritaAtWork) -> None:
    """At a random moment from Peel to its layers; started again, it inserts the newest result."""
    krita.peel_and_be_killed(campaign)
    campaign.check("krita_is_killed")
    krita.insert_newest(campaign)


def _kill_kritas(campaign: Campaign, times: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        krita = KritaAtWork(Path(folder), campaign)
        try:
            _try(campaign, partial(krita_is_killed, krita=krita), times)
        finally:
            krita.end()


def _try(campaign: Campaign, fault: Fault, times: int) -> None:
    for _ in range(times):
        campaign.note_finished()
        fault(campaign)
        campaign.tried[_name_of(fault)] += 1
    campaign.check(_name_of(fault))


def _name_of(fault: Fault) -> str:
    named = fault.func if isinstance(fault, partial) else fault
    return named.__name__.replace("_", " ").replace("krita", "Krita")


def table_of(campaign: Campaign, seed: int, seconds: float) -> str:
    """Return docs/reliability.md."""
    lost = sum("lost" in line or "changed" in line for line in campaign.broken)
    all_kinds = [*(fault for fault, _ in [*KINDS, *ON_OWN_DISK]), krita_is_killed]
    docs = {_name_of(fault): fault.__doc__ for fault in all_kinds}
    rows = [f"| {kind} | {docs[kind]} | {count} |" for kind, count in campaign.tried.items()]
    broken = [f"- {line}" for line in campaign.broken] or ["All was as promised."]
    return "\n".join(
        [
            "# What faults do",
            "",
            "Written by `make faults` (`tests/fault_campaign.py`), which breaks a real backend at",
            f"random moments; seed {seed}, {seconds:.0f} s. After each kind of fault of a round:",
            "every finished result is there, unchanged and whole; the next job runs; what failed",
            "says why in a line; the log holds no traceback.",
            "",
            f"Faults tried: {campaign.tried.total():,}. Results lost: {lost}.",
            "",
            "| fault | how | times |",
            "|---|---|---|",
            *rows,
            "",
            *broken,
            "",
        ]
    )


def main() -> int:
    """Run the campaign, write its table, and fail if anything was not as promised."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--kritas", type=int, default=20, help="how many are killed")
    parser.add_argument("--out", type=Path, default=None)
    given = parser.parse_args()
    began = time.monotonic()
    if given.kritas and (why := why_without_krita()):
        print(why, file=sys.stderr)
        given.kritas = 0
    campaign = run(given.seed, given.seconds, given.rounds, kritas=given.kritas)
    table = table_of(campaign, given.seed, time.monotonic() - began)
    if given.out is not None:
        given.out.write_text(table, encoding="utf-8")
    print(table)
    return 1 if campaign.broken else 0


if __name__ == "__main__":
    sys.exit(main())
