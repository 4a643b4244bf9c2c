"""One pull or import at a time: two that wrote into one file would spoil it for both."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from layerpeel.backend.errors import ModelError

if sys.platform == "win32":
    import msvcrt

    def _take(file: BinaryIO) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep other pulls and imports, of this process and of others, out of a model folder.

    The system lets go of the lock when a process ends, however it ends.

    Raises ModelError when another one is going on, OSError when the folder cannot be written.
    """
    # The empty file stays: if it were removed, two could hold locks on two files of one name.
    with (folder / ".pull.lock").open("ab") as file:
        try:
            _take(file)
        except (BlockingIOError, PermissionError) as error:
            raise ModelError(
                f"Models are already being pulled or imported into {folder}. Wait until that has "
                "ended, then try again."
            ) from error
        yield
