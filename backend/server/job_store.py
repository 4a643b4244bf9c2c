"""The jobs on disk: their records in SQLite, and the results as files beside it.

A result is there whole or not at all: it and a note of what it is are on the disk first, then the
job is recorded as finished. What a crash left in between is put right at the next start.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from layerpeel.backend.errors import OutputError, reason_of
from layerpeel.backend.files.atomic_file import replace_file
from layerpeel.backend.server.found_requests import NoRequestError, job_from_request
from layerpeel.backend.server.job_records import SUMMARY, open_records, summary_of
from layerpeel.backend.server.log import log
from layerpeel.backend.server.orders import JobOutcome
from layerpeel.backend.server.result_notes import (
    NoResultError,
    ResultNote,
    note_from_result,
    read_note,
    write_note,
)
from layerpeel.shared.jobs import Cancelled, Cause, Failed, Finished, JobState, JobSummary

# Jobs without a result take hardly any room, but nobody reads a list longer than this.
MOST_WITHOUT_RESULT = 200

INTERRUPTED = "The backend ended while this job was running. Press Peel again."

_ENDED = "state NOT IN ('queued', 'running')"
_OWN = "number > 0"
"""SQLite numbers what is made here from 1 on; what comes from elsewhere gets 0, -1 and so on."""
_GIVEN_UP_FIRST = f"ORDER BY state = 'finished' AND NOT fetched, {_OWN}, abs(number)"
"""What was fetched, or never was a result, before what nobody has fetched; of either first what
came from elsewhere, and the oldest first."""


class JobStore:
    """Every job from when it is accepted until it is forgotten. For use in one thread.

    folder: created if missing. most_bytes: for all results and keepsakes together. To make room the
    oldest jobs that have ended are forgotten, results that nobody has fetched after all others, and
    only for others that come: not because the limit has fallen.
    mended: what was damaged and is mended now, in one line for people; empty when all was well.

    Raises OutputError, here and from every method, when the disk cannot be written or read.
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        with self._errors_for_people():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            is_new = not (folder / "jobs.sqlite").exists()
            self._database, aside = open_records(folder / "jobs.sqlite")
        found = self._find_results()
        again = self._find_requests() if is_new or aside is not None else 0
        self.mended = _mended(aside, found, again)
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

    def thumbnails_file(self, job_id: str) -> Path:
        """Path of a finished job's packed `Thumbnails`; results of older versions have none."""
        return self._folder / f"{job_id}.thumbnails"

    def original_file(self, job_id: str) -> Path:
        """Path of the picture, small, that a finished job took apart; not every job had one."""
        return self._folder / f"{job_id}.original"

    def files_of_new(self, files: str) -> tuple[Path, ...]:
        """Paths of all that is written of a result from elsewhere before it is taken in."""
        beside = (self.request_file, self.draft_file, self.thumbnails_file, self.original_file)
        return tuple(file(files) for file in beside)

    def _note_file(self, job_id: str) -> Path:
        return self._folder / f"{job_id}.note"

    def add(self, job: JobSummary) -> None:
        """Record a new job, the last of those that wait."""
        with self._changing() as database:
            self._insert(job)
            database.execute(
                "UPDATE jobs SET place = "
                "(SELECT max(place) + 1 FROM jobs WHERE state = 'queued') WHERE id = ?",
                (job.id,),
            )

    def waiting(self) -> tuple[JobSummary, ...]:
        """Return the jobs that wait, in their order."""
        with self._errors_for_people():
            rows = self._database.execute(
                f"SELECT {SUMMARY} FROM jobs WHERE state = 'queued' "  # noqa: S608
                "ORDER BY place, number"
            ).fetchall()
        return tuple(map(summary_of, rows))

    def keep_order(self, waiting: Sequence[str]) -> None:
        """Record in which order jobs wait."""
        with self._changing() as database:
            places = [(place, job_id) for place, job_id in enumerate(waiting)]
            database.executemany("UPDATE jobs SET place = ? WHERE id = ?", places)

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
            case Failed(message, cause):
                self._end_without_result(job_id, JobState.FAILED, message, cause)

    def note_fetched(self, job_id: str) -> None:
        """Record that somebody has got a job's result."""
        with self._changing() as database:
            database.execute("UPDATE jobs SET fetched = 1 WHERE id = ?", (job_id,))

    def find(self, job_id: str) -> JobSummary | None:
        """Look up a job; None when it is unknown or has been forgotten."""
        with self._errors_for_people():
            row = self._database.execute(
                f"SELECT {SUMMARY} FROM jobs WHERE id = ?",  # noqa: S608
                (job_id,),
            ).fetchone()
        return None if row is None else summary_of(row)

    def outcome_of(self, job: JobSummary) -> JobOutcome:
        """Return how a job ended. Raises ValueError while it has not."""
        match job.state:
            case JobState.FINISHED:
                return Finished(self._notes_of(job.id))
            case JobState.CANCELLED:
                return Cancelled()
            case JobState.FAILED:
                return Failed(job.message, job.cause)
            case JobState.QUEUED | JobState.RUNNING:
                raise ValueError(f"Job {job.id} has not ended.")

    def newest_first(self, most: int = -1) -> tuple[JobSummary, ...]:
        """Return every job that is known, or at most so many; then those from elsewhere.

        most: also of those from elsewhere, that none hides another.
        """
        own, others = f"{_OWN} ORDER BY number DESC", f"NOT {_OWN} ORDER BY number"
        with self._errors_for_people():
            rows = [
                row
                for which in (own, others)
                for row in self._database.execute(
                    f"SELECT {SUMMARY} FROM jobs WHERE {which} LIMIT ?",  # noqa: S608
                    (most,),
                )
            ]
        return tuple(map(summary_of, rows))

    def take_in(self, note: ResultNote, files: str) -> JobSummary:
        """Keep a result from elsewhere, whose files were written under the name `files`.

        One that is known stays as it is. It counts as fetched, since it is elsewhere too, and as
        older than all: for it nothing is given up, and later it goes before anything made here.
        Return what is known of it then.

        Raises OutputError where there is no room for it; the caller removes the files.
        """
        job = note.job
        known = self.find(job.id)
        if known is not None and known.state in (
            JobState.FINISHED,
            JobState.QUEUED,
            JobState.RUNNING,
        ):
            self._remove_files(files)
            return known
        with self._errors_for_people():
            size = self.draft_file(files).stat().st_size + self._bytes_beside(job, files)
            (total,) = self._database.execute("SELECT total(bytes) FROM jobs").fetchone()
            if total + size > self._most_bytes:
                raise OutputError(
                    f"The backend keeps no more than {self._most_bytes / (1 << 30):.1f} GiB of "
                    "results. Discard some, or let it keep more (Settings)."
                )
            write_note(self._note_file(job.id), note)
            for beside in (self.thumbnails_file, self.original_file):
                if beside(files).exists():
                    replace_file(beside(files), beside(job.id))
            replace_file(self.draft_file(files), self.result_file(job.id))
        with self._changing() as database:
            database.execute("DELETE FROM jobs WHERE id = ?", (job.id,))
            self._insert(job)
            database.execute(
                "UPDATE jobs SET number = (SELECT min(min(number), 1) - 1 FROM jobs) WHERE id = ?",
                (job.id,),
            )
            self._record_found(note, is_fetched=True)
        return job

    def forget(self, job_id: str) -> None:
        """Forget a job that has ended, and its result."""
        # Files first: on a full disk removing them makes room to record it.
        self._remove_files(job_id)
        with self._changing() as database:
            database.execute("DELETE FROM jobs WHERE id = ?", (job_id,))

    def _finish(self, job_id: str, notes: tuple[str, ...]) -> None:
        job = self._known(job_id)
        with self._errors_for_people():
            size = self.draft_file(job_id).stat().st_size + self._bytes_beside(job)
            if size > self._most_bytes:
                raise OutputError(
                    f"The result has {size:,} bytes, more than the {self._most_bytes:,} that the "
                    "backend may keep. Start it with a larger --max-results, or ask for less."
                )
            note = ResultNote(replace(job, state=JobState.FINISHED), notes)
            write_note(self._note_file(job_id), note)
            replace_file(self.draft_file(job_id), self.result_file(job_id))
        with self._changing() as database:
            given_up = self._make_room(size)
            database.execute(
                "UPDATE jobs SET state = ?, notes = ?, bytes = ? WHERE id = ?",
                (JobState.FINISHED.value, json.dumps(notes), size, job_id),
            )
        for old in given_up:
            log.info("job %s given up: there is no room for more", old)
            self._remove_files(old)
        self._remove(self.request_file(job_id))

    def _end_without_result(
        self, job_id: str, state: JobState, message: str, cause: Cause = Cause.OTHER
    ) -> None:
        # Files first: on a full disk removing them makes room to record that it was full.
        self._remove_files(job_id)
        size = _bytes_of_keepsake(self._known(job_id))
        with self._changing() as database:
            given_up = self._make_room(size)
            database.execute(
                "UPDATE jobs SET state = ?, message = ?, cause = ?, bytes = ? WHERE id = ?",
                (state.value, message, cause.value, size, job_id),
            )
        for old in given_up:
            self._remove_files(old)

    def _make_room(self, size: int) -> list[str]:
        """Forget jobs that have ended until one more, of that size, may end."""
        (total,) = self._database.execute("SELECT total(bytes) FROM jobs").fetchone()
        (wanted,) = self._database.execute(
            "SELECT total(bytes) FROM jobs WHERE state = 'finished' AND NOT fetched"
        ).fetchone()
        # Where the limit has fallen below what nobody has fetched, that grows no more, but stays.
        most = max(self._most_bytes, wanted)
        ended = self._database.execute(
            f"SELECT id, bytes FROM jobs WHERE {_ENDED} {_GIVEN_UP_FIRST}"  # noqa: S608
        ).fetchall()
        # One more may be about to end without a result.
        too_many = self._database.execute(
            f"SELECT id FROM jobs WHERE {_ENDED} AND state != 'finished' "  # noqa: S608
            "ORDER BY number DESC LIMIT -1 OFFSET ?",
            (MOST_WITHOUT_RESULT - 1,),
        ).fetchall()
        unwanted = {job_id for (job_id,) in too_many}
        given_up: list[str] = []
        for job_id, its_bytes in ended:
            if job_id in unwanted or (its_bytes and total + size > most):
                self._database.execute("DELETE FROM jobs WHERE id = ?", (job_id,))
                given_up.append(job_id)
                total -= its_bytes
        return given_up

    def _find_results(self) -> int:
        """Record results that are whole, and of which nothing is recorded; return how many.

        A crash may come between a result and its record, or the records are lost.
        """
        known = {job.id: job for job in self.newest_first()}
        found = []
        for path in self._folder.glob("*.result"):
            job = known.get(path.stem)
            if job is not None and job.state is JobState.FINISHED:
                continue
            if known and not self._note_file(path.stem).exists():
                continue  # It was forgotten, and is swept.
            try:
                note = self._note_of(path)
            except NoResultError as error:
                self._set_aside(path, error)
                continue
            found.append(replace(note, job=job or replace(note.job, id=path.stem)))
        # All or none: next time the records would not look lost any more.
        with self._changing():
            for note in sorted(found, key=lambda note: (note.job.created, note.job.id)):
                is_new = note.job.id not in known
                if is_new:
                    self._insert(note.job)
                # Records that are whole know every job but those that were given up.
                self._record_found(note, is_fetched=is_new and bool(known))
        return len(found)

    def _find_requests(self) -> int:
        """Let jobs wait again whose records are lost; return how many."""
        found = []
        for path in self._folder.glob("*.request"):
            if self.result_file(path.stem).exists():
                continue  # It has finished, and its request is swept.
            try:
                found.append(job_from_request(path))
            except NoRequestError as error:
                self._set_aside(path, error)
        with self._changing():
            for place, job in enumerate(sorted(found, key=lambda job: (job.created, job.id))):
                self._insert(job)
                self._database.execute("UPDATE jobs SET place = ? WHERE id = ?", (place, job.id))
        return len(found)

    def _note_of(self, result: Path) -> ResultNote:
        """Say what a result is, by its note or by itself. Raises NoResultError if it cannot be."""
        try:
            return read_note(self._note_file(result.stem))
        except NoResultError:
            return note_from_result(result)

    def _set_aside(self, file: Path, error: NoResultError) -> None:
        # It may be the reading that failed, and not the file.
        aside = file.with_name(f"{file.name}.damaged")
        with self._errors_for_people():
            file.replace(aside)
        log.warning("%s: set aside as %s", error, aside)

    def _record_found(self, note: ResultNote, is_fetched: bool) -> None:
        job_id, notes = note.job.id, json.dumps(note.notes)
        size = self.result_file(job_id).stat().st_size + self._bytes_beside(note.job)
        self._database.execute(
            "UPDATE jobs SET state = ?, notes = ?, bytes = ?, fetched = ? WHERE id = ?",
            (JobState.FINISHED.value, notes, size, is_fetched, job_id),
        )

    def _insert(self, job: JobSummary) -> None:
        values = (job.id, job.name, job.state.value, job.created, *job.size, job.message)
        self._database.execute(
            f"INSERT INTO jobs ({SUMMARY}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            (*values, job.keepsake, job.cause.value),
        )

    def _interrupt_unfinished(self) -> None:
        for job in self.newest_first():
            if job.state is JobState.RUNNING:
                self.end(job.id, Failed(INTERRUPTED))
            elif job.state is JobState.QUEUED and not self.request_file(job.id).is_file():
                self.end(job.id, Failed("The picture of this job is gone. Press Peel again."))
            elif job.state is JobState.FINISHED and not self.result_file(job.id).is_file():
                self.end(job.id, Failed("The result is no longer there. Press Peel again."))

    def _sweep(self) -> None:
        """Remove files of jobs that neither wait nor are finished, such as a crash leaves."""
        finished = [job.id for job in self.newest_first() if job.state is JobState.FINISHED]
        kept = {self.result_file(job_id) for job_id in finished}
        kept |= {file(job_id) for job_id in finished for file in self._files_beside}
        for job in self.waiting():
            kept |= {self.request_file(job.id), self.original_file(job.id)}
        kinds = ("*.request", "*.draft", "*.note", "*.thumbnails", "*.original", "*.result")
        for kind in (*kinds, ".*.partial"):
            for stray in set(self._folder.glob(kind)) - kept:
                self._remove(stray)

    @property
    def _files_beside(self) -> tuple[Callable[[str], Path], ...]:
        """Paths of what is kept beside a finished job's result."""
        return self._note_file, self.thumbnails_file, self.original_file

    def _bytes_beside(self, job: JobSummary, files: str = "") -> int:
        """Return how much room a result's views and keepsake take. Raises OSError.

        files: the name of its files where that is not yet its id.
        """
        views = (self.thumbnails_file(files or job.id), self.original_file(files or job.id))
        return _bytes_of_keepsake(job) + sum(each.stat().st_size for each in views if each.exists())

    def _known(self, job_id: str) -> JobSummary:
        job = self.find(job_id)
        if job is None:
            raise OutputError(f"Nothing is recorded of the job {job_id}.")
        return job

    def _notes_of(self, job_id: str) -> tuple[str, ...]:
        with self._errors_for_people():
            (notes,) = self._database.execute(
                "SELECT notes FROM jobs WHERE id = ?", (job_id,)
            ).fetchone()
        return tuple(json.loads(notes))

    def _remove_files(self, job_id: str) -> None:
        # A result whose note is gone is not found again.
        files = (*self._files_beside, self.request_file, self.draft_file, self.result_file)
        for file in files:
            self._remove(file(job_id))

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
                "it writable for you."
            ) from error


def _bytes_of_keepsake(job: JobSummary) -> int:
    return len(job.keepsake.encode())


def _mended(aside: Path | None, found: int, waiting: int) -> str:
    """Say what was damaged, in one line; empty when nothing was."""
    again = "1 result was" if found == 1 else f"{found} results were"
    also = f", and {_jobs(waiting)} again" if waiting else ""
    if aside is not None:
        return (
            f"The list of jobs could not be read and was set aside as {aside}; {again} found "
            f"again{also}."
        )
    if found or waiting:
        return f"{again} found again, of which the list of jobs said nothing{also}."
    return ""


def _jobs(waiting: int) -> str:
    return "1 job waits" if waiting == 1 else f"{waiting} jobs wait"
