"""Whether what was found at a click stands out from what lies round it.

Asked for a thing, the pointing network always finds one. In a picture of one colour, or of one
texture all over, that is all of the picture but a rim.
"""

import itertools

import cv2
import numpy as np
import numpy.typing as npt

from layerpeel.backend.image import Float32, Image

# What covers more of a picture is no thing in it (docs/decisions.md).
WHOLE = 0.96

# An edge is seen where colours differ by two steps of 8 bits, on some of the outline.
LEAST_CONTRAST = 2 / 255
LEAST_EDGE = 0.05
# So many places on the outline, evenly along it, are enough to tell.
MOST_PLACES = 1000

# How far apart they may lie: a few pixels, further in a large picture, whose edges are softer.
_SIDE_PER_PIXEL = 400

Places = npt.NDArray[np.intp]


def stands_out(image: Image, found: Float32) -> bool:
    """Say whether a thing (H×W, 0–1) leaves some of the picture and has an edge somewhere."""
    inside = found >= 0.5
    if np.count_nonzero(inside) > WHOLE * inside.size:
        return False
    # The picture's own border is no edge.
    shrunk = cv2.erode(inside.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    rows, columns = np.nonzero(inside & ~shrunk)
    if not rows.size:
        return False
    step = 1 + rows.size // MOST_PLACES
    contrast = _contrast(image, rows[::step], columns[::step])
    # Float pictures that came by steps of 8 bits are off by a little.
    return bool((contrast > LEAST_CONTRAST - 1e-4).mean() >= LEAST_EDGE)


def _contrast(image: Image, rows: Places, columns: Places) -> Float32:
    """How far colours, or the transparency, differ round each of some pixels (0–1)."""
    reach = 1 + round(max(image.shape) / _SIDE_PER_PIXEL)
    height, width = image.shape
    around = range(-reach, reach + 1)
    darkest = np.full((len(rows), 4), np.inf, np.float32)
    lightest = -darkest
    for down, right in itertools.product(around, around):
        row, column = np.clip(rows + down, 0, height - 1), np.clip(columns + right, 0, width - 1)
        alpha = image.alpha[row, column, None]
        shown = np.concatenate([image.proxy[row, column] * alpha, alpha], axis=1)
        darkest, lightest = np.minimum(darkest, shown), np.maximum(lightest, shown)
    spread: Float32 = (lightest - darkest).max(axis=1)
    return spread
