"""Where a foreground lies and how much of the frame it covers: as in the paper's Table 2, 0–100.

The paper says "pixels occupied", "largest dimension" and "central positions of the foreground
objects along each axis". Here a pixel is occupied where α > 0.5, and dimension and centre are those
of the box round all of them.
"""

import numpy as np

from layerpeel.backend.image import Float32

OCCUPIED = 0.5
NAMES = ("occupancy", "span", "centre_x", "centre_y")


def placement_of(alpha: Float32) -> dict[str, float]:
    """Measure an H×W alpha (0–1). Where no pixel is occupied, all but the occupancy (0) is NaN.

    occupancy: share of the frame, percent. span: the larger of the box's height and width, each as
    percent of its own axis. centre_x, centre_y: of the box, from left and from top, percent.
    """
    occupied = alpha > OCCUPIED
    if not occupied.any():
        return {"occupancy": 0.0, **dict.fromkeys(NAMES[1:], float("nan"))}
    ranges = [np.flatnonzero(occupied.any(axis=axis)) for axis in (0, 1)]
    (left, right), (top, bottom) = ((float(r[0]), float(r[-1]) + 1) for r in ranges)
    height, width = alpha.shape
    return {
        "occupancy": float(occupied.mean() * 100),
        "span": max((bottom - top) / height, (right - left) / width) * 100,
        "centre_x": (left + right) / 2 / width * 100,
        "centre_y": (top + bottom) / 2 / height * 100,
    }
