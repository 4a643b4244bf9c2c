"""What a soft mask selects in part, apart from what it selects whole.

Strokes of thin ink beside a figure, drops, smoke: no edge of theirs is to be found, since nothing
of them is surely foreground. How much of them is there the mask itself says. A mask that selects
nothing whole was drawn softly, and says nothing so exact.
"""

from dataclasses import replace

import cv2
import numpy as np

from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.separation import Matte, Separation
from layerpeel.backend.stages.spread import spread_colours
from layerpeel.backend.stages.trimap import CERTAIN

# What a mask says with less than this joins nothing: the trail of a soft brush.
FAINTEST = 0.02


def faint_parts(mask: Float32) -> Float32:
    """Keep of a mask (H×W, 0–1) the parts of which nothing is selected whole, 0 elsewhere.

    A soft edge belongs to a part that is. Of a mask that selects nothing whole, nothing is kept.
    """
    if not (mask >= CERTAIN).any():
        return np.zeros_like(mask)
    selected = mask > FAINTEST
    count, labels = cv2.connectedComponents(selected.astype(np.uint8), connectivity=8)
    is_faint = np.ones(count, np.bool_)
    is_faint[np.unique(labels[mask >= CERTAIN])] = False
    return np.where(is_faint[labels] & selected, mask, np.float32(0))


def with_faint_parts(matte: Matte, faint: Float32, proxy: Float32) -> Matte:
    """Raise a matte's alpha to `faint` (H×W) in the parts of which it has found next to nothing.

    proxy: H×W×3, RGB, 0–1. Where alpha rises, colours that were found along with it hold no longer:
    the background becomes what lies round about, and the foreground follows from C = αF + (1−α)B.
    """
    rises = _missed(faint, matte.alpha) & (faint > matte.alpha)
    if not rises.any():
        return matte
    alpha = np.where(rises, faint, matte.alpha)
    if not isinstance(matte, Separation):
        return replace(matte, alpha=alpha)
    foreground, background = matte.foreground.copy(), matte.background.copy()
    share = alpha[rises][:, None]
    background[rises] = spread_colours(proxy, (alpha <= 0).astype(np.float32))[rises]
    missing = proxy[rises] - (1 - share) * background[rises]
    foreground[rises] = np.clip(missing / share, 0, 1)
    return Separation(alpha, foreground, background)


def _missed(faint: Float32, alpha: Float32) -> Bool:
    """Where parts lie of which the matte's alpha has, on average, not half of what they say."""
    count, labels = cv2.connectedComponents((faint > 0).astype(np.uint8), connectivity=8)
    said = np.bincount(labels.ravel(), faint.ravel(), count)
    found = np.bincount(labels.ravel(), np.minimum(alpha, faint).ravel(), count)
    is_missed = found < said / 2
    is_missed[0] = False
    return np.asarray(is_missed[labels], np.bool_)
