"""The pictures to train on and those held out for checks, cached in memory."""

import os
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt

from layerpeel.backend.composites.art import Art
from layerpeel.backend.errors import BadInputError
from layerpeel.backend.image import Float32
from layerpeel.backend.progress import ReportProgress

UInt8 = npt.NDArray[np.uint8]

HELD_BACK = 0.1

# Files that are opened together.
_AT_ONCE = 64


def is_held_back(path: Path) -> bool:
    """Whether a file is held out for checks: a tenth of all, by name, the same in every run."""
    return zlib.crc32(path.name.encode()) % 1000 < 1000 * HELD_BACK


def art_to_learn_from(folder: Path) -> Art:
    """List the nine tenths of a folder that are learned from.

    Raises BadInputError as `Art` does, and when too few are left.
    """
    return _part_of(folder, held_back=False)


def art_to_check_on(folder: Path) -> Art:
    """List the tenth of a folder that no network has learned from.

    Raises BadInputError as `Art` does, and when too few are left.
    """
    return _part_of(folder, held_back=True)


def _part_of(folder: Path, held_back: bool) -> Art:
    art = Art(folder)
    art.cut_outs = [path for path in art.cut_outs if is_held_back(path) == held_back]
    art.backgrounds = [path for path in art.backgrounds if is_held_back(path) == held_back]
    if not art.cut_outs or not art.backgrounds:
        raise BadInputError(
            f"{folder} holds too few pictures: a tenth is kept back for checking, and of cut-outs "
            "or of backgrounds none are left. To learn anything takes some hundreds of each."
        )
    return art


class OpenedArt:
    """Cut-outs and backgrounds that can be read, opened once and kept as 8 bits within a budget.

    cut_outs, backgrounds: the files that can serve. Why others cannot is in `Art.unusable`.
    """

    def __init__(self, art: Art, budget: int, report: ReportProgress) -> None:
        """Open every file once. budget: bytes that pictures may fill.

        Raises BadInputError when no cut-outs or no backgrounds can serve.
        """
        self.folder = art.folder
        self._art, self._left = art, budget
        self._kept: dict[Path, UInt8] = {}
        report("Opening the cut-outs", 0)
        self.cut_outs = self._usable(art.cut_outs, art.cut_out)
        report("Opening the backgrounds", 0)
        self.backgrounds = self._usable(art.backgrounds, art.background)

    def cut_out(self, path: Path) -> UInt8 | None:
        """Return a cut-out, H×W×4, RGB and straight alpha; None when it can no longer be read."""
        kept = self._kept.get(path)
        return _eight_bit(self._art.cut_out(path)) if kept is None else kept

    def background(self, path: Path) -> UInt8 | None:
        """Return a background, H×W×3, RGB; None when it can no longer be read."""
        kept = self._kept.get(path)
        return _eight_bit(self._art.background(path)) if kept is None else kept

    def _usable(self, paths: list[Path], read: Callable[[Path], Float32 | None]) -> list[Path]:
        usable = []
        for path, pixels in _opened(paths, read):
            if pixels is None:
                continue
            usable.append(path)
            if pixels.nbytes <= self._left:
                self._kept[path] = pixels
                self._left -= pixels.nbytes
        if not usable:
            name, why = next(iter(self._art.unusable.items()))
            raise BadInputError(
                f"None of the {len(paths)} pictures in {paths[0].parent} can be used: {name} {why}."
            )
        return usable


def _opened(
    paths: list[Path], read: Callable[[Path], Float32 | None]
) -> Iterator[tuple[Path, UInt8 | None]]:
    """Open files several at once, in their order; a few at a time, as they take memory."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for begin in range(0, len(paths), _AT_ONCE):
            some = paths[begin : begin + _AT_ONCE]
            yield from zip(some, pool.map(lambda path: _eight_bit(read(path)), some), strict=True)


def _eight_bit(pixels: Float32 | None) -> UInt8 | None:
    if pixels is None:
        return None
    return np.asarray(np.floor(pixels * 255 + 0.5), np.uint8)
