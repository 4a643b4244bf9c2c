"""What all sources share: how they fail, report progress, copy, and need room on the disk."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from layerpeel.backend.files.hashing import OnBytes, OriginalError, copy_and_hash
from layerpeel.backend.models.manifest import spoken_size

Progress = Callable[[float], None]
"""Called with the fraction done, 0–1. It may raise an exception of its own to cancel."""


class SourceError(Exception):
    """A source could not deliver; the next one is tried. The message is the end of a sentence."""


@dataclass(frozen=True)
class OfferedFile:
    """A file that a source offers: its path with slashes, its size, and the hashes it must have.

    sha256: in hexadecimal. git_sha1: the hash that Git names it by. Each is empty where not known.
    """

    path: str
    bytes: int
    sha256: str = ""
    git_sha1: str = ""


def no_progress(_fraction: float) -> None:
    """Report progress to nobody."""


class Tally:
    """Adds up bytes and reports them as a fraction of `total`."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0
        progress(0.0)

    def add(self, number_of_bytes: int) -> None:
        """Report that this many more bytes are done."""
        self._done += number_of_bytes
        self.repeat()

    def repeat(self, _number_of_bytes: int = 0) -> None:
        """Report the same fraction again, so that the listener can cancel."""
        self._progress(self._done / self._total if self._total else 1.0)

    def within(self, number_of_bytes: int) -> Progress:
        """Return a progress for the next bytes, which still have to be added when they are done."""
        before = self._done

        def progress(fraction: float) -> None:
            done = before + fraction * number_of_bytes
            self._progress(done / self._total if self._total else 1.0)

        return progress


def size_of(path: Path) -> int:
    """Return a file's size in bytes; 0 when there is no file."""
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
