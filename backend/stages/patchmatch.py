"""Filling a hole by PatchMatch.

Barnes, Shechtman, Finkelstein and Goldman, "PatchMatch", 2009, by pypatchmatch.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from patchmatch import inpaint, inpaint_regularity, set_random_seed

from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.progress import ReportFraction, say_no_fraction
from layerpeel.backend.stages.crop import Window, resized, shrink_factor, window_round
from layerpeel.backend.stages.detail_from_pieces import with_full_detail
from layerpeel.backend.stages.told_by_height import height_guide, strength_of_height

# 7×7 pixels: as good a texture as that of 11×11, in half the time (docs/decisions.md).
PATCH_RADIUS = 3

# How far round the hole fitting pieces are looked for, as a share of the hole's longer side.
CONTEXT = 0.6
LEAST_CONTEXT = 96

# A hole of more pixels is filled smaller, and gets its detail afterwards: in half the time, at
# nearly the same texture (docs/decisions.md).
MOST_HOLE_PIXELS = 50_000

# Of the time, until a hole that is filled smaller is filled.
WITHOUT_DETAIL = 0.4

# To be guided by height takes longer for each pixel, so a hole that is guided has fewer.
GUIDED_SHARE = 0.5

UInt8 = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Pieces:
    """What pieces are compared by.

    radius: theirs, in pixels. by_height: whether height counts where it tells (`told_by_height`).
    """

    radius: int = PATCH_RADIUS
    by_height: bool = True


USUAL_PIECES = Pieces()


def fill_hole(
    proxy: Float32,
    hole: Bool,
    usable: Bool,
    seed: int,
    pieces: Pieces = USUAL_PIECES,
    report: ReportFraction = say_no_fraction,
) -> Float32:
    """Fill `hole` (H×W) in H×W×3 (RGB, 0–1) with what fits from `usable` pixels.

    Where height tells what is to be seen (`told_by_height`), pieces come from about the same one.
    A hole of up to `MOST_HOLE_PIXELS` gets 8-bit steps, a larger one the picture's own.
    usable: H×W, where pieces may come from; the hole itself never counts.
    pieces: what they are compared by; they are of the usual size where none so large is whole.
    Where there is next to nothing to take from, the pixels stay as they are.
    """
    filled = proxy.copy()
    if not hole.any():
        return filled
    window = _window_with_pieces(hole, usable)
    picture, inside = proxy[window.slices], hole[window.slices]
    barred = ~usable[window.slices] & ~inside
    strength = strength_of_height(picture, ~inside & ~barred) if pieces.by_height else 0.0
    most = MOST_HOLE_PIXELS * (GUIDED_SHARE if strength > 0 else 1)
    factor = shrink_factor(int(np.count_nonzero(inside)), most)
    shape = (max(1, round(picture.shape[0] * factor)), max(1, round(picture.shape[1] * factor)))
    small_hole = resized(inside.astype(np.float32), shape) > 0
    small_barred = (resized(barred.astype(np.float32), shape) > 0) & ~small_hole
    sources = ~small_hole & ~small_barred
    if not has_whole_patch(sources):
        return filled
    radius = pieces.radius if has_whole_patch(sources, radius=pieces.radius) else PATCH_RADIUS
    eight_bit = np.floor(np.clip(resized(picture, shape), 0, 1) * 255 + 0.5).astype(np.uint8)
    small_result = _inpainted(eight_bit, small_hole, small_barred, radius, strength, seed)
    report(WITHOUT_DETAIL)
    small = small_result.astype(np.float32) / np.float32(255)
    full = np.clip(resized(small, picture.shape[:2], cv2.INTER_CUBIC), 0, 1)
    if factor < 1:
        full = with_full_detail(full, picture, inside, barred, small, small_hole | small_barred)
    filled[window.slices][inside] = full[inside]
    return filled


def _inpainted(
    picture: UInt8, hole: Bool, barred: Bool, radius: int, strength: float, seed: int
) -> UInt8:
    """Fill by PatchMatch, guided by height as strongly as given."""
    set_random_seed(seed)
    global_mask = barred if barred.any() else None
    if strength == 0:
        return inpaint(picture, hole, global_mask=global_mask, patch_size=radius)
    return inpaint_regularity(
        picture,
        hole,
        height_guide(hole.shape),
        global_mask=global_mask,
        patch_size=radius,
        guide_weight=strength,
    )


def has_whole_patch(usable: Bool, shrink: float = 1.0, radius: int = PATCH_RADIUS) -> bool:
    """Whether one patch at least fits into what may be taken from, H×W, also when it is shrunk."""
    depth = cv2.distanceTransform(usable.astype(np.uint8), cv2.DIST_C, 3)
    return bool(depth.max() > np.ceil(radius / shrink))


def _window_with_pieces(hole: Bool, usable: Bool) -> Window:
    """The hole and what lies round it; wider where nothing there may be taken."""
    longer = max(np.ptp(np.flatnonzero(hole.any(axis=axis))) for axis in (0, 1))
    margin = max(LEAST_CONTEXT, int(CONTEXT * longer))
    factor = shrink_factor(int(np.count_nonzero(hole)), MOST_HOLE_PIXELS * GUIDED_SHARE)
    while True:
        window = window_round(hole, margin)
        pieces = (usable & ~hole)[window.slices]
        if window.pixels == hole.size or has_whole_patch(pieces, factor):
            return window
        margin *= 2
