"""Things as the protocol has them, and as masks of a picture's size."""

import numpy as np

from layerpeel.backend.image import Bool
from layerpeel.backend.stages.crop import window_round
from layerpeel.shared.protocol import Coverage, Thing, ThingPart

# Of a coverage's bytes: at least half.
COVERED = 128


def thing_of(name: str, mask: Bool) -> Thing:
    """Turn a mask (H×W, not empty) into a thing of one part, cut to its bounds."""
    window = window_round(mask, 0)
    cut = np.where(mask[window.slices], np.uint8(255), np.uint8(0))
    coverage = Coverage(cut.shape[1], cut.shape[0], cut.tobytes())
    return Thing(name, (ThingPart(coverage, (window.left, window.top)),))


def mask_of(thing: Thing, shape: tuple[int, int]) -> Bool:
    """What all parts of a thing cover in a picture of `shape` (height, width), in which they lie.

    A part covers a pixel that it marks with half of 255 at least.
    """
    mask = np.zeros(shape, bool)
    for part in thing.parts:
        left, top = part.offset
        width, height = part.coverage.width, part.coverage.height
        levels = np.frombuffer(part.coverage.data, np.uint8).reshape(height, width)
        mask[top : top + height, left : left + width] |= levels >= COVERED
    return mask


def lies_within(thing: Thing, shape: tuple[int, int]) -> bool:
    """Whether all parts of a thing lie within a picture of `shape` (height, width)."""
    return all(
        part.offset[0] >= 0
        and part.offset[1] >= 0
        and part.offset[0] + part.coverage.width <= shape[1]
        and part.offset[1] + part.coverage.height <= shape[0]
        for part in thing.parts
    )
