"""What the artist has marked in a picture, and the points that it means."""

import math
from dataclasses import dataclass
from typing import Dict, List, Optional, Sequence, Tuple, Union

from layerpeel.shared.protocol import Box, Point, Points, Things

Place = Tuple[float, float]
"""x, y in pixels of the picture; the middle of its first pixel lies at 0.5, 0.5."""

# The backend takes more than eight points for a stroke, and looks at twelve of a kind at most.
FEWEST_OF_A_STROKE, MOST_OF_A_STROKE = 9, 24
# Picture pixels between two points of a stroke, unless that gives too few or too many.
STEP = 12.0


@dataclass(frozen=True)
class Click:
    """A click at a place. keeps: whether it lies on what to lift off, or on what stays."""

    place: Place
    keeps: bool


@dataclass(frozen=True)
class Stroke:
    """A stroke along places, at least one."""

    path: Tuple[Place, ...]
    keeps: bool


@dataclass(frozen=True)
class Frame:
    """A box round what to lift off; a later one replaces it."""

    box: Box


Mark = Union[Click, Stroke, Frame]


@dataclass(frozen=True)
class PointedAt:
    """What is pointed at.

    lift: in pixels of the picture that has this fingerprint.
    hints: the points that are painted on a layer of it.
    """

    lift: Union[Points, Things]
    fingerprint: str
    hints: Tuple[Point, ...] = ()


def points_of(marks: Sequence[Mark], size: Tuple[int, int], hints: Sequence[Point] = ()) -> Points:
    """Return the points and the box that hints and marks mean, the oldest first.

    size: width, height of the picture; what lies outside is left out. Where the artist has changed
    their mind about a pixel, the later mark counts.
    """
    kept: Dict[Tuple[int, int], Point] = {(hint.x, hint.y): hint for hint in hints}
    box: Optional[Box] = None
    for mark in marks:
        if isinstance(mark, Frame):
            box = _within(mark.box, size)
            continue
        places = [mark.place] if isinstance(mark, Click) else spread(mark.path)
        for place in places:
            x, y = math.floor(place[0]), math.floor(place[1])
            if 0 <= x < size[0] and 0 <= y < size[1]:
                kept.pop((x, y), None)
                kept[(x, y)] = Point(x, y, mark.keeps)
    return Points(tuple(kept.values()), box)


def spread(path: Sequence[Place]) -> List[Place]:
    """Return places at even distances along a path, enough of them to be a stroke."""
    lengths = [0.0]
    for one, other in zip(path, path[1:]):
        lengths.append(lengths[-1] + math.hypot(other[0] - one[0], other[1] - one[1]))
    count = min(MOST_OF_A_STROKE, max(FEWEST_OF_A_STROKE, round(lengths[-1] / STEP) + 1))
    places, index = [], 0
    for number in range(count):
        wanted = lengths[-1] * number / (count - 1)
        while index < len(path) - 2 and lengths[index + 1] < wanted:
            index += 1
        places.append(_between(path, lengths, index, wanted))
    return places


def _between(path: Sequence[Place], lengths: Sequence[float], index: int, wanted: float) -> Place:
    if len(path) == 1 or lengths[index + 1] == lengths[index]:
        return path[index]
    share = (wanted - lengths[index]) / (lengths[index + 1] - lengths[index])
    (x, y), (further_x, further_y) = path[index], path[index + 1]
    return x + (further_x - x) * share, y + (further_y - y) * share


def _within(box: Box, size: Tuple[int, int]) -> Optional[Box]:
    """Cut a box to the picture; None when nothing is left."""
    left, top = max(0, box.left), max(0, box.top)
    right, bottom = min(size[0], box.left + box.width), min(size[1], box.top + box.height)
    return Box(left, top, right - left, bottom - top) if right > left and bottom > top else None
