"""The outline of a mask, as rings to draw."""

import cv2
import numpy as np

from layerpeel.backend.image import Bool
from layerpeel.backend.stages.crop import window_round
from layerpeel.shared.pointing import Outlined, Ring

# A line may leave out half a pixel of a view that is so many pixels long, and one of the picture:
# else each step of a slanting edge would be in it.
VIEW_SIDE = 1024

# Each pixel is drawn as so many by so many, so that what is one pixel wide has an outline, too.
_FINER = 2


def outline_of(mask: Bool) -> Outlined:
    """Outline what a mask (H×W) covers, in pixels of the picture; holes are rings, too.

    The lines run a quarter of a pixel within the mask's edge.
    """
    if not mask.any():
        return Outlined(())
    window = window_round(mask, 0)
    part = mask[window.slices].astype(np.uint8)
    finer = cv2.resize(part, None, fx=_FINER, fy=_FINER, interpolation=cv2.INTER_NEAREST)
    contours, _ = cv2.findContours(finer, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    tolerance = max(1.0, max(mask.shape) / VIEW_SIDE / 2)
    corner = np.array([window.left, window.top])
    rings = []
    for contour in contours:
        simple = cv2.approxPolyDP(contour, tolerance * _FINER, closed=True)
        # Of what is smaller than the tolerance only a line would be left.
        line = simple if len(simple) > 2 else contour
        rings.append(_ring((line[:, 0] + 0.5) / _FINER + corner))
    return Outlined(tuple(rings))


def _ring(line: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> Ring:
    return tuple((float(x), float(y)) for x, y in line)
