"""Where a result goes: checked before the work, swapped in whole after it.

A result is written beside its target under a temporary name, forced to disk, then renamed. Whatever
interrupts that, Ctrl+C included, leaves no half of it, and what was there before is untouched.
"""

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from layerpeel.backend.errors import OutputError


def check_file(target: Path, force: bool) -> None:
    """Raise OutputError when a file cannot be written here, or is there and `force` is not set."""
    _check_parent(target)
    if target.is_dir():
        raise OutputError(f"{target} is a folder, but the result is one file: choose another name.")
    _check_absent(target, force)


def check_folder(target: Path, force: bool, why_not: Callable[[Path], str | None]) -> None:
    """Raise OutputError when a folder cannot be written here, or may not be replaced.

    why_not: says why an existing folder may not be replaced, None if it may.
    """
    _check_parent(target)
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
    temporary = _beside(target)
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        check_file(target, force)
        temporary.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {reason_of(error)}.") from error
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def new_folder(target: Path, force: bool, why_not: Callable[[Path], str | None]) -> Iterator[Path]:
    """Make a temporary folder which becomes `target` when the block ends without an exception.

    Files put into it are for `write_into`. A folder that is replaced is moved aside, and back if
    the swap fails.

    Raises OutputError as `check_folder` does, and when writing fails (disk full).
    """
    temporary = _beside(target)
    try:
        temporary.mkdir()
        yield temporary
        _sync_folder(temporary)
        check_folder(target, force, why_not)
        _swap_in(temporary, target)
        _sync_folder(target.parent)
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {reason_of(error)}.") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def reason_of(error: OSError) -> str:
    """The system's words for what went wrong, without number and path."""
    return error.strerror or str(error)


def write_into(folder: Path, name: str, content: bytes) -> None:
    """Write a new file, forced to disk."""
    with (folder / name).open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _swap_in(temporary: Path, target: Path) -> None:
    aside = _beside(target)
    try:
        if target.exists():
            target.rename(aside)
        temporary.rename(target)
    finally:
        if not temporary.exists():
            shutil.rmtree(aside, ignore_errors=True)
        elif aside.exists():
            _put_back(aside, target)


def _put_back(aside: Path, target: Path) -> None:
    try:
        aside.rename(target)
    except OSError as error:
        raise OutputError(
            f"{target} cannot be written: {reason_of(error)}. "
            f"What was there is not lost, it is now {aside}: rename it."
        ) from error


def _beside(target: Path) -> Path:
    return target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")


def _sync_folder(folder: Path) -> None:
    """Force a folder's entries to disk, where the system can open folders (not Windows)."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
