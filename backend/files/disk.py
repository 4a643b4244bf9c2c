"""Forcing files to disk, and the small steps that writing them safely is made of."""

import errno
import glob
import os
import secrets
import shutil
import time
from contextlib import ExitStack, suppress
from pathlib import Path

# How file systems, mostly of networks, say that they cannot force a folder's entries to disk.
_CANNOT_SYNC_FOLDERS = {errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EACCES}

_SURELY_LEFT = 3600  # seconds
_LONGEST_NAME = 200  # bytes, of 255


def force_file_to_disk(file: Path) -> None:
    """Wait until a file's content is on the disk. Raises OSError when it does not get there."""
    with file.open("rb+") as opened:
        os.fsync(opened.fileno())


def force_entries_to_disk(folder: Path) -> None:
    """Wait until a folder's list of names is on the disk, where the system can do that.

    Without it a power cut may undo a rename. Windows cannot open folders, some network file
    systems cannot sync them: there this does nothing.

    Raises OSError when the list does not get to the disk (disk full).
    """
    if os.name != "posix":
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC_FOLDERS:
            raise


def write_new_file(file: Path, content: bytes) -> None:
    """Write a file that must not exist yet, and force its content to disk.

    If that fails or is interrupted, the file is removed.

    Raises FileExistsError when it exists, OSError when writing fails (disk full).
    """
    with ExitStack() as undo:
        with file.open("xb") as opened:
            undo.callback(file.unlink, missing_ok=True)
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        undo.pop_all()


def remove(path: Path) -> None:
    """Remove a file, a link (not what it leads to) or a folder with all that is in it, if any.

    Raises OSError when it cannot be removed.
    """
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def is_there(path: Path) -> bool:
    """Whether anything has this name, be it a link that leads nowhere."""
    return path.exists() or path.is_symlink()


def temporary_name(target: Path) -> Path:
    """Return a new hidden name beside `target`: renaming works only within one file system."""
    return target.with_name(f".{short_name(target)}.{secrets.token_hex(4)}.partial")


def sweep_leftovers(target: Path) -> None:
    """Remove what processes that were killed have left under a `temporary_name` of `target`.

    What has changed within the last hour may be somebody's who is writing just now.
    """
    pattern = f".{glob.escape(short_name(target))}.{'[0-9a-f]' * 8}.partial"
    for left in target.parent.glob(pattern):
        with suppress(OSError):
            if left.lstat().st_mtime < time.time() - _SURELY_LEFT:
                remove(left)


def short_name(target: Path) -> str:
    """Cut a name so that what is added to it does not make it too long for a file system."""
    return os.fsencode(target.name)[:_LONGEST_NAME].decode("utf-8", "ignore")
