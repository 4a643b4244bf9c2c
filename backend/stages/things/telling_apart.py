"""Telling apart the things of a region in which some touch.

Points of the region are asked what is there, and grouped by how much of each other's answers they
are in: pairs first, up to all together. Each group of this tree may be a thing. It is the more of
one the better the answers of its points agree with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import squareform

from layerpeel.backend.image import Bool, Float32

# A thing more must make the agreement of so many points better by all there is.
COST_OF_A_THING = 2.0

Place = tuple[int, int]
"""Row and column."""


@dataclass(frozen=True)
class Asked:
    """A point, and what was answered to it: N×h×w, 0–1."""

    place: Place
    answers: Float32

    @property
    def mean(self) -> Float32:
        """How surely each pixel is of the same thing as the point, h×w."""
        mean: Float32 = self.answers.mean(axis=0)
        return mean


def told_apart(region: Bool, asked: Sequence[Asked]) -> list[Float32]:
    """Tell the things of a region (h×w) apart by points that lie in it, of which there is one.

    Returns how surely each pixel of the picture belongs to each of them, h×w, 0–1.
    """
    means = np.stack([each.mean for each in asked])
    groups, halves = _tree(means, [each.place for each in asked])
    inside = [means[group].mean(axis=0) for group in groups]
    merits = _agreements(region, asked, groups, inside)
    best: list[tuple[float, list[int]]] = []
    for place, merit in enumerate(merits):
        alone = (merit - COST_OF_A_THING, [place])
        if halves[place]:
            first, second = (best[half] for half in halves[place])
            apart = (first[0] + second[0], first[1] + second[1])
            best.append(max(alone, apart, key=lambda choice: choice[0]))
        else:
            best.append(alone)
    return [inside[place] for place in best[-1][1]]


def _tree(means: Float32, places: Sequence[Place]) -> tuple[list[list[int]], list[tuple[int, ...]]]:
    """Groups of points, each point alone first, all together last; and what each was made of."""
    groups = [[index] for index in range(len(places))]
    halves: list[tuple[int, ...]] = [()] * len(places)
    if len(places) > 1:
        rows, columns = np.array(places).T
        alike = means[:, rows, columns]
        apart = 1 - (alike + alike.T) / 2
        np.fill_diagonal(apart, 0)
        for first, second, *_ in linkage(squareform(apart, checks=False), "average").astype(int):
            halves.append((int(first), int(second)))
            groups.append(groups[first] + groups[second])
    return groups, halves


def _agreements(
    region: Bool, asked: Sequence[Asked], groups: Sequence[list[int]], inside: Sequence[Float32]
) -> list[float]:
    """How well each group's points agree with it: intersections over unions, best answers, added.

    All that counts is what lies in the region.
    """
    answers = np.stack([each.answers for each in asked])[:, :, region] > 0.5  # points×N×pixels
    flat = answers.astype(np.float32)
    sizes = flat.sum(axis=-1)
    agreements = []
    for group, sureness in zip(groups, inside, strict=True):
        mask = (sureness[region] > 0.5).astype(np.float32)
        both = flat[group] @ mask
        either = np.maximum(1, sizes[group] + mask.sum() - both)
        agreements.append(float((both / either).max(axis=1).sum()))
    return agreements
