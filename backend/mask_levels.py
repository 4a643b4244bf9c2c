"""The 256 values of alpha that a transparency mask can give to an opaque layer.

Krita's masks have 8 bits at every depth of the document. A mask's value m shows an opaque layer
with the alpha m/255, in the document's own depth.
"""

import numpy as np

from layerpeel.backend.image import (
    DTYPE_OF_DEPTH,
    FULL_SCALE,
    Bool,
    DocumentArray,
    Float32,
    array_of,
    from_float,
)
from layerpeel.shared.protocol import Depth, Layer

MOST = 255


def level_of(alpha: DocumentArray, depth: Depth) -> DocumentArray:
    """Return the mask's value (uint8) nearest to an alpha of the document's type."""
    scaled = alpha.astype(np.float64) * (MOST / FULL_SCALE[depth])
    return np.floor(scaled + 0.5).astype(np.uint8)


def is_level(alpha: DocumentArray, depth: Depth) -> Bool:
    """Whether a mask can give exactly this alpha."""
    exact: Bool = _alpha_of_level(level_of(alpha, depth), depth) == alpha
    return exact


def raised_to_levels(alpha: DocumentArray, most: DocumentArray, depth: Depth) -> DocumentArray:
    """Raise alpha to the next value that a mask can give, but not above `most`; else lower it."""
    nearest = level_of(alpha, depth)
    too_low = _alpha_of_level(nearest, depth) < alpha
    level = nearest + too_low.astype(np.uint8)
    too_high = _alpha_of_level(level, depth) > most
    return _alpha_of_level(level - too_high.astype(np.uint8), depth)


def seen_pixels(layer: Layer) -> DocumentArray:
    """Return a layer as it is seen, H×W×channels: under its mask, where it has one."""
    pixels = array_of(layer.pixels)
    if layer.mask is None:
        return pixels
    level = np.frombuffer(layer.mask.data, np.uint8).reshape(pixels.shape[:2])
    return np.dstack([pixels[..., :-1], _alpha_of_level(level, layer.pixels.depth)])


def _alpha_of_level(level: DocumentArray, depth: Depth) -> DocumentArray:
    share: Float32 = level.astype(np.float32) / np.float32(MOST)
    return from_float(share, depth).astype(DTYPE_OF_DEPTH[depth])
