"""Carrying known colours into where none are known."""

import cv2
import numpy as np

from layerpeel.backend.image import Float32

# With less than this much known beneath a pixel, coarser levels have the say.
_ENOUGH = 1e-3


def spread_colours(colours: Float32, weight: Float32) -> Float32:
    """Fill in the colours (H×W×C) of pixels whose weight (H×W, 0–1) is below 1 from those near by.

    Weighted means over ever larger surroundings, the smallest that knows anything counting most
    (pull and push; Gortler, Grzeszczuk, Szeliski and Cohen, "The Lumigraph", 1996, section 3.3.1).
    Where nothing is known at all it gives the mean of everything.
    """
    if not (weight > _ENOUGH).any():
        return np.broadcast_to(colours.mean(axis=(0, 1)), colours.shape).astype(np.float32)
    known = np.dstack([colours * weight[..., None], weight])  # premultiplied, weight last
    levels = [known]
    while max(known.shape[:2]) > 1:
        half = (-(-known.shape[1] // 2), -(-known.shape[0] // 2))
        known = np.asarray(cv2.resize(known, half, interpolation=cv2.INTER_AREA), np.float32)
        # A pixel with known ones beneath it is known, the more the more there are.
        levels.append(_made_surer(known))
    filled = _mean_of(levels[-1])
    for level in reversed(levels[:-1]):
        coarse = cv2.resize(
            filled, (level.shape[1], level.shape[0]), interpolation=cv2.INTER_LINEAR
        ).reshape(*level.shape[:2], -1)
        filled = np.asarray(level[..., :-1] + (1 - level[..., -1:]) * coarse, np.float32)
    return filled


def _made_surer(known: Float32) -> Float32:
    """Let the weight of four pixels be their sum, at most 1."""
    weight = known[..., -1:]
    factor = np.minimum(4 * weight, 1) / np.maximum(weight, 1e-12)
    return np.asarray(known * factor, np.float32)


def _mean_of(known: Float32) -> Float32:
    total = known.reshape(-1, known.shape[-1]).sum(axis=0)
    mean = total[:-1] / max(float(total[-1]), 1e-12)
    return np.broadcast_to(mean, (*known.shape[:2], len(mean))).astype(np.float32)
