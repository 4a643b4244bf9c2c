"""Foreground and background from picture and alpha, without a network.

Colours by multi-level estimation where both layers show, PatchMatch where the object hides what is
behind it, one blending into the other as alpha rises. What is left of the object's colour just
outside its edge is found by comparing with the clean surroundings, and goes too.
"""

from collections.abc import Callable

import cv2
import numpy as np

from layerpeel.backend.image import Bool, Float32, Image
from layerpeel.backend.lossless import Estimates
from layerpeel.backend.stages.crop import disc, grown, window_round
from layerpeel.backend.stages.multilevel_colours import estimate_colours
from layerpeel.backend.stages.rim import meet_surroundings

FillHole = Callable[[Float32, Bool], Float32]
"""Fills a hole (H×W) in H×W×C of the document's values; elsewhere it changes nothing."""

# From this alpha on the fill starts to replace the estimated background, and here it has done so:
# what is estimated behind half an object is little more than the object's own colour.
FILL_FROM, FILL_ALONE = 0.02, 0.5

# How far round every trace of the object the background is in doubt: in pixels, and as a share of
# the picture's side (blur and JPEG reach further in larger pictures).
LEAST_DOUBT, DOUBT = 3.0, 0.003

# In doubt, the background must look like clean surroundings within this many pixels, give or take
# this much of full scale.
SURROUNDINGS = 16
TOLERANCE = 0.02


def separate_classically(
    image: Image, alpha: Float32, trimap: Float32, fill_hole: FillHole
) -> Estimates:
    """Estimate both layers of H×W pixels by their alpha (0–1) and trimap (0, 0.5, 1)."""
    touched = alpha > 0
    doubt = max(LEAST_DOUBT, DOUBT * float(np.sqrt(alpha.size)))
    # What the trimap calls sure background is the background.
    in_doubt = grown(touched, doubt) & (trimap < 1)
    band = (trimap > 0) & (trimap < 1)
    foreground, estimated = estimate_colours(image.values, alpha, in_doubt | band)
    hole = in_doubt | touched
    filled = fill_hole(image.values, hole)
    filled = meet_surroundings(filled, image.values, in_doubt & ~touched & (image.alpha >= 1), hole)

    weight = _smooth_step(alpha, FILL_FROM, FILL_ALONE)[..., None]
    background = weight * filled + (1 - weight) * estimated
    background[~touched] = image.values[~touched]
    _keep_to_surroundings(background, image.values, in_doubt, ~grown(touched, doubt))
    covered = alpha >= 1
    return Estimates(alpha, foreground, background, in_doubt & ~covered)


def _smooth_step(value: Float32, low: float, high: float) -> Float32:
    share = np.clip((value - low) / (high - low), 0, 1)
    smooth: Float32 = share * share * (3 - 2 * share)
    return smooth


def _keep_to_surroundings(
    background: Float32, values: Float32, in_doubt: Bool, clean: Bool
) -> None:
    """Clip the doubtful background to the range of clean colours near by, channel by channel.

    A mast's outline or a strand that alpha has missed is no colour of the surroundings; clipped
    here, it becomes part of the object in the lossless step, which raises alpha where it must.
    """
    if not in_doubt.any():
        return
    window = window_round(in_doubt, SURROUNDINGS).slices
    near, known = values[window], clean[window][..., None]
    neighbourhood = disc(SURROUNDINGS)
    beyond = np.float32(np.finfo(np.float32).max / 2)
    lowest = cv2.erode(np.where(known, near, beyond), neighbourhood).reshape(near.shape)
    highest = cv2.dilate(np.where(known, near, -beyond), neighbourhood).reshape(near.shape)
    extent = np.float32(TOLERANCE * max(1.0, float(near.max() - near.min())))
    clipped = np.clip(background[window], lowest - extent, highest + extent)
    # Deep inside the object there are no surroundings, and nothing to keep to.
    chosen = in_doubt[window] & (lowest <= highest).all(axis=-1)
    background[window][chosen] = clipped[chosen]
