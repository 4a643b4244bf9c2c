"""How a person would point at a thing that is known: with a box, or click by click."""

import cv2
import numpy as np

from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.stages.crop import window_round
from layerpeel.shared.protocol import Box, Point

# Then a person gives up.
MOST_CLICKS = 8

_FAINT = 20 / 255


def box_round(truth: Float32) -> Box:
    """Draw a tight box round what is seen of an object (H×W, 0–1)."""
    window = window_round(truth > _FAINT, 0)
    return Box(window.left, window.top, window.right - window.left, window.bottom - window.top)


def simulated_click(alpha: Float32, truth: Float32) -> Point | None:
    """Click into the middle of the largest error of an alpha (H×W, 0–1): what lacks, or is over.

    Nothing lifted off yet, that is the middle of the thing. None where nothing is wrong.
    """
    lacking, over = (truth > 0.5) & (alpha <= 0.5), (alpha > 0.5) & (truth <= 0.5)
    (depth, x, y), (other_depth, other_x, other_y) = _middle(lacking), _middle(over)
    if depth == other_depth == 0:
        return None
    if depth >= other_depth:
        return Point(x, y, inside=True)
    return Point(other_x, other_y, inside=False)


def _middle(region: Bool) -> tuple[float, int, int]:
    """Distance from the edge, x and y of the pixel that lies deepest in a region."""
    framed = np.pad(region, 1).astype(np.uint8)
    depth = cv2.distanceTransform(framed, cv2.DIST_L2, 5)[1:-1, 1:-1]
    y, x = np.unravel_index(int(depth.argmax()), depth.shape)
    return float(depth[y, x]), int(x), int(y)
