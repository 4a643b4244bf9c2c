"""Filling a hole from what can be seen, also in a picture that is not opaque."""

import numpy as np

from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.progress import ReportFraction, say_no_fraction
from layerpeel.backend.stages.patchmatch import USUAL_PIECES, Pieces, fill_hole, has_whole_patch
from layerpeel.backend.stages.spread import spread_colours

# Fainter colours are coarse, and taken only where there are no others.
CLEARLY_VISIBLE = 0.25


def fill_from_visible(
    proxy: Float32,
    alpha: Float32,
    hole: Bool,
    later: Bool,
    seed: int,
    pieces: Pieces = USUAL_PIECES,
    report: ReportFraction = say_no_fraction,
) -> Float32:
    """Fill `hole` (H×W) in H×W×3 (RGB, 0–1) with pieces that show in the picture.

    alpha: H×W, the picture's own. later: H×W, what is lifted off afterwards, and taken from only
        where there is nothing else.
    pieces: what they are compared by.
    Where no piece is to be had at all, the colours round about are spread into the hole.
    """
    filled = fill_hole(proxy, hole, _usable(alpha, hole, later), seed, pieces, report)
    if not np.array_equal(filled, proxy):
        return filled
    known = np.where(hole, np.float32(0), alpha)
    return np.where(hole[..., None], spread_colours(proxy, known), proxy) if known.any() else proxy


def _usable(alpha: Float32, hole: Bool, later: Bool) -> Bool:
    """Where pieces may come from: the best choice of which there is one at all."""
    for usable in (alpha >= CLEARLY_VISIBLE, alpha > 0):
        for source in (usable & ~later, usable):
            if has_whole_patch(source & ~hole):
                return source
    return usable
