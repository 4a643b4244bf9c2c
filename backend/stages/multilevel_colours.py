"""Colours of foreground and background by multi-level estimation.

Germer, Uelwer, Conrad and Harmeling, "Fast Multi-Level Foreground Estimation", 2020, by pymatting.
"""

import numpy as np
from pymatting import estimate_foreground_ml

from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.stages.crop import window_round

# Colours are carried into the band from both sides of it.
MARGIN = 32


def estimate_colours(values: Float32, alpha: Float32, wanted: Bool) -> tuple[Float32, Float32]:
    """Estimate F and B (H×W×C, in the range of the values) where `wanted` (H×W) is set.

    values: H×W×C, the document's own, of any range. alpha: H×W, 0–1.
    Elsewhere both are the values themselves, as in a picture of one pixel.
    """
    foreground, background = values.copy(), values.copy()
    # The estimator halves its pictures down to one pixel, and knows none that begin there.
    if not wanted.any() or wanted.size == 1:
        return foreground, background
    window = window_round(wanted, MARGIN)
    inside = values[window.slices]
    # The estimator clips to 0–1, so it is given the picture's own range as 0–1.
    lowest, highest = float(inside.min()), float(inside.max())
    extent = max(highest - lowest, 1e-6)
    scaled = np.ascontiguousarray((inside - lowest) / extent)
    estimates = estimate_foreground_ml(scaled, alpha[window.slices], return_background=True)
    where = wanted[window.slices]
    for layer, estimate in zip((foreground, background), estimates, strict=True):
        layer[window.slices][where] = estimate[where] * extent + lowest
    return foreground, background
