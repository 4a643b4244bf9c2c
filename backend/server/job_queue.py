"""Runs jobs one at a time, in the order in which they came, or were put since.

Those that wait when the server ends, however it ends, wait again when it starts.
"""

import asyncio
import time
from dataclasses import dataclass, field, replace

from layerpeel.backend.child_process import ChildEnded, NotStartedError
from layerpeel.backend.errors import LayerpeelError, OutputError
from layerpeel.backend.server.feed import JobFeed
from layerpeel.backend.server.job_store import INTERRUPTED, JobStore
from layerpeel.backend.server.log import log, without_quotes
from layerpeel.backend.server.orders import STARTING, Broken, JobOutcome, PeelOrder, StopOrder
from layerpeel.backend.server.own_threads import OwnThreads
from layerpeel.backend.server.worker import Worker, start_worker, why_job_was_lost
from layerpeel.shared.jobs import (
    Cancelled,
    Cause,
    Failed,
    JobInLine,
    JobsInLine,
    JobState,
    JobSummary,
    Preview,
    Progress,
    Queued,
    Step,
)
from layerpeel.shared.places import log_file

# How long a job may take to stop by itself before its process is killed.
STOP_SECONDS = 1.0


# A worker may have died unnoticed while it was idle: then another one is given the job.
MOST_TRIES = 2


@dataclass
class _Running:
    """The job that runs now.

    tries: how many workers were given it. begun: whether one has started it. unwanted: whether it
    is to be stopped.
    """

    id: str
    tries: int = 0
    begun: bool = False
    unwanted: bool = False
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class JobQueue:
    """Jobs that wait, the one that runs, and the worker process that runs it.

    most_waiting: how many may wait; see `is_full`. Create and use it in one event loop.
    """

    def __init__(self, store: JobStore, most_waiting: int) -> None:
        self._store = store
        self._most_waiting = most_waiting
        self._waiting: list[str] = []
        self._running: _Running | None = None
        self._feeds: dict[str, JobFeed] = {}
        self._jobs: dict[str, JobSummary] = {}
        self._came: dict[str, float] = {}
        self._changed = asyncio.Event()
        self._arrived = asyncio.Event()
        self._worker: Worker | None = None
        self._is_closed = False
        self._listening = OwnThreads("worker's reports", 1)
        self._prepare_worker()
        for job in store.waiting():
            self._take_in(job)

    @property
    def is_full(self) -> bool:
        """Whether no further job is accepted now."""
        return len(self._waiting) >= self._most_waiting

    @property
    def is_closed(self) -> bool:
        """Whether no job is accepted any more."""
        return self._is_closed

    @property
    def is_busy(self) -> bool:
        """Whether a job waits or runs."""
        return self._running is not None or bool(self._waiting)

    def submit(self, job: JobSummary) -> None:
        """Queue a job whose request file is in the store. Raises OutputError."""
        self._store.add(job)
        self._take_in(job)

    def _take_in(self, job: JobSummary) -> None:
        self._came[job.id] = time.monotonic()
        self._jobs[job.id] = job
        self._waiting.append(job.id)
        self._feeds[job.id] = JobFeed(Queued(self._position_of_last()))
        self._arrived.set()
        self._note_change()

    def line(self) -> JobsInLine:
        """Return the jobs that run or wait."""
        running = [self._running.id] if self._running else []
        return JobsInLine(tuple(self._in_line(job_id) for job_id in (*running, *self._waiting)))

    async def until_line_changes(self) -> None:
        """Wait until `line` may say something else."""
        await self._changed.wait()

    def move(self, job_id: str, to: Step) -> bool:
        """Give a job another place among those that wait; return whether it waits.

        Raises OutputError when the new order cannot be kept, and leaves it as it was then.
        """
        if job_id not in self._waiting:
            return False
        before = self._waiting.index(job_id)
        others = [each for each in self._waiting if each != job_id]
        place = {Step.FIRST: 0, Step.EARLIER: before - 1, Step.LATER: before + 1}[to]
        others.insert(max(0, place), job_id)
        self._store.keep_order(others)
        self._waiting = others
        self._tell_positions()
        return True

    def _in_line(self, job_id: str) -> JobInLine:
        job, latest = self._jobs[job_id], self._feeds[job_id].latest
        if isinstance(latest, Progress):
            return JobInLine(replace(job, state=JobState.RUNNING), latest.stage, latest.done)
        return JobInLine(job)

    def feed_of(self, job: JobSummary) -> JobFeed:
        """Return the events of a job; for one that has ended, only how it ended."""
        return self._feeds.get(job.id) or JobFeed(self._store.outcome_of(job))

    async def cancel(self, job_id: str) -> None:
        """Stop a job that waits or runs, and wait for its end. No effect on one that has ended."""
        if job_id in self._waiting:
            self._waiting.remove(job_id)
            self._end(job_id, Cancelled())
            self._tell_positions()
        elif self._running is not None and self._running.id == job_id:
            await self._stop(self._running)

    async def run(self) -> None:
        """Run jobs as they come, until cancelled."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                self._running = _Running(self._waiting.pop(0))
                self._tell_positions()
                await self._run(self._running)

    def close(self) -> None:
        """Kill the worker and fail the job that runs; those that wait are kept."""
        self._is_closed = True
        if self._worker is not None:
            self._worker.kill()
        if self._running is not None:
            self._end(self._running.id, Failed(INTERRUPTED))
            self._running.ended.set()
        for job_id in self._waiting:
            self._feeds[job_id].close()
        self._running = None
        self._waiting.clear()
        self._note_change()

    async def _run(self, running: _Running) -> None:
        try:
            self._store.begin(running.id)
            outcome = await self._peel(running)
        except LayerpeelError as error:
            outcome = Failed(str(error))
        if self._is_closed:
            return
        self._end(running.id, Cancelled() if running.unwanted else outcome)
        self._running = None
        self._note_change()
        running.ended.set()

    async def _peel(self, running: _Running) -> JobOutcome:
        """Have a job peeled; start a new worker if the present one ends.

        Raises NotStartedError when there is no worker, and none can be started.
        """
        self._feeds[running.id].publish(STARTING)
        while True:
            running.tries += 1
            try:
                return await self._peel_with(self._living_worker(), running)
            except ChildEnded as ended:
                failed = Failed(why_job_was_lost(ended.end))
                if self._is_closed:
                    return failed
                self._prepare_worker()
                if running.begun or running.unwanted or running.tries == MOST_TRIES:
                    return failed

    async def _peel_with(self, worker: Worker, running: _Running) -> JobOutcome:
        """Have a worker peel a job, and publish what it reports."""
        feed = self._feeds[running.id]
        request, draft = self._store.request_file(running.id), self._store.draft_file(running.id)
        thumbnails = self._store.thumbnails_file(running.id)
        original = self._store.original_file(running.id)
        worker.send(PeelOrder(running.id, request, draft, thumbnails, original))
        while True:
            report = await self._listening.run(worker.receive)
            running.begun = True
            match report:
                case Progress() | Preview():
                    feed.publish(report)
                    self._note_change()
                case Broken(kind, traceback):
                    log.error("job %s met an unexpected error\n%s", running.id, traceback)
                    return _unforeseen(kind)
                case _:
                    return report

    async def _stop(self, running: _Running) -> None:
        worker = self._worker
        if worker is None:
            # None could be started, and the job is about to fail.
            await running.ended.wait()
            return
        if not running.unwanted:
            running.unwanted = True
            worker.send(StopOrder(running.id))
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await running.ended.wait()
        except TimeoutError:
            log.info("job %s did not stop by itself: its process is killed", running.id)
            # It may have ended just now, and the worker may already have the next job.
            if not running.ended.is_set():
                worker.kill()
            await running.ended.wait()

    def _prepare_worker(self) -> None:
        """Start a worker before the next job needs one; if that fails, the job will try again."""
        self._worker = None
        try:
            self._worker = start_worker()
        except NotStartedError as error:
            log.error("no worker: %s", error)

    def _living_worker(self) -> Worker:
        if self._worker is None or not self._worker.is_alive:
            self._worker = start_worker()
        return self._worker

    def _end(self, job_id: str, outcome: JobOutcome) -> None:
        feed = self._feeds[job_id]
        try:
            self._store.end(job_id, outcome)
        except OutputError as error:
            # Its feed stays: nothing else may know that it has ended.
            outcome = self._end_unrecorded(job_id, error)
        else:
            del self._feeds[job_id]
        del self._jobs[job_id]
        seconds = time.monotonic() - self._came.pop(job_id)
        log.info("job %s ended after %.1f s: %s", job_id, seconds, _spoken(outcome))
        feed.publish(outcome)

    def _end_unrecorded(self, job_id: str, why: OutputError) -> Failed:
        """Fail a job whose end cannot be recorded; a result that is whole stays where it is."""
        if self._store.result_file(job_id).exists():
            return Failed(f"{why} The result is kept: the backend finds it when it starts again.")
        failed = Failed(str(why))
        try:
            self._store.end(job_id, failed)
        except OutputError as error:
            # The next start finds it unfinished, and reports it.
            log.error("job %s failed, and even that cannot be kept: %s", job_id, error)
        return failed

    def _tell_positions(self) -> None:
        before = int(self._running is not None)
        for index, job_id in enumerate(self._waiting):
            self._feeds[job_id].publish(Queued(before + index))
        self._note_change()

    def _note_change(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _position_of_last(self) -> int:
        return int(self._running is not None) + len(self._waiting) - 1


def _unforeseen(kind: str) -> Failed:
    return Failed(
        f"Peeling met an unexpected error ({kind}); the picture is as it was. "
        f"Please report it with the end of {log_file()}.",
        Cause.UNFORESEEN,
    )


def _spoken(outcome: JobOutcome) -> str:
    kind = type(outcome).__name__.lower()
    return f"{kind}: {without_quotes(outcome.message)}" if isinstance(outcome, Failed) else kind
