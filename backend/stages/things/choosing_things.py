"""Choosing the things among what a pointing network answers to many points.

Points of one thing are answered with that thing, with a part of it, or with it and its neighbour,
mostly in several versions. The likeliest is the first, and each other that has little in common
with those before is one more (greedy non-maximum suppression, as in SAM's own automatic masks).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from layerpeel.backend.image import Bool, Float32

# So much of a thing stands out in the picture: what does so is seen in part at times.
LEAST_STANDING_OUT = 0.3
# With so much of the smaller one in common, two answers are one thing.
IN_COMMON = 0.5

# Where the things found in a connected region cover less of it than this, they are parts of one
# that the network does not know; and so is one that is found alone and lacks an arm
# (docs/decisions.md).
COVERED, COVERED_BY_ONE = 0.7, 0.85

SURE = 0.5


@dataclass(frozen=True)
class PointAnswer:
    """What a network answers to a point.

    place: row and column of the point in h×w. sureness: h×w, 0–1, how surely each pixel is of the
    same thing. likelihood: 0–1, that it is a whole thing.
    """

    place: tuple[int, int]
    sureness: Float32
    likelihood: float


def choose_things(
    answers: Sequence[PointAnswer], standing_out: Bool, least: float
) -> list[PointAnswer]:
    """Choose those of some answers that are things, the likeliest first.

    standing_out: h×w. least: the share of the picture that a thing covers.
    """
    if not answers:
        return []
    masks = np.stack([each.sureness > SURE for each in answers])
    areas = masks.sum(axis=(1, 2))
    likelihoods = np.array([each.likelihood for each in answers])
    chosen: list[int] = []
    for index in np.argsort(-likelihoods, kind="stable"):
        mask, area = masks[index], areas[index]
        if area < max(1.0, least * mask.size):
            continue
        if np.count_nonzero(mask & standing_out) < LEAST_STANDING_OUT * area:
            continue
        common = [np.count_nonzero(mask & masks[one]) / min(area, areas[one]) for one in chosen]
        if max(common, default=0.0) <= IN_COMMON:
            chosen.append(int(index))
    return [answers[index] for index in chosen]


def tell_from_parts(
    things: Sequence[PointAnswer], regions: Sequence[Bool]
) -> tuple[list[PointAnswer], list[Bool]]:
    """Give those of some things that are no mere parts, and those regions that are one thing each.

    regions: h×w each, connected parts of what stands out, none empty.
    """
    left, whole = list(things), []
    for region in regions:
        within = [each for each in left if _mostly_in(each, region)]
        covered = np.any([each.sureness > SURE for each in within], axis=0) & region
        expected = COVERED_BY_ONE if len(within) == 1 else COVERED
        if np.count_nonzero(covered) < expected * np.count_nonzero(region):
            left = [each for each in left if not any(each is part for part in within)]
            whole.append(region)
    return left, whole


def _mostly_in(thing: PointAnswer, region: Bool) -> bool:
    mask = thing.sureness > SURE
    return bool(2 * np.count_nonzero(mask & region) > np.count_nonzero(mask))
