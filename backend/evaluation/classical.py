"""The plain classical chain, beside which every engine of ours is measured.

Closed-form alpha, multi-level foreground, and PatchMatch (radius 5) over α > 0.95 grown by 3 px:
what a person gets by joining the public libraries with their defaults.
"""

import cv2
import numpy as np
from patchmatch import inpaint, set_random_seed
from pymatting import estimate_alpha_cf, estimate_foreground_ml

from layerpeel.backend.evaluation.metrics import Separation
from layerpeel.backend.image import Float32


def separate_classically(picture: Float32, trimap: Float32, seed: int = 0) -> Separation:
    """Separate an H×W×3 picture (RGB, 0–1) by an H×W trimap (0, 0.5, 1)."""
    alpha = estimate_alpha_cf(picture.astype(np.float64), trimap.astype(np.float64))
    alpha = np.clip(alpha, 0, 1).astype(np.float32)
    foreground, background = estimate_foreground_ml(picture, alpha, return_background=True)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))
    hole = cv2.dilate((alpha > 0.95).astype(np.uint8), kernel)
    set_random_seed(seed)
    eight_bit = np.floor(np.clip(background, 0, 1) * 255 + 0.5).astype(np.uint8)
    filled = inpaint(eight_bit, hole, patch_size=5).astype(np.float32) / 255
    background = np.where(hole[..., None] > 0, filled, background)
    return Separation(alpha, foreground.astype(np.float32), background.astype(np.float32))
