"""Putting what has come in its place: whole, in one step, and safe from a power cut."""

import os
import shutil
from pathlib import Path


def put_file_in_place(part: Path, path: Path) -> None:
    """Make a finished file the model's. Raises OSError when that cannot be done."""
    force_to_disk(part)
    part.replace(path)


def put_folder_in_place(part: Path, path: Path) -> None:
    """Make a finished folder, all of it on the disk, the model's; one that is there goes then.

    Raises OSError when that cannot be done: the one that is there stays then.
    """
    aside = path.with_name(f"{path.name}.replaced")
    if not _is_there(path) and _is_there(aside):
        # An earlier call ended between its two renames: this is the only whole model.
        aside.rename(path)
    remove(aside)
    replaces = _is_there(path)
    if replaces:
        path.rename(aside)
    try:
        part.rename(path)
    except OSError:
        if replaces:
            aside.rename(path)
        raise
    remove(aside)


def write_whole(file: Path, content: bytes) -> None:
    """Write a small file, whole or not at all. Raises OSError when it cannot be written."""
    part = file.with_name(f"{file.name}.part")
    part.write_bytes(content)
    put_file_in_place(part, file)


def remove(path: Path) -> None:
    """Remove a file, a link or a folder, if there is one. Raises OSError when it cannot go."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def force_to_disk(file: Path) -> None:
    """Wait until a file is on the disk: after a power cut no right name may hold anything else."""
    with file.open("rb+") as opened:
        os.fsync(opened.fileno())


def _is_there(path: Path) -> bool:
    """Whether there is anything of this name, be it a link that leads nowhere."""
    return path.exists() or path.is_symlink()
