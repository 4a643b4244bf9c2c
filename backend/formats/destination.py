"""Where a result is written: checked before the work, replaced as a whole after it.

Whatever interrupts the writing, Ctrl+C included, leaves no half of a result and does not touch what
was there before (`backend/files`). Here the errors become messages for people.
"""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from layerpeel.backend.errors import OutputError, reason_of
from layerpeel.backend.files.atomic_file import atomic_file
from layerpeel.backend.files.atomic_folder import LeftAsideError, atomic_folder, recover_folder


def followed(target: Path) -> Path:
    """Follow links, so that what a link leads to is replaced, and not the link.

    Raises OutputError for links that lead nowhere, for pipes and devices, and for what cannot be
    looked at.
    """
    try:
        there = target.resolve()
        kind = target.stat().st_mode if target.exists() else None
    except (OSError, RuntimeError, ValueError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else "its links lead nowhere"
        raise OutputError(f"{target} cannot be written: {reason}.") from error
    if str(target) == "-" or not (kind is None or stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
        raise OutputError(
            f"{target} cannot be written: a result is put in place whole, which a pipe or a device "
            "does not allow. Give the name of a file or folder."
        )
    return there


def check_file(target: Path, force: bool) -> None:
    """Raise OutputError when a file cannot be written here, or exists and `force` is not set."""
    target = followed(target)
    _check_parent(target)
    if target.is_dir():
        raise OutputError(f"{target} is a folder, but the result is one file: choose another name.")
    _check_absent(target, force)


def check_folder(target: Path, force: bool, why_not: Callable[[Path], str | None]) -> None:
    """Raise OutputError when a folder cannot be written here, or may not be replaced.

    why_not: returns why an existing folder may not be replaced, None if it may.
    """
    target = followed(target)
    _check_parent(target)
    try:
        recover_folder(target)
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {reason_of(error)}.") from error
    if target.exists() and not target.is_dir():
        raise OutputError(f"{target} is a file, but the result is a folder: choose another name.")
    _check_absent(target, force)
    reason = why_not(target) if target.exists() else None
    if reason is not None:
        raise OutputError(f"{target} is not replaced: {reason}. Choose another name.")


@contextmanager
def new_file(target: Path, force: bool) -> Iterator[BinaryIO]:
    """Open a temporary file which becomes `target` when the block ends without an exception.

    Raises OutputError as `check_file` does, and when writing fails (disk full).
    """
    target = followed(target)
    try:
        with atomic_file(target, lambda: check_file(target, force)) as file:
            yield file
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {reason_of(error)}.") from error


@contextmanager
def new_folder(target: Path, force: bool, why_not: Callable[[Path], str | None]) -> Iterator[Path]:
    """Make a temporary folder which becomes `target` when the block ends without an exception.

    Files in it are written by `write_new_file`. A folder that is replaced is moved aside, and back
    if the swap fails.

    Raises OutputError as `check_folder` does, and when writing fails (disk full).
    """
    target = followed(target)
    try:
        with atomic_folder(target, lambda: check_folder(target, force, why_not)) as folder:
            yield folder
    except LeftAsideError as error:
        raise OutputError(
            f"{target} cannot be written: {reason_of(error)}. "
            f"What was there is not lost, it is now {error.aside}: rename it."
        ) from error
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {reason_of(error)}.") from error


def _check_parent(target: Path) -> None:
    parent = target.parent
    if not target.name:
        raise OutputError(f"{target} is no name for a result: give one.")
    if not parent.is_dir():
        raise OutputError(f"{target} cannot be written: there is no folder {parent}. Create it.")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise OutputError(f"{target} cannot be written: you may not write into {parent}.")


def _check_absent(target: Path, force: bool) -> None:
    if target.exists() and not force:
        raise OutputError(
            f"{target} exists already: choose another name, or replace it with --force."
        )
