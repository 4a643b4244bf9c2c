"""The jobs on disk: their records in SQLite, and the results as files beside it.

A result is there whole or not at all: its file is renamed first, then the job is marked finished.
What a crash left in between is removed at the next start.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from layerpeel.backend.errors import OutputError, reason_of
from layerpeel.backend.files.atomic_file import replace_file
from layerpeel.backend.server.log import log
from layerpeel.backend.server.orders import JobOutcome
from layerpeel.shared.jobs import Cancelled, Failed, Finished, JobState, JobSummary

# Failed jobs take hardly any room, but nobody reads a list longer than this.
MOST_ENDED = 200

INTERRUPTED = "The backend ended while this job was {}. Press Peel again."

_VERSION = 1
_TABLE = """
CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    created REAL NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    message TEXT NOT NULL DEFAULT '',
    keepsake TEXT NOT NULL DEFAULT '',
    notes TEXT NOT NULL DEFAULT '[]',
    bytes INTEGER NOT NULL DEFAULT 0
)
"""
_SUMMARY = "id, name, state, created, width, height, message, keepsake"
_ENDED = "state NOT IN ('queued', 'running')"


class JobStore:
    """Every job from when it is accepted until it is forgotten. For use in one thread.

    folder: created if missing. most_bytes: for all results together; the oldest jobs that have
    ended are forgotten to make room.

    Raises OutputError, here and from every method that changes something, when writing fails.
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        with self._errors_for_people():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._database = sqlite3.connect(folder / "jobs.sqlite")
            self._prepare()
        self._interrupt_unfinished()
        with self._changing():
            self._make_room(0)
        self._sweep()

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def request_file(self, job_id: str) -> Path:
        """Path of a job's packed `SubmitJob`, which is there until the job has ended."""
        return self._folder / f"{job_id}.request"

    def draft_file(self, job_id: str) -> Path:
        """Path to which a job's packed `LayerStack` is written."""
        return self._folder / f"{job_id}.draft"

    def result_file(self, job_id: str) -> Path:
        """Path of a finished job's packed `LayerStack`."""
        return self._folder / f"{job_id}.result"

    def add(self, job: JobSummary) -> None:
        """Record a new job."""
        values = (job.id, job.name, job.state.value, job.created, *job.size, job.message)
        with self._changing() as database:
            database.execute(
                f"INSERT INTO jobs ({_SUMMARY}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
                (*values, job.keepsake),
            )

    def begin(self, job_id: str) -> None:
        """Record that a job runs."""
        with self._changing() as database:
            database.execute(
                "UPDATE jobs SET state = ? WHERE id = ?", (JobState.RUNNING.value, job_id)
            )

    def end(self, job_id: str, outcome: JobOutcome) -> None:
        """Record how a job ended. When it finished, its draft becomes its result."""
        match outcome:
            case Finished(notes):
                self._finish(job_id, notes)
            case Cancelled():
                self._end_without_result(job_id, JobState.CANCELLED, "")
            case Failed(message):
                self._end_without_result(job_id, JobState.FAILED, message)

    def find(self, job_id: str) -> JobSummary | None:
        """Look up a job; None when it is unknown or has been forgotten."""
        row = self._database.execute(
            f"SELECT {_SUMMARY} FROM jobs WHERE id = ?",  # noqa: S608
            (job_id,),
        ).fetchone()
        return None if row is None else _summary_of(row)

    def outcome_of(self, job: JobSummary) -> JobOutcome:
        """Return how a job ended. Raises ValueError while it has not."""
        match job.state:
            case JobState.FINISHED:
                return Finished(self._notes_of(job.id))
            case JobState.CANCELLED:
                return Cancelled()
            case JobState.FAILED:
                return Failed(job.message)
            case JobState.QUEUED | JobState.RUNNING:
                raise ValueError(f"Job {job.id} has not ended.")

    def newest_first(self) -> tuple[JobSummary, ...]:
        """Return every job that is known."""
        rows = self._database.execute(
            f"SELECT {_SUMMARY} FROM jobs ORDER BY number DESC"  # noqa: S608
        )
        return tuple(_summary_of(row) for row in rows)

    def forget(self, job_id: str) -> None:
        """Forget a job that has ended, and its result."""
        with self._changing() as database:
            database.execute("DELETE FROM jobs WHERE id = ?", (job_id,))
        self._remove_files(job_id)

    def _finish(self, job_id: str, notes: tuple[str, ...]) -> None:
        with self._errors_for_people():
            size = self.draft_file(job_id).stat().st_size
            if size > self._most_bytes:
                raise OutputError(
                    f"The result has {size:,} bytes, more than the {self._most_bytes:,} that the "
                    "backend may keep. Start it with a larger --max-results, or ask for less."
                )
            replace_file(self.draft_file(job_id), self.result_file(job_id))
        with self._changing() as database:
            given_up = self._make_room(size)
            database.execute(
                "UPDATE jobs SET state = ?, notes = ?, bytes = ? WHERE id = ?",
                (JobState.FINISHED.value, json.dumps(notes), size, job_id),
            )
        for old in given_up:
            log.info("job %s given up: older than what may be kept", old)
            self._remove_files(old)
        self._remove(self.request_file(job_id))

    def _end_without_result(self, job_id: str, state: JobState, message: str) -> None:
        # Files first: on a full disk removing them makes room to record that it was full.
        self._remove_files(job_id)
        with self._changing() as database:
            given_up = self._make_room(0)
            database.execute(
                "UPDATE jobs SET state = ?, message = ? WHERE id = ?",
                (state.value, message, job_id),
            )
        for old in given_up:
            self._remove_files(old)

    def _make_room(self, size: int) -> list[str]:
        """Forget the oldest jobs that have ended until one more, of that size, may end."""
        (total,) = self._database.execute("SELECT total(bytes) FROM jobs").fetchone()
        ended = self._database.execute(
            f"SELECT id, bytes FROM jobs WHERE {_ENDED} ORDER BY number"  # noqa: S608
        ).fetchall()
        given_up: list[str] = []
        for job_id, its_bytes in ended:
            if total + size <= self._most_bytes and len(ended) - len(given_up) < MOST_ENDED:
                break
            self._database.execute("DELETE FROM jobs WHERE id = ?", (job_id,))
            given_up.append(job_id)
            total -= its_bytes
        return given_up

    def _prepare(self) -> None:
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
        if version not in (0, _VERSION):
            raise OutputError(
                f"The jobs in {self._folder} were written by another version of Layerpeel. "
                "Use that one, or move the folder away."
            )
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute(_TABLE)
        self._database.execute(f"PRAGMA user_version = {_VERSION}")

    def _interrupt_unfinished(self) -> None:
        for job in self.newest_first():
            if not job.state.is_final:
                self.end(job.id, Failed(INTERRUPTED.format(job.state.value)))
            elif job.state is JobState.FINISHED and not self.result_file(job.id).is_file():
                self.end(job.id, Failed("The result is no longer there. Press Peel again."))

    def _sweep(self) -> None:
        """Remove files of no finished job, such as a crash leaves behind."""
        finished = [job.id for job in self.newest_first() if job.state is JobState.FINISHED]
        kept = {self.result_file(job_id) for job_id in finished}
        for kind in ("*.request", "*.draft", "*.result"):
            for stray in set(self._folder.glob(kind)) - kept:
                self._remove(stray)

    def _notes_of(self, job_id: str) -> tuple[str, ...]:
        (notes,) = self._database.execute(
            "SELECT notes FROM jobs WHERE id = ?", (job_id,)
        ).fetchone()
        return tuple(json.loads(notes))

    def _remove_files(self, job_id: str) -> None:
        for path in (self.request_file(job_id), self.draft_file(job_id), self.result_file(job_id)):
            self._remove(path)

    def _remove(self, path: Path) -> None:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            # On Windows a file that is being sent cannot be removed; the next start sweeps it.
            log.warning("%s stays for now: %s", path.name, reason_of(error))

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """Run one transaction."""
        with self._errors_for_people(), self._database:
            yield self._database

    @contextmanager
    def _errors_for_people(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            reason = reason_of(error) if isinstance(error, OSError) else error
            raise OutputError(
                f"The jobs cannot be kept in {self._folder}: {reason}. Make room there, and make "
                "it writable for you; if it is damaged, move it away."
            ) from error


def _summary_of(row: tuple[str, str, str, float, int, int, str, str]) -> JobSummary:
    job_id, name, state, created, width, height, message, keepsake = row
    size = (width, height)
    return JobSummary(job_id, name, JobState(state), created, size, message, keepsake)
