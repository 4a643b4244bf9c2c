"""Files that only their owner reads and writes: token, address, the command that is started.

Who could write them would have the plugin run any command, or send pictures anywhere. Windows keeps
a user's folders to that user by itself; there these are plain files.
"""

import errno
import os
import secrets
import stat
from pathlib import Path

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def write_private(path: Path, text: str) -> None:
    """Write a file, whole or not at all, that nobody else can read at any time.

    Raises OSError, also where the file system cannot keep it from others.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    # New, and no link: what others may have put there is neither written nor followed.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    handle = os.open(str(draft), flags, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            _check(handle, path, _OTHERS, "This file system cannot keep it from others")
            file.write(text)
            file.flush()
            os.fsync(handle)
        draft.replace(path)
    except OSError:
        draft.unlink()
        raise


def read_private(path: Path) -> bytes:
    """Read a file. Raises OSError, also where it is none, or somebody else may have written it."""
    with open(str(path), "rb", opener=_open_at_once) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "It is no regular file", str(path))
        _check(file.fileno(), path, OTHERS_WRITE, "Others can write it")
        return file.read()


def _open_at_once(path: str, flags: int) -> int:
    """Open also a pipe without waiting for who writes into it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _check(handle: int, path: Path, forbidden: int, otherwise: str) -> None:
    """Raise OSError when a file is not this user's, or others may do with it what is forbidden."""
    if os.name != "posix":
        return
    status = os.fstat(handle)
    if status.st_uid != os.geteuid() or status.st_mode & forbidden:
        raise OSError(errno.EPERM, otherwise, str(path))
