"""How far height tells what is seen in a picture: sky above, land below, a horizon between.

In such a picture a piece from about the same height fits best into a hole, although one from
further up or down may go on better with what lies at the hole's edge: sky then flows over land.
"""

import numpy as np

from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.stages.crop import resized, shrink_factor

# Rows are compared in a picture of so many pixels to the longer side: what lies where is of
# interest, and not its detail.
SIDE = 48

# A row tells of a pixel by at least so many others.
LEAST_OTHERS = 3

# From the first share on height guides, from the second on fully; in between the less, the less
# it tells: a slope is not to become a step (docs/decisions.md).
GUIDES_FROM, GUIDES_FULLY = 0.55, 0.92

# How far rows near each other (a 24th of the picture) must differ somewhere, as a distance of their
# mean colours (RGB, 0–1), before height guides, and before it does so fully: within an even sky it
# would only paint bands (docs/decisions.md).
STEP_FROM, STEP_FULLY = 0.1, 0.2

# How much a difference of height counts against one of colours at most: both are shares of the
# largest there can be.
STRENGTH = 0.03


def strength_of_height(picture: Float32, known: Bool) -> float:
    """How much pieces are to be kept to their height, from 0 to `STRENGTH`: as far as it tells.

    picture, known: as for `share_told_by_height`.
    """
    share, step = share_told_by_height(picture, known), _largest_step(picture, known)
    sure = np.clip((share - GUIDES_FROM) / (GUIDES_FULLY - GUIDES_FROM), 0, 1)
    parted = np.clip((step - STEP_FROM) / (STEP_FULLY - STEP_FROM), 0, 1)
    return float(STRENGTH * sure * parted)


def height_guide(shape: tuple[int, int]) -> Float32:
    """Coordinates (H×W×3) by which pypatchmatch's `inpaint_regularity` compares heights alone.

    They go round in a circle of length 1, on which 0 and 0.5 are furthest apart.
    """
    height, width = shape
    guide = np.zeros((height, width, 3), np.float32)
    guide[..., 0] = (np.arange(height, dtype=np.float32) / (2 * max(shape)))[:, None]
    return guide


def share_told_by_height(picture: Float32, known: Bool) -> float:
    """Share (at most 1) of the variance of the known colours that the others of a row explain.

    picture: H×W×C, 0–1. known: H×W. Each pixel is told by the mean of all others in its row; below
    0 they say less than the mean of the picture does.
    """
    colours, weight = _seen_small(picture, known)
    in_row = weight.sum(axis=1, keepdims=True)
    others = in_row - weight
    told = ((colours * weight).sum(axis=1, keepdims=True) - colours * weight) / np.maximum(
        others, np.float32(1e-6)
    )
    judged = (weight > 0) & (others > LEAST_OTHERS)
    if not judged.any():
        return 0.0
    weight = np.where(judged, weight, np.float32(0))
    mean = (colours * weight).sum(axis=(0, 1)) / weight.sum()
    spread = float((weight * (colours - mean) ** 2).sum())
    return 1 - float((weight * (colours - told) ** 2).sum()) / spread if spread > 0 else 0.0


def _largest_step(picture: Float32, known: Bool) -> float:
    """The largest distance between the mean known colours of rows near each other."""
    colours, weight = _seen_small(picture, known)
    in_row = weight.sum(axis=1)  # rows×1
    told = (in_row > LEAST_OTHERS)[:, 0]
    rows = (colours * weight).sum(axis=1)[told] / in_row[told]
    steps = np.linalg.norm(rows[2:] - rows[:-2], axis=-1)
    return float(steps.max()) if steps.size else 0.0


def _seen_small(picture: Float32, known: Bool) -> tuple[Float32, Float32]:
    """The known colours of a picture (h×w×C) and how far each is known (h×w×1), 0 below a half."""
    longer = max(picture.shape[:2])
    factor = shrink_factor(longer * longer, SIDE * SIDE)
    shape = (max(1, round(picture.shape[0] * factor)), max(1, round(picture.shape[1] * factor)))
    weight = resized(known.astype(np.float32), shape)
    seen = resized(picture * known[..., None].astype(np.float32), shape)
    weight = np.where(weight > 0.5, weight, np.float32(0))[..., None]
    colours = np.where(weight > 0, seen / np.maximum(weight, np.float32(1e-6)), np.float32(0))
    return colours, weight
