"""Whether what was found at a click stands out from what lies round it.

Asked for a thing, the pointing network always finds one. In a picture of one colour, or of one
texture all over, that is all of the picture but a rim.
"""

import cv2
import numpy as np

from layerpeel.backend.image import Float32, Image

# What covers more of a picture is no thing in it (docs/decisions.md).
WHOLE = 0.98

# An edge is seen where colours differ by two steps of 8 bits, on some of the outline.
LEAST_CONTRAST = 2 / 255
LEAST_EDGE = 0.05

# How far apart they may lie: a few pixels, further in a large picture, whose edges are softer.
_SIDE_PER_PIXEL = 400


def stands_out(image: Image, found: Float32) -> bool:
    """Say whether a thing (H×W, 0–1) leaves some of the picture and has an edge somewhere."""
    inside = found >= 0.5
    if np.count_nonzero(inside) > WHOLE * inside.size:
        return False
    # The picture's own border is no edge.
    shrunk = cv2.erode(inside.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    contrast = _contrast(image)[inside & ~shrunk]
    # Float pictures that came by steps of 8 bits are off by a little.
    return bool((contrast > LEAST_CONTRAST - 1e-4).mean() >= LEAST_EDGE) if contrast.size else False


def _contrast(image: Image) -> Float32:
    """How far colours, or the transparency, differ round each pixel (H×W, 0–1)."""
    shown = np.dstack([image.proxy * image.alpha[..., None], image.alpha])
    side = 2 * round(max(image.shape) / _SIDE_PER_PIXEL) + 3
    around = np.ones((side, side), np.uint8)
    spread: Float32 = (cv2.dilate(shown, around) - cv2.erode(shown, around)).max(axis=-1)
    return spread
