"""A backend that is broken on purpose, and what is promised of it whatever went wrong."""

import hashlib
import random
import sys
import time
from collections import Counter
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
from layerpeel.shared.wire import unpack
from running_backend import RunningBackend

SERVE = [sys.executable, "-P", str(Path(__file__).with_name("serve_by_clock.py")), "serve"]
SIDE = 16
KEPT_AT_MOST = 40  # results that are compared after each round


class Campaign:
    """A backend that is broken, and what is known of it.

    tried: faults by kind. broken: what was not as promised, each in a line.
    """

    def __init__(self, home: Path, seed: int) -> None:
        self.home = home
        self.chance = random.Random(seed)  # noqa: S311  (of no secret)
        self.backend = self._started()
        self.results: dict[str, str] = {}
        self.tried: Counter[str] = Counter()
        self.broken: list[str] = []

    def job(self, name: str = "fault", side: int = SIDE) -> SubmitJob:
        """Return a job that is done in a moment, each with other pixels."""
        pixels = self.chance.randbytes(side * side * 3)
        rgba = b"".join(pixels[at : at + 3] + b"\xff" for at in range(0, len(pixels), 3))
        block = PixelBlock(side, side, ColourModel.RGBA, Depth.U8, rgba)
        mask = Coverage(side, side, (bytes(side // 2) + b"\xff" * (side // 2)) * side)
        return SubmitJob(name, PeelRequest(Mask(mask, exact=True)), Picture(block))

    def worker(self) -> int:
        """Return the worker's process id; one that was killed while it was idle is replaced."""
        self.backend.end_of(self.backend.submit(self.job()).id)
        self.note_finished()
        return self.backend.worker()

    def some_result(self) -> str:
        """Return the id of a result that is there."""
        if not self.results:
            job = self.backend.submit(self.job())
            self.backend.end_of(job.id)
            self._keep(job.id)
        return self.chance.choice(list(self.results))

    def note_finished(self) -> None:
        """Note what has finished up to now: whatever goes wrong next, it stays."""
        for job in self.backend.jobs():
            if job.state is JobState.FINISHED and job.id not in self.results:
                self._keep(job.id)

    def crash(self) -> None:
        """Note what has finished, and kill the server."""
        self.note_finished()
        self.kill()

    def kill(self) -> None:
        """Kill the server, if it runs, and wait until it is gone."""
        if self.backend.process.returncode is None:
            self.backend.process.kill()
            self.backend.process.communicate()
            self.backend.http.close()

    def start(self) -> None:
        """Start the server anew, and wait until it can be asked."""
        self.backend = self._started()

    def _started(self) -> RunningBackend:
        return RunningBackend(self.home, command=SERVE)

    def set_clock(self, wrong_by: float) -> None:
        """Have the server's clock be wrong by so many seconds, from now on."""
        self.home.with_name("clock").write_text(str(wrong_by))

    def check(self, kind: str) -> None:
        """Check all that is promised whatever went wrong before."""
        jobs = {job.id: job for job in self.backend.jobs()}
        for job_id, digest in self.results.items():
            if job_id not in jobs or jobs[job_id].state is not JobState.FINISHED:
                self.broken.append(f"{kind}: result {job_id} is lost")
            elif self._digest_of(job_id) != digest:
                self.broken.append(f"{kind}: result {job_id} has changed")
        self.note_finished()
        for job in jobs.values():
            if job.state is JobState.FAILED and (not job.message or "\n" in job.message):
                self.broken.append(f"{kind}: no sentence says why, but {job.message!r}")
        job = self.backend.submit(self.job())
        end = self.backend.end_of(job.id)
        if not isinstance(end, Finished):
            self.broken.append(f"{kind}: the next job ended with {end}")
        else:
            self._keep(job.id)
        for job_id in list(self.results)[:-KEPT_AT_MOST]:
            self.backend.call("DELETE", f"/jobs/{job_id}")
            del self.results[job_id]
        log = self.backend.log()
        if "Traceback" in log:
            told = log[log.index("Traceback") :][:2000].splitlines()
            self.broken.append(f"{kind}: there is a traceback in the log: {' / '.join(told)}")
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
