"""Filling a hole by PatchMatch.

Barnes, Shechtman, Finkelstein and Goldman, "PatchMatch", 2009, by pypatchmatch.
"""

import cv2
import numpy as np
from patchmatch import inpaint, set_random_seed

from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.stages.crop import Window, resized, shrink_factor, window_round
from layerpeel.backend.stages.detail_from_pieces import with_full_detail

# 7×7 pixels: as good a texture as that of 11×11, in half the time (docs/decisions.md).
PATCH_RADIUS = 3

# How far round the hole fitting pieces are looked for, as a share of the hole's longer side.
CONTEXT = 0.6
LEAST_CONTEXT = 96

# A hole of more pixels is filled smaller, and gets its detail afterwards: in half the time, at
# nearly the same texture (docs/decisions.md).
MOST_HOLE_PIXELS = 50_000


def fill_hole(proxy: Float32, hole: Bool, usable: Bool, seed: int) -> Float32:
    """Fill `hole` (H×W) in H×W×3 (RGB, 0–1) with what fits from `usable` pixels.

    A hole of up to `MOST_HOLE_PIXELS` gets 8-bit steps, a larger one the picture's own.
    usable: H×W, where pieces may come from; the hole itself never counts.
    Where there is next to nothing to take from, the pixels stay as they are.
    """
    filled = proxy.copy()
    if not hole.any():
        return filled
    window = _window_with_pieces(hole, usable)
    picture, inside = proxy[window.slices], hole[window.slices]
    barred = ~usable[window.slices] & ~inside
    factor = shrink_factor(int(np.count_nonzero(inside)), MOST_HOLE_PIXELS)
    shape = (max(1, round(picture.shape[0] * factor)), max(1, round(picture.shape[1] * factor)))
    small_hole = resized(inside.astype(np.float32), shape) > 0
    small_barred = (resized(barred.astype(np.float32), shape) > 0) & ~small_hole
    if not has_whole_patch(~small_hole & ~small_barred):
        return filled
    eight_bit = np.floor(np.clip(resized(picture, shape), 0, 1) * 255 + 0.5).astype(np.uint8)
    set_random_seed(seed)
    result = inpaint(
        eight_bit,
        small_hole,
        global_mask=small_barred if small_barred.any() else None,
        patch_size=PATCH_RADIUS,
    )
    small = result.astype(np.float32) / np.float32(255)
    full = np.clip(resized(small, picture.shape[:2], cv2.INTER_CUBIC), 0, 1)
    if factor < 1:
        full = with_full_detail(full, picture, inside, barred, small, small_hole | small_barred)
    filled[window.slices][inside] = full[inside]
    return filled


def has_whole_patch(usable: Bool, shrink: float = 1.0) -> bool:
    """Whether one patch at least fits into what may be taken from, H×W, also when it is shrunk."""
    depth = cv2.distanceTransform(usable.astype(np.uint8), cv2.DIST_C, 3)
    return bool(depth.max() > np.ceil(PATCH_RADIUS / shrink))


def _window_with_pieces(hole: Bool, usable: Bool) -> Window:
    """The hole and what lies round it; wider where nothing there may be taken."""
    longer = max(np.ptp(np.flatnonzero(hole.any(axis=axis))) for axis in (0, 1))
    margin = max(LEAST_CONTEXT, int(CONTEXT * longer))
    factor = shrink_factor(int(np.count_nonzero(hole)), MOST_HOLE_PIXELS)
    while True:
        window = window_round(hole, margin)
        pieces = (usable & ~hole)[window.slices]
        if window.pixels == hole.size or has_whole_patch(pieces, factor):
            return window
        margin *= 2
