"""Copying a file of some GB: hashed on the way, and whose fault it is when that does not work."""

import hashlib
import os
from pathlib import Path

from layerpeel.backend.models.content import Heard
from layerpeel.backend.models.delivery import SourceError

_PIECE = 1 << 20


def copy_file(original: Path, copy: Path, heard: Heard) -> str:
    """Copy a file, down to the disk, and give back its sha256 in hexadecimal.

    heard: is told of each piece how many bytes it has, and may raise to cancel.

    Raises SourceError when the original cannot be read or changes meanwhile, OSError when the copy
    cannot be written.
    """
    digest = hashlib.sha256()
    try:
        size = original.stat().st_size
        file = original.open("rb")
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
            heard(len(piece))
        if written.tell() != size:
            raise SourceError(f"{original} changed while it was copied")
        written.flush()
        os.fsync(written.fileno())
    return digest.hexdigest()


def _unreadable(original: Path, error: OSError) -> SourceError:
    return SourceError(f"{original} cannot be read: {error.strerror or error}")
