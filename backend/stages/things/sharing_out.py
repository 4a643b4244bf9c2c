"""Sharing out what stands out in a picture among its things, so that no two have a pixel in common.

The network that tells things apart answers coarsely; their outer edge is that of what stands out.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.stages.crop import resized

# A part of a thing that does not hang together with the largest one, and is smaller than this share
# of it, is an island: if it is nearer to another thing, it is part of that.
ISLAND = 0.25


def shared_out(solid: Bool, sureness: Sequence[Float32], least: float) -> list[Bool]:
    """Give each pixel of what stands out (H×W) to the thing that it most surely belongs to.

    sureness: of each thing, h×w, coarser and of the same proportions, 0–1. Things that get less
    than `least` of the picture are none: what they had goes to the others.
    """
    left = list(sureness)
    while left:
        owner = _surest(left, solid.shape)
        sizes = [int(np.count_nonzero(solid & (owner == place))) for place in range(len(left))]
        smallest = int(np.argmin(sizes))
        if sizes[smallest] >= least * solid.size:
            masks = [solid & (owner == place) for place in range(len(left))]
            return _without_islands(solid, masks) if len(masks) > 1 else masks
        del left[smallest]
    return []


def _surest(
    sureness: Sequence[Float32], shape: tuple[int, int]
) -> "np.ndarray[tuple[int, int], np.dtype[np.uint8]]":
    """Which of them is surest, by place, H×W. One after the other: together they are large."""
    owner = np.zeros(shape, np.uint8)
    most = np.full(shape, -1, np.float32)
    for place, each in enumerate(sureness):
        full = resized(each, shape, cv2.INTER_LINEAR)
        surer = full > most
        owner[surer], most[surer] = place, full[surer]
    return owner


def _without_islands(solid: Bool, masks: Sequence[Bool]) -> list[Bool]:
    """Give islands to the thing that they are nearest to."""
    owner = np.zeros(solid.shape, np.uint8)
    nearest = np.full(solid.shape, np.inf, np.float32)
    for place, mask in enumerate(masks):
        distance = cv2.distanceTransform((~_mainland(mask)).astype(np.uint8), cv2.DIST_L2, 5)
        nearer = distance < nearest
        owner[nearer], nearest[nearer] = place, distance[nearer]
    return [solid & (owner == place) for place in range(len(masks))]


def _mainland(mask: Bool) -> Bool:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=4
    )
    sizes = stats[1:count, cv2.CC_STAT_AREA]
    kept = np.concatenate([[False], sizes >= ISLAND * sizes.max()])
    return np.asarray(kept[labels], bool)
