"""How opaque the background is behind what is lifted off: as its surroundings are.

A fill is no more opaque than what it is made of: behind a figure on a wash lies a wash, behind an
arm that reaches out of a cut-out lies the figure, and beyond it nothing.
"""

from collections.abc import Callable

import cv2
import numpy as np

from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.stages.crop import disc, window_round
from layerpeel.backend.stages.rim import meet_surroundings
from layerpeel.backend.stages.spread import spread_colours

FillPlane = Callable[[Float32, Bool], Float32]
"""Fills a hole (H×W) in H×W of 0–1; elsewhere it changes nothing."""

# A difference of one step of 8 bits is none.
A_STEP = np.float32(1.5 / 255)
# So near to clear, or to the most opaque round about, it is that.
ALL_OR_NOTHING = np.float32(3.5 / 255)

# Outside the object's edge alpha must be that of clean surroundings within this many pixels.
SURROUNDINGS = 16


def spread_into(alpha: Float32, hole: Bool) -> Float32:
    """Fill a hole (H×W) in H×W of 0–1 smoothly from round about."""
    if not hole.any() or alpha.min() >= 1:
        return alpha
    spread = spread_colours(alpha[..., None], (~hole).astype(np.float32))
    return np.where(hole, spread[..., 0], alpha)


def alpha_behind(
    alpha: Float32, weight: Float32, touched: Bool, hole: Bool, fill: FillPlane
) -> Float32:
    """How opaque the background is to be, H×W in 0–1; outside the hole it is as the picture.

    alpha: H×W, the picture's own. weight: H×W, 0–1, how far the background is a fill instead of
    what shows through the object. touched: H×W, where the object shows; hole: H×W, where the
    background is in doubt, touched or not.
    """
    if not hole.any() or alpha.min() >= 1:
        return alpha
    window = window_round(hole, SURROUNDINGS).slices
    inside, near = hole[window], alpha[window]
    known = near[~inside]
    if known.size == 0:
        return alpha
    lowest, highest = known.min(), known.max()
    if highest - lowest < A_STEP:
        filled = np.where(hole, np.median(known), alpha)
    else:
        levelled = meet_surroundings(
            fill(alpha, hole)[..., None], alpha[..., None], hole & ~touched, hole
        )
        filled = np.clip(levelled[..., 0], lowest, highest)
    shows_through = np.minimum(near, _highest_near(near, ~inside) + A_STEP)
    mixed = weight[window] * filled[window] + (1 - weight[window]) * shows_through
    mixed[mixed < ALL_OR_NOTHING] = 0
    mixed[mixed > highest - ALL_OR_NOTHING] = highest
    behind = alpha.copy()
    behind[window][inside] = mixed[inside]
    return behind


def _highest_near(alpha: Float32, known: Bool) -> Float32:
    """The highest known alpha round each pixel; 1 where none is near."""
    size = disc(SURROUNDINGS)
    highest = cv2.dilate(np.where(known, alpha, np.float32(-1)), size)
    return np.where(highest < 0, np.float32(1), highest)
