"""The records of jobs in SQLite: opened, brought to this version's columns, or set aside.

Records that cannot be read are no reason not to start: they are renamed, never removed, and what
they said of results is said again by the files beside those (`result_notes`).
"""

import os
import sqlite3
import time
from pathlib import Path

from layerpeel.backend.errors import OutputError
from layerpeel.shared.jobs import Cause, JobState, JobSummary

_VERSION = 4
_NO_VERSION = 100
"""Versions are counted up one by one; such a number is damage."""

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
    bytes INTEGER NOT NULL DEFAULT 0,
    fetched INTEGER NOT NULL DEFAULT 0,
    cause TEXT NOT NULL DEFAULT 'other',
    place INTEGER NOT NULL DEFAULT 0
)
"""
SUMMARY = "id, name, state, created, width, height, message, keepsake, cause"
_ALL = f"number, notes, bytes, fetched, place, {SUMMARY}"

# What SQLite says of a file that is no database of ours, rather than of a full or locked disk.
_ERROR, _READ_ONLY, _CORRUPT, _NOT_A_DATABASE = 1, 8, 11, 26

_BESIDE = ("-wal", "-shm")


class _DamagedError(Exception):
    """The records cannot be read."""


def open_records(path: Path) -> tuple[sqlite3.Connection, Path | None]:
    """Open the records, new ones where there are none; return them, and what was set aside.

    Raises sqlite3.Error or OSError when the disk does not allow it, OutputError when they are of
    another version of Layerpeel.
    """
    try:
        return _opened(path), None
    except _DamagedError:
        aside = path.with_name(f"{path.name}.damaged-{time.time_ns()}")
        path.rename(aside)
        for end in _BESIDE:
            beside = path.with_name(path.name + end)
            if beside.exists():
                beside.rename(aside.with_name(aside.name + end))
        return _opened(path), aside


def summary_of(row: tuple[str, str, str, float, int, int, str, str, str]) -> JobSummary:
    """Return the job of a row of the columns `SUMMARY`."""
    job_id, name, state, created, width, height, message, keepsake, cause = row
    size = (width, height)
    return JobSummary(job_id, name, JobState(state), created, size, message, keepsake, Cause(cause))


def _opened(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path)
    try:
        _prepare(database, path.parent)
    except UnicodeDecodeError as error:
        # SQLite quotes what it finds damaged, and that need not be text.
        database.close()
        raise _DamagedError from error
    except sqlite3.Error as error:
        database.close()
        code = getattr(error, "sqlite_errorcode", _ERROR) & 0xFF
        # It also calls a file read-only that says to be of a later format.
        is_of_later_format = code == _READ_ONLY and os.access(path, os.W_OK)
        if code in (_ERROR, _CORRUPT, _NOT_A_DATABASE) or is_of_later_format:
            raise _DamagedError from error
        raise
    except (OutputError, _DamagedError):
        database.close()
        raise
    return database


def _prepare(database: sqlite3.Connection, folder: Path) -> None:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if not 0 <= version < _NO_VERSION:
        raise _DamagedError
    if version > _VERSION:
        raise OutputError(
            f"The jobs in {folder} were written by another version of Layerpeel. "
            "Use that one, or move the folder away."
        )
    (whole,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if whole != "ok":
        raise _DamagedError
    database.execute("PRAGMA journal_mode = WAL")
    with database:
        # Else each change of the table is one by itself, and a crash leaves neither version.
        database.execute("BEGIN IMMEDIATE")
        if version == 1:
            database.execute("ALTER TABLE jobs ADD COLUMN fetched INTEGER NOT NULL DEFAULT 0")
        if version in (1, 2):
            database.execute("ALTER TABLE jobs ADD COLUMN cause TEXT NOT NULL DEFAULT 'other'")
        if version in (1, 2, 3):
            database.execute("ALTER TABLE jobs ADD COLUMN place INTEGER NOT NULL DEFAULT 0")
        database.execute(_TABLE)
        database.execute(f"PRAGMA user_version = {_VERSION}")
    _check_rows(database)


def _check_rows(database: sqlite3.Connection) -> None:
    """Read each record as it will be read."""
    texts = (str, str, str, str, str)
    for number, notes, size, fetched, place, *row in database.execute(f"SELECT {_ALL} FROM jobs"):  # noqa: S608
        job_id, name, state, created, width, height, message, keepsake, cause = row
        numbers = (number, size, fetched, place, width, height)
        is_whole = (
            tuple(map(type, (notes, job_id, name, message, keepsake))) == texts
            and all(type(each) is int for each in numbers)
            and type(created) is float
            and state in {each.value for each in JobState}
            and cause in {each.value for each in Cause}
        )
        if not is_whole:
            raise _DamagedError
