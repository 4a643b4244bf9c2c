"""Beside each result a small file that says what its job was, should the records be lost.

It is on the disk before the result has its name, and removed before the result is.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from layerpeel.backend.errors import LayerpeelError
from layerpeel.backend.files.atomic_file import write_atomically
from layerpeel.shared.jobs import JobState, JobSummary
from layerpeel.shared.protocol import ProtocolError
from layerpeel.shared.strict_json import read_json
from layerpeel.shared.wire import LONGEST_HEADER, from_text, to_text

FOUND_AGAIN = "Found again"


@dataclass(frozen=True)
class ResultNote:
    """What is known of a finished job. notes: as in `Finished`."""

    job: JobSummary
    notes: tuple[str, ...] = ()


class NoResultError(LayerpeelError):
    """A file is no result, or nothing says so."""


def write_note(path: Path, note: ResultNote) -> None:
    """Write what is known of a finished job. Raises OSError."""
    plain = {"job": to_text(note.job), "notes": note.notes}
    write_atomically(path, json.dumps(plain).encode())


def read_note(path: Path) -> ResultNote:
    """Read what `write_note` wrote. Raises NoResultError when it cannot be read."""
    try:
        plain = read_json(path.read_bytes())
        job = from_text(JobSummary, plain["job"])
        notes = tuple(str(note) for note in plain["notes"])
    except (OSError, ValueError, KeyError, TypeError, ProtocolError) as error:
        raise NoResultError(f"{path} cannot be read") from error
    return ResultNote(job, notes)


def note_from_result(path: Path) -> ResultNote:
    """Say of a result what it says itself: its size, and when it was written.

    Results of Layerpeel 0.2.0 have no note. Raises NoResultError when it is no packed stack.
    """
    try:
        with path.open("rb") as file:
            message = read_json(file.readline(LONGEST_HEADER))["message"]
        width, height = (int(side) for side in message["size"])
        written = path.stat().st_mtime
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NoResultError(f"{path} is no result") from error
    return ResultNote(
        JobSummary(path.stem, FOUND_AGAIN, JobState.FINISHED, written, (width, height))
    )
