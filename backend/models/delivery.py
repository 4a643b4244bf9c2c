"""What all sources share: how they fail, report progress, copy, and need room on the disk."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from layerpeel.backend.files.hashing import OnBytes, OriginalError, copy_and_hash
from layerpeel.backend.models.manifest import spoken_size

Progress = Callable[[float], None]
"""Told the fraction 0–1 that is done. It cancels by raising an exception of its own."""


class SourceError(Exception):
    """One source could not deliver. Says why, as the end of a sentence; the next one is tried."""


@dataclass(frozen=True)
class OfferedFile:
    """A file that a source has: its path with slashes, its size, and what its hashes have to be.

    sha256: in hexadecimal. git_sha1: its name in Git. Empty where not known.
    """

    path: str
    bytes: int
    sha256: str = ""
    git_sha1: str = ""


def no_progress(_fraction: float) -> None:
    """For who does not want to hear how far it is."""


class Tally:
    """Adds up bytes and reports the fraction done; `total` bytes make 1."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0
        progress(0.0)

    def add(self, number_of_bytes: int) -> None:
        """Report that so many bytes more are done."""
        self._done += number_of_bytes
        self.repeat()

    def repeat(self, _number_of_bytes: int = 0) -> None:
        """Report nothing new, so that who listens can cancel."""
        self._progress(self._done / self._total if self._total else 1.0)

    def within(self, number_of_bytes: int) -> Progress:
        """A progress for the next so many bytes. They are done only when they have been added."""
        before = self._done

        def progress(fraction: float) -> None:
            done = before + fraction * number_of_bytes
            self._progress(done / self._total if self._total else 1.0)

        return progress


def size_of(path: Path) -> int:
    """Size of a file in bytes; 0 when there is none."""
    return path.stat().st_size if path.exists() else 0


def copy_file(original: Path, copy: Path, on_bytes: OnBytes) -> str:
    """Copy a file, forced to disk, and return its sha256 in hexadecimal.

    Raises SourceError when the original cannot be read or changes meanwhile, OSError when the copy
    cannot be written.
    """
    try:
        return copy_and_hash(original, copy, on_bytes)
    except OriginalError as error:
        raise SourceError(str(error)) from error


def require_space(folder: Path, needed: int) -> None:
    """Raise SourceError when the disk of `folder` has fewer than `needed` bytes free."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise SourceError(
            f"it needs {spoken_size(needed)} of free space in {folder}, where "
            f"{spoken_size(free)} are left"
        )
