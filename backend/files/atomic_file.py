"""A file that appears whole or not at all, whatever interrupts its writing.

It is written under a temporary name in the same folder, forced to disk, then renamed, which the
system does in one step; then the folder's entry is forced to disk. A target that is a link is
replaced itself, not what it leads to.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from layerpeel.backend.files.disk import (
    force_entries_to_disk,
    force_file_to_disk,
    sweep_leftovers,
    temporary_name,
)


@contextmanager
def atomic_file(target: Path, check: Callable[[], None] | None = None) -> Iterator[BinaryIO]:
    """Open a temporary file that becomes `target` when the block ends without an exception.

    check: called when all is on the disk, right before the rename; if it raises, `target` is
        unchanged.

    Raises OSError when writing fails (disk full).
    """
    sweep_leftovers(target)
    temporary = temporary_name(target)
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if check is not None:
            check()
        temporary.replace(target)
        force_entries_to_disk(target.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_atomically(target: Path, content: bytes) -> None:
    """Write a file, whole or not at all. Raises OSError when writing fails (disk full)."""
    with atomic_file(target) as file:
        file.write(content)


def replace_file(finished: Path, target: Path) -> None:
    """Force a finished file to disk and rename it to `target`, in the same file system.

    Raises OSError when that fails; unless it was renamed already, `target` is then unchanged.
    """
    force_file_to_disk(finished)
    finished.replace(target)
    force_entries_to_disk(target.parent)
