"""Removes what set-up has installed, in turns: it is tens of thousands of files."""

import os
import time
from pathlib import Path
from typing import List

from layerpeel.plugin.turns import Turns

_SECONDS_A_TURN = 0.02


def remove_in_turns(folders: List[Path]) -> "Turns[List[str]]":
    """Remove folders with all that is in them; return why something could not be removed.

    Of a link to a folder only the link is removed.
    A file in use, as Windows knows it, stays; so does the folder that it is in.
    """
    problems: List[str] = []
    for folder in folders:
        yield from _remove(folder, problems)
    return problems


def _remove(folder: Path, problems: List[str]) -> "Turns[None]":
    ends = time.monotonic() + _SECONDS_A_TURN
    # `os.walk` lists links to folders among the folders, but follows one that it is given.
    top = str(folder) if not folder.is_symlink() else ""
    for root, folders, files in os.walk(top, topdown=False):
        for name in [*files, *folders]:
            path = Path(root, name)
            try:
                if path.is_dir() and not path.is_symlink():
                    path.rmdir()
                else:
                    path.unlink()
            except OSError as error:
                problems.append(f"{path}: {error.strerror}")
            if time.monotonic() > ends:
                yield "remove files"
                ends = time.monotonic() + _SECONDS_A_TURN
    try:
        if folder.is_symlink():
            folder.unlink()
        elif folder.is_dir():
            folder.rmdir()
    except OSError as error:
        problems.append(f"{folder}: {error.strerror}")
