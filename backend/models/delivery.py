"""What all sources share: how they fail, how they report, what they need of the disk."""

import shutil
from collections.abc import Callable
from pathlib import Path

from layerpeel.backend.models.manifest import spoken_size

Progress = Callable[[float], None]
"""Told the fraction 0–1 that has come. It cancels the pull by raising an exception of its own."""


class SourceError(Exception):
    """One source could not deliver. Says why, as the end of a sentence; the next one is tried."""


def size_of(path: Path) -> int:
    """Size of a file in bytes; 0 when there is none."""
    return path.stat().st_size if path.exists() else 0


def require_space(folder: Path, needed: int) -> None:
    """Raise SourceError when the disk of `folder` has fewer than `needed` bytes free."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise SourceError(
            f"it needs {spoken_size(needed)} of free space in {folder}, where "
            f"{spoken_size(free)} are left"
        )
