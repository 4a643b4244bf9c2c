"""A document's pixels for a screen: scaled down, sRGB, 8 bits."""

import cv2
import numpy as np
import numpy.typing as npt

from layerpeel.backend.colour import proxy_of
from layerpeel.backend.image import DEPTH_OF_DTYPE, DocumentArray, Float32, to_float


def shown(array: DocumentArray, icc_profile: bytes, longest_side: int) -> npt.NDArray[np.uint8]:
    """Scale H×W×2 or H×W×4 of any depth down to `longest_side`, never up.

    Returns H×W×4, uint8, sRGB and straight alpha.

    Raises BadInputError when the profile cannot be used.
    """
    depth = DEPTH_OF_DTYPE[array.dtype.newbyteorder("<")]
    small = scaled_down(to_float(array), longest_side)
    colour = proxy_of(np.ascontiguousarray(small[..., :-1]), depth, icc_profile)
    pixels = np.dstack([colour, np.clip(small[..., -1], 0, 1)])
    return np.floor(pixels * 255 + 0.5).astype(np.uint8)


def scaled_down(pixels: Float32, longest_side: int) -> Float32:
    """Average H×W×C (straight alpha last) down to `longest_side`; smaller ones are unchanged."""
    height, width = pixels.shape[:2]
    scale = longest_side / max(height, width)
    if scale >= 1:
        return pixels
    size = max(1, round(width * scale)), max(1, round(height * scale))
    alpha = pixels[..., -1:]
    premultiplied = np.concatenate([pixels[..., :-1] * alpha, alpha], axis=-1)
    small = cv2.resize(premultiplied, size, interpolation=cv2.INTER_AREA)
    small_alpha = small[..., -1:]
    colour = np.divide(
        small[..., :-1], small_alpha, out=np.zeros_like(small[..., :-1]), where=small_alpha > 0
    )
    return np.concatenate([colour, small_alpha], axis=-1)
