"""Faults of processes: killed, twice there, short of memory, by a clock that jumps."""

import os
import resource
import signal
import subprocess
from pathlib import Path

from faults.campaign import SERVE, Campaign
from running_backend import RunningBackend, start_serving
from waiting import PATIENCE, has_ended, wait_for

ALREADY_RUNNING = 8  # exit code
MOST_MORE_MEMORY = 16 << 20  # bytes
TEN_YEARS = 10 * 365 * 86400.0  # seconds


def worker_is_killed(campaign: Campaign) -> None:
    """At a random moment of a job."""
    worker = campaign.worker()
    campaign.backend.submit(campaign.job())
    campaign.wait_a_moment()
    campaign.note_finished()
    os.kill(worker, campaign.chance.choice([signal.SIGKILL, signal.SIGSEGV]))
    wait_for(lambda: has_ended(worker))


def memory_is_short(campaign: Campaign) -> None:
    """For the worker, which may take hardly more than it has, of a job of 512×512 pixels."""
    worker = campaign.worker()
    pages = int(Path(f"/proc/{worker}/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + campaign.chance.randrange(MOST_MORE_MEMORY)
    unlimited = resource.prlimit(worker, resource.RLIMIT_AS)
    resource.prlimit(worker, resource.RLIMIT_AS, (most, unlimited[1]))
    campaign.backend.end_of(campaign.backend.submit(campaign.job(side=512)).id)
    if not has_ended(worker):
        resource.prlimit(worker, resource.RLIMIT_AS, unlimited)


def clock_jumps(campaign: Campaign) -> None:
    """By up to ten years, either way, while a job is at work; sometimes the server is killed."""
    job = campaign.backend.submit(campaign.job())
    campaign.set_clock(campaign.chance.uniform(-1, 1) * TEN_YEARS)
    if campaign.chance.random() < 0.3:
        campaign.wait_a_moment()
        campaign.crash()
        campaign.start()
    else:
        campaign.backend.end_of(job.id)


def another_server_is_started(campaign: Campaign) -> None:
    """On the same folder, while one runs: it says so in a line, and ends."""
    rival = start_serving(campaign.home, command=SERVE)
    _, said = rival.communicate(timeout=PATIENCE)
    _expect_refused(campaign, rival.returncode, said)


def two_servers_start_at_once(campaign: Campaign) -> None:
    """On the same folder, after a crash: one serves, the other says so in a line, and ends."""
    campaign.crash()
    rivals = [start_serving(campaign.home, command=SERVE) for _ in range(2)]

    def lost() -> list[subprocess.Popen[str]]:
        return [each for each in rivals if each.poll() is not None]

    (loser,) = wait_for(lost)
    (winner,) = [each for each in rivals if each is not loser]
    _expect_refused(campaign, loser.returncode, loser.communicate()[1])
    campaign.backend = RunningBackend(campaign.home, process=winner)


def _expect_refused(campaign: Campaign, code: int, said: str) -> None:
    if code != ALREADY_RUNNING or len(said.splitlines()) != 1:
        campaign.broken.append(f"second server: {code}, {said[-500:]}")


def server_is_killed(campaign: Campaign) -> None:
    """At a random moment of two jobs; it is started again."""
    for _ in range(2):
        campaign.backend.submit(campaign.job())
    campaign.wait_a_moment()
    campaign.crash()
    campaign.start()
