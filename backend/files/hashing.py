"""sha256 of files of some GB, computed while they are read or copied."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from layerpeel.backend.errors import reason_of
from layerpeel.backend.files.regular_file import open_regular

OnBytes = Callable[[int], None]
"""Called with the size of each piece that is done; may raise to cancel."""

_PIECE = 1 << 20


class OriginalError(Exception):
    """The original cannot be read, or changed while it was copied. The message has no full stop."""


def ignore_bytes(_number_of_bytes: int) -> None:
    """Report to nobody how much is done."""


def hash_file(path: Path, on_bytes: OnBytes = ignore_bytes) -> str:
    """Compute a file's sha256 in hexadecimal. Raises OSError when it cannot be read."""
    digest = hashlib.sha256()
    with open_regular(path, buffering=0) as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            on_bytes(len(piece))
    return digest.hexdigest()


def copy_and_hash(original: Path, copy: Path, on_bytes: OnBytes = ignore_bytes) -> str:
    """Copy a file, forced to disk, and return its sha256 in hexadecimal.

    What is at `copy` is overwritten; what was copied before a failure stays.

    Raises OriginalError when the original cannot be read or changes meanwhile, OSError when the
    copy cannot be written (disk full).
    """
    digest = hashlib.sha256()
    try:
        file = open_regular(original)
        size = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise _unreadable(original, error) from error
    with file, copy.open("wb") as written:
        while True:
            try:
                piece = file.read(_PIECE)
            except OSError as error:
                raise _unreadable(original, error) from error
            if not piece:
                break
            written.write(piece)
            digest.update(piece)
            on_bytes(len(piece))
        if written.tell() != size:
            raise OriginalError(f"{original} changed while it was copied")
        written.flush()
        os.fsync(written.fileno())
    return digest.hexdigest()


def _unreadable(original: Path, error: OSError) -> OriginalError:
    return OriginalError(f"{original} cannot be read: {reason_of(error)}")
