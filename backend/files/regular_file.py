"""Reading files that others have put there, which need not be files at all.

Opening a pipe would wait for ever, and reading a device never ends.
"""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO


def open_regular(path: Path, buffering: int = -1) -> BinaryIO:
    """Open a regular file to read, or what a link to one leads to; it never waits.

    Raises OSError, also for folders, pipes, sockets and devices.
    """
    # Without O_NONBLOCK opening a pipe waits for who writes into it. Files do not know it.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        raise OSError(errno.EINVAL, "It is no regular file", str(path))
    return os.fdopen(descriptor, "rb", buffering)


def read_regular(path: Path, most: int = -1) -> bytes:
    """Read a regular file: all of it, or `most` bytes. Raises OSError as `open_regular` does."""
    with open_regular(path) as file:
        return file.read(most)
