"""How the server bears many clients and many jobs.

`python -m layerpeel.backend.benchmarks.server_load [--clients 50] [--seconds 60] [--jobs 600]`

First so many clients, each of which submits a small picture, follows it to its end and fetches the
result, again and again. Then so many jobs, which wait together; each must come to one end. Then
how long /health takes to answer, asked by one client, while the worker is idle and while it peels
large ones. Linux only, as the memory of its processes is read there.
"""

import argparse
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np
import requests

from layerpeel.backend.benchmarks.server_client import ServerClient, running_server
from layerpeel.backend.errors import LayerpeelError
from layerpeel.shared.jobs import Cancelled, Failed, Finished, JobState, SubmitJob
from layerpeel.shared.places import ServerAddress
from layerpeel.shared.protocol import (
    ColourModel,
    Coverage,
    Depth,
    Mask,
    PeelRequest,
    Picture,
    PixelBlock,
)

SMALL, LARGE = 32, 2048  # sides of pictures, in pixels
BETWEEN_PROBES = 0.02  # seconds
PROBED = 20.0  # seconds
PEELS = 10  # of large pictures, which wait together: more than can be peeled meanwhile
ENDS = (Finished, Cancelled, Failed)


def job_of(side: int, exact: bool = True) -> SubmitJob:
    """Return a job on noise, whose right half is lifted off; it takes no model.

    exact: whether the mask is the alpha; if not, the edge is looked for, which takes long.
    """
    pixels = np.random.default_rng(side).integers(0, 256, (side, side, 4), np.uint8)
    pixels[..., 3] = 255
    mask = np.zeros((side, side), np.uint8)
    mask[:, side // 2 :] = 255
    lift = Mask(Coverage(side, side, mask.tobytes()), exact)
    block = PixelBlock(side, side, ColourModel.RGBA, Depth.U8, pixels.tobytes())
    request = PeelRequest(lift, band=None if exact else 20.0)
    return SubmitJob("load", request, Picture(block))


def many_clients(server: ServerAddress, clients: int, seconds: float) -> Counter[str]:
    """Have clients work for a while; return how often each thing happened."""
    seen: Counter[str] = Counter()
    end = time.monotonic() + seconds
    job = job_of(SMALL)

    def work() -> None:
        client = ServerClient(server)
        while time.monotonic() < end:
            try:
                seen[_one_job(client, job)] += 1
            except (requests.RequestException, LayerpeelError) as error:
                seen[f"failed: {type(error).__name__}"] += 1

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen


def _one_job(client: ServerClient, job: SubmitJob) -> str:
    job_id = client.submit(job)
    if job_id is None:
        time.sleep(0.1)
        return "told that the queue is full"
    ends = [event for event in client.events(job_id) if isinstance(event, ENDS)]
    if len(ends) != 1 or not isinstance(ends[0], Finished):
        return f"ended with {ends}"
    answer = client.call("GET", f"/jobs/{job_id}/result")
    return "peeled and fetched" if answer.ok else f"result refused with {answer.status_code}"


def many_jobs(server: ServerAddress, jobs: int, processes: list[int]) -> tuple[Counter[str], str]:
    """Submit jobs that wait together, and follow all; return their ends, and the memory taken."""
    client, job = ServerClient(server), job_of(SMALL)
    before = _memory_of(processes)
    ids = [client.submit(job) for _ in range(jobs)]
    told: Counter[str] = Counter()
    half = ""
    for number, job_id in enumerate(ids):
        if job_id is None:
            told["refused"] += 1
            continue
        ends = [type(event) for event in client.events(job_id) if isinstance(event, ENDS)]
        is_one = ends == [Finished] and client.state(job_id) is JobState.FINISHED
        told["finished" if is_one else f"ended with {ends}"] += 1
        half = half or (_memory_of(processes) if number > jobs // 2 else "")
    return told, f"{before} before, {half} at half, {_memory_of(processes)} after"


def health_times(server: ServerAddress, seconds: float) -> np.ndarray:
    """Ask for /health again and again; return how long each answer took, in milliseconds."""
    client, taken = ServerClient(server), []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.perf_counter()
        client.call("GET", "/health").raise_for_status()
        taken.append(1000 * (time.perf_counter() - began))
        time.sleep(BETWEEN_PROBES)
    return np.array(taken)


def _told(taken: np.ndarray) -> str:
    median, most = np.percentile(taken, [50, 99])
    return f"median {median:.1f} ms, p99 {most:.1f} ms, worst {taken.max():.0f} ms of {len(taken)}"


def _processes_of(server: ServerAddress) -> list[int]:
    """Return the process ids of a server and of what it has started."""
    children = Path(f"/proc/{server.process}/task/{server.process}/children").read_text().split()
    return [server.process, *map(int, children)]


def _memory_of(processes: list[int]) -> str:
    """Say how much memory processes hold, each."""
    megabytes = []
    for process in processes:
        lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
        (held,) = [line for line in lines if line.startswith("VmRSS")]
        megabytes.append(f"{int(held.split()[1]) / 1024:.0f}")
    return " + ".join(megabytes) + " MB"


def main(words: list[str] | None = None) -> int:
    """Measure, print, and return the exit code that the README lists."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--jobs", type=int, default=600)
    given = parser.parse_args(words)
    try:
        with tempfile.TemporaryDirectory(prefix="layerpeel-benchmark-") as folder:
            home = Path(folder) / "home"
            with running_server(home, "--max-queue", str(max(given.jobs, 1))) as server:
                _measure(server, given.clients, given.seconds, given.jobs)
    except LayerpeelError as error:
        print(f"layerpeel: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _measure(server: ServerAddress, clients: int, seconds: float, jobs: int) -> None:
    client = ServerClient(server)
    _one_job(client, job_of(SMALL))
    processes = _processes_of(server)
    print(f"{clients} clients, {seconds:.0f} s: {dict(many_clients(server, clients, seconds))}")
    ends, memory = many_jobs(server, jobs, processes)
    print(f"{jobs} jobs: {dict(ends)}; memory of server and worker: {memory}")
    idle = health_times(server, PROBED)
    print(f"/health, worker idle: {_told(idle)}")
    waiting = [client.submit(job_of(LARGE, exact=False)) for _ in range(PEELS)]
    busy = health_times(server, PROBED)
    print(f"/health, worker busy: {_told(busy)}")
    # On a machine with other work this says more than the times.
    ratio = np.percentile(busy, 99) / np.percentile(idle, 99)
    print(f"p99 with a busy worker over that with an idle one: {ratio:.2f}")
    states = {client.state(job) for job in waiting if job is not None}
    is_busy = JobState.RUNNING in states and JobState.FAILED not in states
    print("The worker peeled all that time." if is_busy else "The peels had ended by then.")
    for job in reversed(waiting):
        client.call("POST", f"/jobs/{job}/cancel")


if __name__ == "__main__":
    sys.exit(main())
