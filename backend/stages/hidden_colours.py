"""Colours that nobody sees: under an alpha of 0 a file may hold anything."""

from dataclasses import replace

import numpy as np

from layerpeel.backend.image import Bool, Float32, Image
from layerpeel.backend.stages.crop import resized, shrink_factor
from layerpeel.backend.stages.spread import spread_colours

# From this alpha on a colour counts in full where colours are carried to clear pixels: fainter ones
# are coarse, as programs compute with them in steps of 8 bits.
COUNTS = np.float32(8 / 255)

# Nobody sees what is carried there, so that it need not be finer than this.
MOST_PIXELS = 1_000_000


def without_hidden_colours(image: Image) -> Image:
    """Give pixels of alpha 0 the visible colours round about, so that no stage sees their own."""
    hidden = image.alpha <= 0
    if not hidden.any() or hidden.all():
        return image
    weight = np.minimum(image.alpha / COUNTS, 1)
    return replace(
        image,
        values=_carried_to(hidden, image.values, weight),
        proxy=_carried_to(hidden, image.proxy, weight),
    )


def _carried_to(hidden: Bool, colours: Float32, weight: Float32) -> Float32:
    """Carry colours (H×W×C) of pixels that weigh something (H×W) to the hidden ones (H×W)."""
    height, width = weight.shape
    factor = shrink_factor(weight.size, MOST_PIXELS)
    shape = (max(1, round(height * factor)), max(1, round(width * factor)))
    visible = np.where(weight[..., None] > 0, colours, np.float32(0))
    small_weight = resized(weight, shape)
    premultiplied = resized(visible * weight[..., None], shape).reshape(*shape, -1)
    small = premultiplied / np.maximum(small_weight[..., None], np.float32(1e-6))
    spread = spread_colours(small.astype(np.float32, copy=False), small_weight)
    carried = resized(spread, (height, width)).reshape(colours.shape)
    result = colours.copy()
    result[hidden] = carried[hidden]
    return result
