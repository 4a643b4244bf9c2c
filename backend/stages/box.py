"""The thing in a box that a person has drawn, by one network or weighed between two."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from layerpeel.backend.image import Float32, Image
from layerpeel.backend.stages.crop import Window
from layerpeel.backend.stages.pointing.pointed_thing import decided
from layerpeel.shared.protocol import Box

# Some of what lies round the box helps to tell the thing from it.
CONTEXT = 0.15


# From this intersection over union on, two boxes of a detector are round the same thing.
SAME_BOX = 0.8

# ISNet is below this where it sees nothing.
SUSPECTED = 0.1
# From this intersection over union on, two networks see the same thing.
AGREEMENT = 0.85

BoxEdges = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels of the picture."""

FindSubject = Callable[[Float32, Float32], Float32]
"""Finds the subject (H×W, 0–1) by proxy (H×W×3) and alpha (H×W) of a picture."""


def box_round(edges: BoxEdges, shape: tuple[int, int]) -> Box:
    """The least box of whole pixels round edges that lie within a picture (height, width)."""
    left, top = min(int(edges[0]), shape[1] - 1), min(int(edges[1]), shape[0] - 1)
    right, bottom = math.ceil(edges[2]), math.ceil(edges[3])
    return Box(left, top, max(1, right - left), max(1, bottom - top))


def boxes_apart(boxes: Sequence[BoxEdges]) -> list[BoxEdges]:
    """Leave out each box that is nearly the same as one before it."""
    kept: list[BoxEdges] = []
    for box in boxes:
        if all(_overlap(box, other) < SAME_BOX for other in kept):
            kept.append(box)
    return kept


def _overlap(one: BoxEdges, other: BoxEdges) -> float:
    """Intersection over union of two boxes, neither of them empty."""
    width = max(0.0, min(one[2], other[2]) - max(one[0], other[0]))
    height = max(0.0, min(one[3], other[3]) - max(one[1], other[1]))
    both = width * height
    areas = ((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return both / (sum(areas) - both)


def find_in_box(image: Image, box: Box, find_subject: FindSubject) -> Float32:
    """Find the subject of the box and what lies round it, and keep what is inside (H×W, 0–1).

    It does better than GrabCut from the same boxes (docs/decisions.md).
    """
    height, width = image.shape
    margin_x, margin_y = round(CONTEXT * box.width), round(CONTEXT * box.height)
    crop = Window(
        max(0, box.top - margin_y),
        min(height, box.top + box.height + margin_y),
        max(0, box.left - margin_x),
        min(width, box.left + box.width + margin_x),
    ).slices
    found = np.zeros((height, width), np.float32)
    found[crop] = find_subject(
        np.ascontiguousarray(image.proxy[crop]), np.ascontiguousarray(image.alpha[crop])
    )
    inside = np.zeros((height, width), np.float32)
    kept = np.s_[box.top : box.top + box.height, box.left : box.left + box.width]
    inside[kept] = found[kept]
    return inside


def weighed(subject: Float32, thing: Float32) -> Float32:
    """Weigh two answers to one box (H×W, 0–1): ISNet's, and the pointing network's.

    Where they agree on the whole, the mean of both has more of the thin parts, which ISNet sees.
    Where they do not, the box is what says which thing is meant, and only the pointing network was
    told of it: its answer counts, unless it found nothing. Where ISNet suspects
    nothing at all, as in a flat colour, nothing is there: asked for something in a box, the
    pointing network always finds it (docs/decisions.md).

    What is weighed is decided (`decided`): ISNet's fog over a whole part, such as the head of a
    staff, would come out half transparent.
    """
    if not (subject > SUSPECTED).any() or not (thing >= 0.5).any():
        return subject
    both = np.count_nonzero((subject >= 0.5) & (thing >= 0.5))
    either = np.count_nonzero((subject >= 0.5) | (thing >= 0.5))
    mean: Float32 = (subject + thing) * np.float32(0.5)
    return decided(mean if both >= AGREEMENT * either else thing)
