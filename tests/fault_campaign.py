"""`make faults`: breaks a real backend again and again, and checks what it promises after each.

Seeded and bounded in time. After each kind of fault: no finished result is lost or changed, none
that is half is shown as whole, the next job runs, and the log holds no traceback. What came of it
is written to docs/reliability.md.
"""

import argparse
import contextlib
import hashlib
import os
import random
import resource
import signal
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from layerpeel.shared.jobs import Finished, JobState, SubmitJob
from layerpeel.shared.protocol import (
    ColourModel,
    Coverage,
    Depth,
    LayerStack,
    Mask,
    PeelRequest,
    Picture,
    PixelBlock,
)
from layerpeel.shared.wire import MESSAGE_TYPE, pack, unpack
from running_backend import RunningBackend
from waiting import has_ended, wait_for

SIDE = 16
KEPT_AT_MOST = 40  # results that are compared after each round


class Campaign:
    """A backend that is broken, and what is known of it.

    tried: faults by kind. broken: what was not as promised, each in a line.
    """

    def __init__(self, home: Path, seed: int) -> None:
        self.home = home
        self.chance = random.Random(seed)  # noqa: S311  (of no secret)
        self.backend = RunningBackend(home)
        self.results: dict[str, str] = {}
        self.tried: Counter[str] = Counter()
        self.broken: list[str] = []

    def job(self, name: str = "fault") -> SubmitJob:
        pixels = self.chance.randbytes(SIDE * SIDE * 3)
        rgba = b"".join(pixels[at : at + 3] + b"\xff" for at in range(0, len(pixels), 3))
        block = PixelBlock(SIDE, SIDE, ColourModel.RGBA, Depth.U8, rgba)
        mask = Coverage(SIDE, SIDE, (bytes(SIDE // 2) + b"\xff" * (SIDE // 2)) * SIDE)
        return SubmitJob(name, PeelRequest(Mask(mask, exact=True)), Picture(block))

    def worker(self) -> int:
        """Return the worker's process id; one that was killed while it was idle is replaced."""
        self.backend.end_of(self.backend.submit(self.job()).id)
        return self.backend.worker()

    def kill(self) -> None:
        """Kill the server, if it runs, and wait until it is gone."""
        if self.backend.process.returncode is None:
            self.backend.process.kill()
            self.backend.process.communicate()
            self.backend.http.close()

    def start(self) -> None:
        self.backend = RunningBackend(self.home)

    def check(self, kind: str) -> None:
        """Check all that is promised whatever went wrong before."""
        jobs = {job.id: job for job in self.backend.jobs()}
        for job_id, digest in self.results.items():
            if job_id not in jobs or jobs[job_id].state is not JobState.FINISHED:
                self.broken.append(f"{kind}: result {job_id} is lost")
            elif self._digest_of(job_id) != digest:
                self.broken.append(f"{kind}: result {job_id} has changed")
        for job in jobs.values():
            if job.state is JobState.FINISHED and job.id not in self.results:
                self._keep(job.id)
        job = self.backend.submit(self.job())
        end = self.backend.end_of(job.id)
        if not isinstance(end, Finished):
            self.broken.append(f"{kind}: the next job ended with {end}")
        else:
            self._keep(job.id)
        for job_id in list(self.results)[:-KEPT_AT_MOST]:
            self.backend.call("DELETE", f"/jobs/{job_id}")
            del self.results[job_id]
        if "Traceback" in self.backend.log():
            self.broken.append(f"{kind}: there is a traceback in the log")
            (self.home / "backend.log").write_text("")

    def _keep(self, job_id: str) -> None:
        self.results[job_id] = self._digest_of(job_id)

    def _digest_of(self, job_id: str) -> str:
        """Fetch a result, which must be whole, and return its hash."""
        answer = self.backend.call("GET", f"/jobs/{job_id}/result")
        unpack(LayerStack, answer.content)
        return hashlib.sha256(answer.content).hexdigest()

    def wait_a_moment(self) -> None:
        """Wait for a random time, in which a job of this size begins, works or ends."""
        time.sleep(self.chance.uniform(0, 0.15))


def worker_is_killed(campaign: Campaign) -> None:
    """At a random moment of a job."""
    worker = campaign.worker()
    campaign.backend.submit(campaign.job())
    campaign.wait_a_moment()
    os.kill(worker, campaign.chance.choice([signal.SIGKILL, signal.SIGSEGV]))
    wait_for(lambda: has_ended(worker))


def server_is_killed(campaign: Campaign) -> None:
    """At a random moment of two jobs; it is started again."""
    for _ in range(2):
        campaign.backend.submit(campaign.job())
    campaign.wait_a_moment()
    campaign.kill()
    campaign.start()


def connection_is_cut(campaign: Campaign) -> None:
    """After a random byte of a call that submits a job, in its head or its body."""
    backend = campaign.backend
    body = pack(campaign.job())
    lines = [f"POST /jobs HTTP/1.1\r\nHost: 127.0.0.1:{backend.port}"]
    lines += [f"{name}: {value}" for name, value in backend.headers.items()]
    lines += [f"Content-Type: {MESSAGE_TYPE}\r\nContent-Length: {len(body)}\r\n\r\n"]
    whole = "\r\n".join(lines).encode() + body
    with socket.create_connection(("127.0.0.1", backend.port), timeout=30) as connection:
        connection.sendall(whole[: campaign.chance.randrange(len(whole))])


def records_are_damaged(campaign: Campaign) -> None:
    """While the server is down: emptied, cut, overwritten, or gone."""
    campaign.kill()
    records = campaign.home / "jobs" / "jobs.sqlite"
    content = bytearray(records.read_bytes())
    match campaign.chance.randrange(4):
        case 0:
            records.write_bytes(b"")
        case 1:
            records.write_bytes(content[: campaign.chance.randrange(len(content))])
        case 2:
            at = campaign.chance.randrange(100)
            content[at : at + 64] = campaign.chance.randbytes(64)
            records.write_bytes(content)
        case 3:
            records.unlink()
    for end in ("-wal", "-shm"):
        records.with_name(records.name + end).unlink(missing_ok=True)
    campaign.start()


def disk_is_full(campaign: Campaign) -> None:
    """For the worker, which may write no file beyond a random size."""
    worker = campaign.worker()
    unlimited = resource.prlimit(worker, resource.RLIMIT_FSIZE)
    size = campaign.chance.randrange(2000)
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (size, unlimited[1]))
    campaign.backend.end_of(campaign.backend.submit(campaign.job()).id)
    resource.prlimit(worker, resource.RLIMIT_FSIZE, unlimited)


def many_connect(campaign: Campaign) -> None:
    """Two hundred at once, who begin a call and never end it."""
    with contextlib.ExitStack() as held:
        for _ in range(200):
            connection = held.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                connection.connect(("127.0.0.1", campaign.backend.port))
                connection.sendall(b"POST /jobs HTTP/1.1\r\nHost: ")
        campaign.backend.http.close()
        campaign.backend.jobs()


def message_is_odd(campaign: Campaign) -> None:
    """A job in which one to eight random bytes are others."""
    body = bytearray(pack(campaign.job()))
    head = body.index(b"\n")
    for _ in range(campaign.chance.randrange(1, 9)):
        body[campaign.chance.randrange(head)] = campaign.chance.randrange(256)
    answer = campaign.backend.post(bytes(body))
    if answer.status_code >= 500:
        campaign.broken.append(f"odd message: {answer.status_code} {answer.text}")


Fault = Callable[[Campaign], None]

# How many of each are tried in one round, before all that is promised is checked.
KINDS = [
    (connection_is_cut, 100),
    (message_is_odd, 50),
    (worker_is_killed, 8),
    (server_is_killed, 6),
    (disk_is_full, 4),
    (records_are_damaged, 4),
    (many_connect, 1),
]


def run(
    seed: int, seconds: float, rounds: int, kinds: Sequence[tuple[Fault, int]] = KINDS
) -> Campaign:
    """Try faults of every kind, round after round, until the time is over."""
    with tempfile.TemporaryDirectory() as folder:
        campaign = Campaign(Path(folder) / "home", seed)
        began = time.monotonic()
        try:
            campaign.check("nothing yet")
            for _ in range(rounds):
                for fault, times in kinds:
                    for _ in range(times):
                        fault(campaign)
                        campaign.tried[fault.__name__.replace("_", " ")] += 1
                    campaign.check(fault.__name__)
                if time.monotonic() - began > seconds:
                    break
        finally:
            campaign.kill()
    return campaign


def table_of(campaign: Campaign, seed: int, seconds: float) -> str:
    """Return docs/reliability.md."""
    lost = sum("lost" in line or "changed" in line for line in campaign.broken)
    docs = {fault.__name__.replace("_", " "): fault.__doc__ for fault, _ in KINDS}
    rows = [f"| {kind} | {docs[kind]} | {count} |" for kind, count in campaign.tried.items()]
    broken = [f"- {line}" for line in campaign.broken] or ["All was as promised."]
    return "\n".join(
        [
            "# What faults do",
            "",
            "Written by `make faults` (`tests/fault_campaign.py`), which breaks a real backend at",
            f"random moments; seed {seed}, {seconds:.0f} s. After each kind of fault of a round:",
            "every finished result is there, unchanged and whole; the next job runs; the log holds",
            "no traceback.",
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
    parser.add_argument("--out", type=Path, default=None)
    given = parser.parse_args()
    began = time.monotonic()
    campaign = run(given.seed, given.seconds, given.rounds)
    table = table_of(campaign, given.seed, time.monotonic() - began)
    if given.out is not None:
        given.out.write_text(table, encoding="utf-8")
    print(table)
    return 1 if campaign.broken else 0


if __name__ == "__main__":
    sys.exit(main())
