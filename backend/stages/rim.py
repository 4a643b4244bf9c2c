"""Making a fill meet its surroundings: the same level on both sides of the hole's rim.

PatchMatch copies pieces as they are, so that a smooth sky gets a step where the hole was. On a ring
inside the hole the true background is known; the difference found there is spread into the hole,
coarse to fine, and fades out where the ring is too far away to say anything.
"""

import cv2
import numpy as np

from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.stages.crop import window_round

# Gaussians by which the difference is spread, in pixels. Finer ones would carry the ring's own
# texture, or a leftover outline, into the fill.
SCALES = (24, 12, 6, 3)

# A Gaussian that meets less of the ring than this counts for less.
ENOUGH = 0.02

# Differences beyond this share of full scale are not of level: there the fill shows another thing
# than the picture does, or the ring still holds some of the object.
MOST = 0.1


def meet_surroundings(filled: Float32, values: Float32, ring: Bool, hole: Bool) -> Float32:
    """Level a fill (H×W×C) inside `hole` (H×W) to the picture where both are known: on `ring`.

    values: H×W×C, the picture; on the ring it is the background itself.
    """
    if not ring.any():
        return filled
    window = window_round(hole, 3 * SCALES[0]).slices
    seen, near = values[window], filled[window]
    most = MOST * max(1.0, float(seen.max() - seen.min()))
    alike = (np.abs(seen - near) <= most).all(axis=-1)
    known = (ring[window] & alike).astype(np.float32)
    step = (seen - near) * known[..., None]
    spread = np.zeros_like(near)
    for scale in SCALES:
        weight = _blurred(known, scale)
        mean = _blurred(step, scale).reshape(near.shape) / np.maximum(weight, 1e-6)[..., None]
        trust = np.clip(weight / ENOUGH, 0, 1)[..., None]
        spread = trust * mean + (1 - trust) * spread
    levelled = filled.copy()
    inside = hole[window]
    # A level may be moved, but not beyond what picture and fill hold.
    lowest, highest = min(seen.min(), near.min()), max(seen.max(), near.max())
    moved = np.clip(near + spread, lowest, highest)
    levelled[window][inside] = moved[inside]
    return levelled


def _blurred(plane: Float32, scale: float) -> Float32:
    blurred = cv2.GaussianBlur(plane, (0, 0), scale, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(blurred, np.float32)
