"""A small disk of our own, which can be full."""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

SIZE = 256 << 20
_BALLAST = "ballast"


@contextlib.contextmanager
def own_disk(folder: Path) -> Iterator[bool]:
    """Lay a file system of its own over a folder, where that is allowed; say whether it was."""
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    command = [mount, "-t", "tmpfs", "-o", f"size={SIZE}", "none", str(folder)]
    if None in (mount, unmount) or subprocess.run(command, check=False).returncode:
        yield False
        return
    try:
        yield True
    finally:
        subprocess.run([unmount, "--lazy", str(folder)], check=True)


@contextlib.contextmanager
def filled(folder: Path, free: int) -> Iterator[None]:
    """Leave no more than `free` bytes on the disk of `folder` inside the `with`."""
    ballast = folder / _BALLAST
    try:
        with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            wanted = shutil.disk_usage(folder).free - free
            while wanted > 0:
                wanted -= file.write(bytes(min(wanted, 1 << 20)))
        yield
    finally:
        ballast.unlink(missing_ok=True)
