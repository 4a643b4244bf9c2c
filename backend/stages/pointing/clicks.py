"""Clicks and strokes, as the pointing network is asked with them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from layerpeel.backend.stages.pointing.minisam import KEEP, REMOVE, Place
from layerpeel.shared.protocol import Point

# More points than this are a stroke, of which so many of each kind stand for all.
MOST_CLICKS = 8
OF_A_STROKE = 12


@dataclass(frozen=True)
class Clicks:
    """Points as the network is asked with them: a stroke's are few.

    first: the first that keeps; None where only a box says what is meant.
    """

    points: Sequence[Point]
    first: Point | None
    is_stroke: bool

    @classmethod
    def of(cls, points: Sequence[Point]) -> "Clicks":
        """Take points as they come, the oldest first; many are a stroke."""
        first = next((point for point in points if point.inside), None)
        is_stroke = len(points) > MOST_CLICKS
        return cls(_spread(points) if is_stroke else points, first, is_stroke)

    @property
    def start(self) -> list[Place]:
        """What a first look is asked with."""
        kept = [point for point in self.points if point.inside] if self.is_stroke else [self.first]
        return [place_of(point) for point in kept if point]

    @property
    def steps(self) -> list[list[Place]]:
        """What is said step by step after that: each click beside those before it."""
        if self.is_stroke:
            return [[place_of(point) for point in self.points]]
        others = list(self.points)
        if self.first is not None:
            others.remove(self.first)
        said = [] if self.first is None else [place_of(self.first)]
        steps = []
        for point in others:
            said = [*said, place_of(point)]
            steps.append(said)
        return steps


def place_of(point: Point) -> Place:
    """The middle of a point's pixel."""
    return point.x + 0.5, point.y + 0.5, KEEP if point.inside else REMOVE


def _spread(points: Sequence[Point]) -> list[Point]:
    """Let a few points of each kind stand for all, each as far from the others as can be."""
    chosen: list[Point] = []
    for inside in (True, False):
        kind = [point for point in points if point.inside == inside]
        places = np.array([(point.x, point.y) for point in kind], np.float64).reshape(-1, 2)
        distance = np.full(len(kind), np.inf)
        index = 0
        for _ in range(min(OF_A_STROKE, len(kind))):
            chosen.append(kind[index])
            distance = np.minimum(distance, ((places - places[index]) ** 2).sum(axis=1))
            index = int(distance.argmax())
    return chosen
