"""Faults of the disk: full for the worker or for the server, and records that are damaged."""

import resource

from faults.campaign import SERVE, Campaign
from faults.full_disk import filled
from layerpeel.shared.wire import pack
from running_backend import start_serving
from waiting import wait_for

CANNOT_WRITE = 6  # exit code
MOST_LEFT = 40_000  # bytes


def records_are_damaged(campaign: Campaign) -> None:
    """While the server is down: emptied, cut, overwritten, or gone."""
    campaign.crash()
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


def disk_is_full_at_restart(campaign: Campaign) -> None:
    """The server is started on a disk with hardly a byte left: it works, or says so and ends."""
    campaign.crash()
    with filled(campaign.home.parent, campaign.chance.randrange(MOST_LEFT)):
        process = start_serving(campaign.home, command=SERVE)
        said_where = campaign.home / "server.json"
        before = said_where.stat().st_mtime_ns if said_where.exists() else 0

        def has_begun() -> bool:
            return said_where.exists() and said_where.stat().st_mtime_ns != before

        wait_for(lambda: process.poll() is not None or has_begun())
        if process.poll() is None:
            process.kill()
        _, said = process.communicate()
        has_said_so = process.returncode == CANNOT_WRITE and len(said.splitlines()) == 1
        has_worked = process.returncode < 0 and "Traceback" not in said
        if not (has_said_so or has_worked):
            campaign.broken.append(f"disk full at restart: {process.returncode}, {said[-500:]}")
    campaign.start()


def disk_is_full_at_forgetting(campaign: Campaign) -> None:
    """A result is forgotten on a full disk, which makes room."""
    forgotten = campaign.some_result()
    with filled(campaign.home.parent, 0):
        answer = campaign.backend.call("DELETE", f"/jobs/{forgotten}")
    if answer.status_code != 204:
        campaign.broken.append(f"disk full at forgetting: {answer.status_code} {answer.text}")
    del campaign.results[forgotten]


def disk_is_full_for_all(campaign: Campaign) -> None:
    """A job is submitted, and ends as it may, while hardly a byte is left for anybody."""
    with filled(campaign.home.parent, campaign.chance.randrange(MOST_LEFT)):
        answer = campaign.backend.post(pack(campaign.job()))
        if answer.status_code == 201:
            campaign.backend.end_of(answer.json()["id"])
        elif answer.status_code != 507:
            campaign.broken.append(f"disk full: {answer.status_code} {answer.text}")
