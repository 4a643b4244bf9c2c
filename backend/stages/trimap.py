"""From a mask to a trimap: what is sure, and how wide the band is in which alpha is looked for.

MatteAnything erodes and dilates by a number of pixels that is fixed, which swallows thin things in
a small picture. Here the band follows the size of the object and the mask's own softness, and the
middle of a thin part stays sure.
"""

import cv2
import numpy as np
import numpy.typing as npt

from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.stages.crop import window_round

FOREGROUND_LEVEL = 230
BACKGROUND_LEVEL = 25

# A network's mask follows the edge; a person's is drawn roughly.
NETWORK_BAND = 0.02
ROUGH_BAND = 0.035
LEAST_BAND, WIDEST_BAND = 2.0, 48.0

# What a mask says with less than this much doubt is taken as said.
CERTAIN = 0.9


def read_trimap(levels: Float32) -> Float32:
    """Take a drawn trimap (H×W, 0–1) as it is: ≥ 230/255 foreground, ≤ 25/255 background.

    Returns 1, 0, and 0.5 for unknown.
    """
    steps = np.floor(levels * 255 + 0.5)
    trimap = np.full(levels.shape, 0.5, np.float32)
    trimap[steps >= FOREGROUND_LEVEL] = 1
    trimap[steps <= BACKGROUND_LEVEL] = 0
    return trimap


def band_of(mask: Float32, share: float) -> float:
    """Half the width of the band, in pixels: `share` of the side of a square as large as the mask.

    At most a quarter of the thickest part, so that an object is never all band.
    """
    inside = mask >= 0.5
    side = float(np.sqrt(np.count_nonzero(inside)))
    thickest = float(_distance_within(inside).max())
    wanted = min(share * side, thickest / 2)
    return float(np.clip(wanted, LEAST_BAND, WIDEST_BAND))


def trimap_round_parts(mask: Float32, share: float) -> Float32:
    """Grow a band round each part of a mask (H×W, 0–1) by itself: `band_of` it, for its `share`.

    Parts are what no band joins: a line far off neither widens nor narrows another's band.
    Returns 1, 0, and 0.5 for unknown.
    """
    reach = WIDEST_BAND + 2
    near = _distance_within(mask <= 1 - CERTAIN) <= reach
    count, labels = cv2.connectedComponents(near.astype(np.uint8))
    if count <= 2:
        return trimap_round_mask(mask, band_of(mask, share))
    trimap = np.zeros(mask.shape, np.float32)
    for label in range(1, count):
        window = window_round(labels == label, 1).slices
        own = labels[window] == label
        part = np.where(own, mask[window], np.float32(0))
        trimap[window][own] = trimap_round_mask(part, band_of(part, share))[own]
    return trimap


def trimap_round_mask(mask: Float32, band: float) -> Float32:
    """Grow a trimap's unknown band round a mask.

    mask: H×W, 0–1; its own soft pixels are unknown whatever the band.
    band: half the width of the band in pixels, to each side of the mask's edge.
    Returns 1 sure foreground, 0 sure background, 0.5 unknown.
    """
    inside = mask >= 0.5
    depth = _distance_within(inside)
    sure_foreground = (depth > band) | _thin_middle(depth, band)
    sure_foreground &= mask >= CERTAIN
    if not sure_foreground.any():
        # A drawing of nothing but lines: what the mask is surest of has to do.
        sure_foreground = inside & (mask >= min(CERTAIN, float(mask.max())))
    sure_background = (_distance_within(~inside) > band) & (mask <= 1 - CERTAIN)
    trimap = np.full(mask.shape, 0.5, np.float32)
    trimap[sure_foreground] = 1
    trimap[sure_background] = 0
    return trimap


def _distance_within(region: Bool) -> Float32:
    """Distance in pixels to the nearest pixel outside `region`; the picture's border is no edge."""
    distance: Float32 = cv2.distanceTransform(region.astype(np.uint8), cv2.DIST_L2, 5).astype(
        np.float32
    )
    return distance


def _thin_middle(depth: Float32, band: float) -> Bool:
    """The ridge of parts thinner than the band: a mast or a strand keeps a sure middle.

    Parts of one or two pixels have none: there the mask itself is in doubt.
    """
    ridge: npt.NDArray[np.bool_] = depth >= cv2.dilate(depth, np.ones((3, 3), np.uint8))
    return ridge & (depth > 1.5) & (depth <= band)
