"""Which thing was lifted off, and whether it was decided upon: figures of alpha alone."""

import cv2
import numpy as np

from layerpeel.backend.image import Float32

# Of alpha: below the first it is as good as nothing, above the second as good as solid.
_NOTHING, _SOLID = 0.02, 0.98
_HALF = (0.15, 0.85)


def thing_figures(alpha: Float32, truth: Float32) -> dict[str, float]:
    """Compare alphas (H×W, 0–1): `iou`, `alpha_mad` × 1000, and `undecided` per mille."""
    return {
        "iou": overlap(alpha, truth),
        "alpha_mad": float(np.abs(alpha - truth).mean(dtype=np.float64) * 1000),
        "undecided": undecided(alpha, truth),
    }


def overlap(alpha: Float32, truth: Float32) -> float:
    """Intersection over union of what is more than half there, 0–1; of nothing and nothing, 1."""
    found, true = alpha > 0.5, truth > 0.5
    either = int(np.count_nonzero(found | true))
    return int(np.count_nonzero(found & true)) / either if either else 1.0


def undecided(alpha: Float32, truth: Float32) -> float:
    """Share of the frame, per mille, that is half there where the truth is solid or nothing.

    After an opening with 5×5 pixels: edges do not count, fog does.
    """
    sure = (truth < _NOTHING) | (truth > _SOLID)
    half = sure & (alpha > _HALF[0]) & (alpha < _HALF[1])
    opened = cv2.morphologyEx(half.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    return 1000 * float(opened.mean())
