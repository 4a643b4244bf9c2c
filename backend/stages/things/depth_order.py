"""Which of several things hides which."""

from collections.abc import Sequence

import cv2
import numpy as np

from layerpeel.backend.image import Bool
from layerpeel.backend.stages.crop import grown, resized

# Things are compared no larger than this. They touch when their outlines are this near.
COMPARED_SIDE = 256
TOUCHING = 3  # pixels


def front_to_back(masks: Sequence[Bool]) -> list[int]:
    """Order masks (H×W, of which none is empty) by who hides whom; gives their places.

    Of two that touch, the one in front takes a bite out of the other: more of it lies within the
    convex hull of what it hides than the other way round. Where that does not decide, what
    reaches lower in the picture is in front.
    """
    masks = [_small(mask) for mask in masks]
    hulls = [_hull(mask) for mask in masks]
    near = [grown(mask, TOUCHING) for mask in masks]
    lowest = [int(np.flatnonzero(mask.any(axis=1))[-1]) for mask in masks]
    behind: dict[int, set[int]] = {place: set() for place in range(len(masks))}
    for one in range(len(masks)):
        for other in range(one + 1, len(masks)):
            if not (near[one] & masks[other]).any():
                continue
            in_front = _share(masks[one], hulls[other]) >= _share(masks[other], hulls[one])
            front, back = (one, other) if in_front else (other, one)
            behind[back].add(front)
    order: list[int] = []
    left = set(behind)
    while left:
        # In a circle, the one that fewest hide.
        place = min(left, key=lambda each: (len(behind[each] & left), -lowest[each], each))
        order.append(place)
        left.remove(place)
    return order


def _small(mask: Bool) -> Bool:
    """A mask at a size at which it is compared; however small, it is not empty."""
    factor = min(1.0, COMPARED_SIDE / max(mask.shape))
    shape = max(1, round(mask.shape[0] * factor)), max(1, round(mask.shape[1] * factor))
    covered = resized(mask.astype(np.float32), shape)
    return covered >= min(0.5, float(covered.max()))


def _share(mask: Bool, hull: Bool) -> float:
    return np.count_nonzero(mask & hull) / np.count_nonzero(mask)


def _hull(mask: Bool) -> Bool:
    rows, columns = np.nonzero(mask)
    outline = cv2.convexHull(np.stack([columns, rows], axis=1).astype(np.int32))
    filled = np.zeros(mask.shape, np.uint8)
    cv2.fillConvexPoly(filled, outline, 1)
    return filled > 0
