"""The plain classical chain, with which every engine of ours is compared, and its variants.

It is what a person gets by joining the public libraries with their defaults: closed-form alpha
(Levin et al. 2008) and multi-level colours (Germer et al. 2020), both by pymatting, and PatchMatch
(Barnes et al. 2009, by pypatchmatch) for what the object hides.

All take an H×W×3 picture (RGB, 0–1), an H×W trimap (0, 0.5, 1) and a seed, and raise NoEdgeError
where closed-form matting has no solution.
"""

import contextlib
import io
from collections.abc import Callable

import cv2
import numpy as np
from patchmatch import inpaint, set_random_seed
from pymatting import estimate_alpha_cf, estimate_foreground_ml

from layerpeel.backend.errors import NoEdgeError
from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.separation import Separation

PATCH_RADIUS = 5

# Standard deviation of the blur, as a share of the picture's longer side: it leaves no texture.
BLUR = 1 / 16
FAR = np.float32(1e-6)

Fill = Callable[[Float32, Bool, int], Float32]
"""Fills a hole (H×W) of a background (H×W×3, 0–1), by a seed."""


def separate_classically(picture: Float32, trimap: Float32, seed: int = 0) -> Separation:
    """The chain: PatchMatch (radius 5) over α > 0.95 grown by 3 px."""
    return separate_by_alpha(picture, closed_form_alpha(picture, trimap), fill_by_patchmatch, seed)


def separate_without_fill(picture: Float32, trimap: Float32, seed: int = 0) -> Separation:
    """Closed-form alpha and multi-level colours only.

    What the paper calls “Germer et al.” takes ViTMatte's alpha instead (`by_vitmatte`).
    """
    return separate_by_alpha(picture, closed_form_alpha(picture, trimap), leave_unfilled, seed)


def separate_over_blur(picture: Float32, trimap: Float32, seed: int = 0) -> Separation:
    """The chain with a wide blur instead of PatchMatch, which mean error alone would reward."""
    return separate_by_alpha(picture, closed_form_alpha(picture, trimap), fill_by_blur, seed)


def closed_form_alpha(picture: Float32, trimap: Float32) -> Float32:
    """Estimate alpha, H×W, 0–1. Raises NoEdgeError where there is no solution."""
    colours, known = picture.astype(np.float64), trimap.astype(np.float64)
    try:
        # When a factorisation fails it prints ten lines and tries another; only the result counts.
        with contextlib.redirect_stdout(io.StringIO()):
            alpha = estimate_alpha_cf(colours, known)
    except ValueError as error:
        raise NoEdgeError(f"Closed-form matting has no solution here: {error}.") from error
    return np.asarray(np.clip(alpha, 0, 1), np.float32)


def separate_by_alpha(picture: Float32, alpha: Float32, fill: Fill, seed: int) -> Separation:
    """Estimate colours by multi-level, then fill the background where α > 0.95, grown by 3 px."""
    foreground, background = estimate_foreground_ml(picture, alpha, return_background=True)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))
    hole = cv2.dilate((alpha > 0.95).astype(np.uint8), kernel) > 0
    filled = fill(background, np.asarray(hole, np.bool_), seed)
    background = np.where(hole[..., None], filled, background)
    return Separation(alpha, foreground.astype(np.float32), background.astype(np.float32))


def fill_by_patchmatch(background: Float32, hole: Bool, seed: int) -> Float32:
    """Fill with patches of radius 5 from elsewhere in the picture; values are 8-bit steps."""
    set_random_seed(seed)
    eight_bit = np.floor(np.clip(background, 0, 1) * 255 + 0.5).astype(np.uint8)
    filled = inpaint(eight_bit, hole.astype(np.uint8), patch_size=PATCH_RADIUS)
    return np.asarray(filled, np.float32) / np.float32(255)


def fill_by_blur(background: Float32, hole: Bool, _seed: int) -> Float32:
    """Fill with a weighted mean of what lies around the hole."""
    known = (~hole).astype(np.float32)
    deviation = BLUR * max(hole.shape)
    weight = cv2.GaussianBlur(known, (0, 0), deviation)[..., None]
    mixed = cv2.GaussianBlur(background * known[..., None], (0, 0), deviation)
    # In the middle of a large hole nothing known is near: there it is the mean of everything.
    mean = background[~hole].mean(axis=0) if known.any() else background.mean(axis=(0, 1))
    return np.asarray((mixed + FAR * mean) / (weight + FAR), np.float32)


def leave_unfilled(background: Float32, _hole: Bool, _seed: int) -> Float32:
    """Keep what multi-level estimation carries into the hole."""
    return background
