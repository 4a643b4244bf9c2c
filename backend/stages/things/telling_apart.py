"""Telling apart the things of a region in which some touch.

Points of the region are asked what is there, and grouped by how surely each lies in what all the
others' answers are: pairs first, up to all together. Each group of this tree may be a thing. It is
the more of one the better the answers of its points agree with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import squareform

from layerpeel.backend.image import Bool, Float32

# One thing more must make the agreement of this share of the points better by all there is. With
# less, a figure falls into its parts; with more, two people are one (docs/decisions.md).
COST_OF_A_THING = 0.22

# A pixel belongs to a thing if some of its points say so: most may lie on another part of it. It is
# the share of the points that need not.
CLAIMED = 0.8

Place = tuple[int, int]
"""Row and column."""


@dataclass(frozen=True)
class Asked:
    """A point, and how surely each pixel is of the same thing (h×w, 0–1)."""

    place: Place
    answer: Float32


def told_apart(region: Bool, asked: Sequence[Asked]) -> list[Float32]:
    """Tell the things of a region (h×w) apart by points that lie in it, of which there is one.

    Returns how surely each pixel of the picture belongs to each of them, h×w, 0–1.
    """
    answers = np.stack([each.answer for each in asked])
    groups, halves = _tree(answers, [each.place for each in asked])
    inside = [answers[group].mean(axis=0) for group in groups]
    # All that counts is what lies in the region.
    agreements = _agreements(answers[:, region], groups, [each[region] for each in inside])
    cost = COST_OF_A_THING * len(asked)
    best: list[tuple[float, list[int]]] = []
    for place, agreement in enumerate(agreements):
        alone = (agreement - cost, [place])
        if halves[place]:
            first, second = (best[half] for half in halves[place])
            apart = (first[0] + second[0], first[1] + second[1])
            best.append(max(alone, apart, key=lambda choice: choice[0]))
        else:
            best.append(alone)
    return [np.quantile(answers[groups[place]], CLAIMED, axis=0) for place in best[-1][1]]


def _tree(
    answers: Float32, places: Sequence[Place]
) -> tuple[list[list[int]], list[tuple[int, ...]]]:
    """Groups of points, each point alone first, all together last; and what each was made of."""
    groups = [[index] for index in range(len(places))]
    halves: list[tuple[int, ...]] = [()] * len(places)
    if len(places) > 1:
        rows, columns = np.array(places).T
        alike = answers[:, rows, columns]
        apart = 1 - (alike + alike.T) / 2
        np.fill_diagonal(apart, 0)
        for first, second, *_ in linkage(squareform(apart, checks=False), "complete").astype(int):
            halves.append((int(first), int(second)))
            groups.append(groups[first] + groups[second])
    return groups, halves


def _agreements(
    answers: Float32, groups: Sequence[list[int]], inside: Sequence[Float32]
) -> list[float]:
    """How well each group's points agree with it: their intersections over unions, added.

    answers: points×pixels, 0–1. inside: of each group, as many pixels, 0–1.
    """
    flat = (answers > 0.5).astype(np.float32)
    sizes = flat.sum(axis=-1)
    agreements = []
    for group, sureness in zip(groups, inside, strict=True):
        mask = (sureness > 0.5).astype(np.float32)
        both = flat[group] @ mask
        either = np.maximum(1, sizes[group] + mask.sum() - both)
        agreements.append(float((both / either).sum()))
    return agreements
