"""A folder that takes the place of another: whole or not at all.

No system renames a folder over one that holds files, so the old one is moved aside first. If the
new one cannot come, the old one is moved back; if the process ends between the two renames, the
next one that is to write the same folder moves it back. Whatever else is to go is renamed before it
is removed, so that what is moved back is always whole.
"""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from layerpeel.backend.files.disk import (
    force_entries_to_disk,
    is_there,
    remove,
    short_name,
    sweep_leftovers,
    temporary_name,
)


class LeftAsideError(OSError):
    """The new folder did not come, and the old one could not be put back: it is at `aside`."""

    def __init__(self, error: OSError, aside: Path) -> None:
        super().__init__(error.errno, error.strerror)
        self.aside = aside


@contextmanager
def atomic_folder(target: Path, check: Callable[[], None] | None = None) -> Iterator[Path]:
    """Make a temporary folder that becomes `target` when the block ends without an exception.

    Write its files by `write_new_file`, which forces them to disk. What was at `target` is removed
    afterwards.

    check: called when all is on the disk, right before the swap; if it raises, `target` is
        unchanged.

    Raises OSError when writing fails (disk full), LeftAsideError when the old folder could not be
    put back after that.
    """
    recover_folder(target)
    sweep_leftovers(target)
    temporary, aside = temporary_name(target), _aside(target)
    try:
        temporary.mkdir()
        yield temporary
        _force_tree_to_disk(temporary)
        if check is not None:
            check()
        _swap(temporary, target, aside)
    finally:
        if is_there(temporary):
            _remove_if_possible(temporary)


def recover_folder(target: Path) -> None:
    """Put back a folder that `atomic_folder` had moved aside when its process was killed.

    Raises OSError when that fails.
    """
    if not is_there(target):
        _put_back(_aside(target), target)


def replace_folder(finished: Path, target: Path) -> None:
    """Rename a finished folder, whose files are on the disk, to `target`; remove what was there.

    Meanwhile the old folder is called `target` with `.replaced` added. If an earlier call ended
    between its two renames and left one there, it is put back first.

    Raises OSError when that fails: the old folder is then at `target`, or, where it could not be
    put back, still aside for the next call.
    """
    aside = target.with_name(f"{target.name}.replaced")
    if not is_there(target):
        _put_back(aside, target)
    sweep_leftovers(target)
    _force_tree_to_disk(finished)
    _swap(finished, target, aside)


def _aside(target: Path) -> Path:
    return target.with_name(f".{short_name(target)}.replaced")


def _swap(new: Path, target: Path, aside: Path) -> None:
    """Rename `target`, if anything is there, to `aside`, and `new` to `target`; remove `aside`."""
    if is_there(target):
        _discard(aside, target)
    try:
        if is_there(target):
            target.rename(aside)
        new.rename(target)
    finally:
        # Also where somebody else took the name meanwhile: that fails, and says where the old is.
        if is_there(new) or not is_there(target):
            _put_back(aside, target)
    try:
        force_entries_to_disk(target.parent)
    finally:
        with suppress(OSError):
            _discard(aside, target)


def _put_back(aside: Path, target: Path) -> None:
    """Rename what is at `aside`, if anything, to `target`. Raises LeftAsideError."""
    if not is_there(aside):
        return
    try:
        aside.rename(target)
    except OSError as error:
        raise LeftAsideError(error, _kept(aside) if is_there(target) else aside) from error


def _kept(aside: Path) -> Path:
    """Give what is aside a name that nothing here uses again: whoever is told it may rename it."""
    kept = aside.with_name(f"{aside.name}.{secrets.token_hex(4)}")
    try:
        aside.rename(kept)
    except OSError:
        return aside
    return kept


def _discard(aside: Path, target: Path) -> None:
    """Remove what `target` has replaced. Raises OSError when it stays where it is, whole."""
    if is_there(aside):
        unwanted = temporary_name(target)
        try:
            aside.rename(unwanted)
        finally:
            _remove_if_possible(unwanted)


def _force_tree_to_disk(folder: Path) -> None:
    for within, _, _ in os.walk(folder):
        force_entries_to_disk(Path(within))


def _remove_if_possible(path: Path) -> None:
    with suppress(OSError):
        remove(path)
