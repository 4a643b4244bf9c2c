"""What a stack looks like when it is flattened, in the very arithmetic of Krita.

Krita 5.1.5 blends an 8-bit layer in mode Normal over an opaque one as
``round_half_up((α·F + (255−α)·B) / 255)``, and rounds after each layer. Over a partly transparent
layer its alpha is the rounded union ``α₂ + α₁(1−α₂)``, its colour differs from the rounded mixture
by one step in a few pixels (docs/decisions.md).
"""

import numpy as np
import numpy.typing as npt

from layerpeel.backend.image import DEPTH_OF_DTYPE, FULL_SCALE, DocumentArray, array_of
from layerpeel.backend.mask_levels import seen_pixels
from layerpeel.shared.protocol import LayerStack


def union_of_alpha(
    over: npt.NDArray[np.int64], under: npt.NDArray[np.int64], full: int
) -> npt.NDArray[np.int64]:
    """Alpha of a layer over another, integers in 0–full: α₁ + α₂ − round(α₁·α₂ / full)."""
    return over + under - (2 * over * under + full) // (2 * full)


def blend_over(over: DocumentArray, under: DocumentArray) -> DocumentArray:
    """Flatten two layers of equal size and type, H×W×C with straight alpha last."""
    depth = DEPTH_OF_DTYPE[over.dtype.newbyteorder("<")]
    if depth.is_float:
        return _blend_floats(over, under)
    return _blend_integers(over, under, int(FULL_SCALE[depth]))


def _blend_integers(over: DocumentArray, under: DocumentArray, full: int) -> DocumentArray:
    over_colour, over_alpha = over[..., :-1].astype(np.int64), over[..., -1:].astype(np.int64)
    under_colour, under_alpha = under[..., :-1].astype(np.int64), under[..., -1:].astype(np.int64)
    alpha = union_of_alpha(over_alpha, under_alpha, full)
    # Over an opaque layer both weights are exact integers and their sum is full².
    over_weight = over_alpha * full
    under_weight = under_alpha * (full - over_alpha)
    total = np.maximum(over_weight + under_weight, 1)
    mixed = over_weight * over_colour + under_weight * under_colour
    colour = (2 * mixed + total) // (2 * total)
    colour = np.where(alpha == 0, 0, colour)
    return np.concatenate([colour, alpha], axis=-1).astype(over.dtype)


def _blend_floats(over: DocumentArray, under: DocumentArray) -> DocumentArray:
    over_colour, over_alpha = over[..., :-1].astype(np.float64), over[..., -1:].astype(np.float64)
    under_colour = under[..., :-1].astype(np.float64)
    under_weight = under[..., -1:].astype(np.float64) * (1 - over_alpha)
    alpha = over_alpha + under_weight
    mixed = over_alpha * over_colour + under_weight * under_colour
    colour = np.divide(mixed, alpha, out=np.zeros_like(mixed), where=alpha > 0)
    return np.concatenate([colour, alpha], axis=-1).astype(over.dtype)


def flatten(stack: LayerStack) -> DocumentArray:
    """Flatten a whole stack: H×W×channels in the document's type, alpha last.

    Every layer counts with its own offset and alpha, in mode Normal at full opacity, which is how
    `peel` makes them. Where nothing lies, colour and alpha are 0.
    """
    width, height = stack.size
    first = array_of(stack.layers[0].pixels)
    canvas: DocumentArray = np.zeros((height, width, first.shape[-1]), first.dtype)
    for layer in stack.layers:
        pixels = seen_pixels(layer)
        x, y = layer.offset
        window = np.s_[y : y + pixels.shape[0], x : x + pixels.shape[1]]
        canvas[window] = blend_over(pixels, canvas[window])
    return canvas
