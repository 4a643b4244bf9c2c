"""A selection in which something is painted, and what the generator sees round it."""

import math

import numpy as np

from layerpeel.backend.errors import BadInputError
from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.scenes.canvas import size_of
from layerpeel.backend.stages.crop import Window, window_round
from layerpeel.backend.stages.generation.request import SMALLEST_SIDE
from layerpeel.shared.protocol import Coverage, Picture

LEAST_SIDE = 8  # pixels of a selection, in which something can be painted

# What the generator sees round the selection, as a share of its longer side.
SURROUNDINGS = 0.5


def selected(coverage: Coverage, picture: Picture) -> Float32:
    """The selection as H×W, 0–1. Raises BadInputError when nothing can be painted in it."""
    if (coverage.width, coverage.height) != size_of(picture):
        raise BadInputError(
            f"The selection is {coverage.width}×{coverage.height} pixels, the picture "
            f"{picture.pixels.width}×{picture.pixels.height}: they must be of one size."
        )
    levels = np.frombuffer(coverage.data, np.uint8).reshape(coverage.height, coverage.width)
    if not levels.any():
        raise BadInputError("The selection is empty: select where something is to be painted.")
    chosen = window_round(levels > 0, 0)
    width, height = chosen.right - chosen.left, chosen.bottom - chosen.top
    if min(width, height) < LEAST_SIDE:
        raise BadInputError(
            f"The selection is {width}×{height} pixels: select at least {LEAST_SIDE}×{LEAST_SIDE}."
        )
    return levels.astype(np.float32) / np.float32(255)


def window_to_paint(chosen: Bool, longest_ratio: float) -> Window:
    """What the generator sees: the selection and its surroundings, of a shape that it can paint."""
    bare = window_round(chosen, 0)
    height, width = bare.bottom - bare.top, bare.right - bare.left
    margin = SURROUNDINGS * max(height, width)
    wanted = [max(side + 2 * margin, SMALLEST_SIDE) for side in (height, width)]
    least = max(wanted) / longest_ratio
    top, bottom = _span(bare.top, bare.bottom, max(wanted[0], least), chosen.shape[0])
    left, right = _span(bare.left, bare.right, max(wanted[1], least), chosen.shape[1])
    return Window(top, bottom, left, right)


def _span(begin: int, end: int, wanted: float, extent: int) -> tuple[int, int]:
    """Grow begin–end to `wanted` pixels about its middle, moved to lie within 0–`extent`."""
    length = min(extent, math.ceil(wanted))
    first = round((begin + end - length) / 2)
    first = min(max(0, first), extent - length)
    return first, first + length
