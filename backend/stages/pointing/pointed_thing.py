"""The thing that clicks, strokes and a box point at.

A mask of this says which thing is meant. Where its edge is, and what shines through there, is for
the matting to find: the network loses thin parts and fills gaps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from layerpeel.backend.image import Float32
from layerpeel.backend.progress import ReportFraction, say_no_fraction
from layerpeel.backend.stages.crop import Window, window_round
from layerpeel.backend.stages.isnet import shown_over_grey
from layerpeel.backend.stages.pointing.minisam import (
    BOTTOM_RIGHT,
    KEEP,
    LOGITS_SIDE,
    PADDING,
    REMOVE,
    TOP_LEFT,
    Look,
    MiniSam,
    Place,
    minisam_in,
)
from layerpeel.shared.protocol import Box, Point

# Of what lies round a thing, as a share of its long side: enough to tell it from its surroundings.
CONTEXT = 0.5
# Looking closer at less than this much of the picture's long side pays, beyond that it does not.
CLOSER = 0.8
# A window's edges lie on a grid of so many lines, so that the next click mostly finds it unchanged.
GRID = 16

# More points than this are a stroke, of which so many of each kind stand for all.
MOST_CLICKS = 8
OF_A_STROKE = 12

# With two paddings a lone click is answered with the thing, with one often with a part of it.
_PADDING: Place = (0.0, 0.0, PADDING)


def find_pointed(
    folder: Path,
    proxy: Float32,
    alpha: Float32,
    points: Sequence[Point],
    box: Box | None = None,
    report: ReportFraction = say_no_fraction,
    closely: bool = True,
) -> Float32:
    """Find how surely each pixel (H×W, 0–1) belongs to the thing that is pointed at.

    folder: of miniSAM. proxy: H×W×3, RGB, display-referred sRGB, 0–1. alpha: H×W; what is clear is
        shown as grey, and part of nothing.
    points: one that keeps at least, unless there is a box; each corrects what those before gave.
    box: what the thing lies in; nothing outside is part of it, unless a point says so.
    closely: whether a small thing is looked at more closely, which finds it better.

    Raises ModelError when the network cannot be loaded, and whatever `report` raises to cancel.
    """
    picture = shown_over_grey(proxy, alpha)
    network = minisam_in(folder)
    clicks = _Clicks.of(points)
    bounds = _bounds_of(network, picture, clicks, box)
    report(0.4)
    height, width = alpha.shape
    whole = Window(0, height, 0, width)
    window = window_to_look_at(bounds, clicks.points, alpha.shape) if closely else whole
    look = network.look(np.ascontiguousarray(picture[window.slices]))
    report(0.8)
    logits = _answered(look, window, bounds, clicks.steps, box is not None)
    found = np.zeros(alpha.shape, np.float32)
    found[window.slices] = _sureness(look.upscaled(logits))
    found[alpha <= 0] = 0
    if box is not None and not any(p.inside and not _holds(box, p) for p in clicks.points):
        found = _only_within(found, box)
    report(1.0)
    return found


def awaits_closer_look(
    folder: Path,
    proxy: Float32,
    alpha: Float32,
    points: Sequence[Point],
    box: Box | None = None,
) -> bool:
    """Whether `find_pointed` would look closer at a part of the picture that it has not seen yet.

    Raises ModelError when the network cannot be loaded.
    """
    picture = shown_over_grey(proxy, alpha)
    network = minisam_in(folder)
    clicks = _Clicks.of(points)
    bounds = _bounds_of(network, picture, clicks, box)
    window = window_to_look_at(bounds, clicks.points, alpha.shape)
    return not network.has_seen(np.ascontiguousarray(picture[window.slices]))


def look_ahead(folder: Path, proxy: Float32, alpha: Float32) -> None:
    """Load the network and look at a picture as `find_pointed` does first, which it then need not.

    Raises ModelError when the network cannot be loaded.
    """
    look = minisam_in(folder).look(shown_over_grey(proxy, alpha))
    look.answer([(0.5, 0.5, KEEP), _PADDING])


def decided(found: Float32) -> Float32:
    """Say of each pixel that it belongs to the thing, or does not (H×W, 0 or 1).

    Where the network doubts, it mostly doubts a whole part, and what is not edge is not half
    transparent. The matting looks for edges in a band round this mask (docs/decisions.md).
    """
    return (found >= 0.5).astype(np.float32)


def _sureness(logits: Float32) -> Float32:
    """The sigmoid; beyond 30 it is 0 or 1 in single precision."""
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))), np.float32)


@dataclass(frozen=True)
class _Clicks:
    """Points as the network is asked with them: a stroke's are few.

    first: the first that keeps; None where only a box says what is meant.
    """

    points: Sequence[Point]
    first: Point | None
    is_stroke: bool

    @classmethod
    def of(cls, points: Sequence[Point]) -> "_Clicks":
        first = next((point for point in points if point.inside), None)
        is_stroke = len(points) > MOST_CLICKS
        return cls(_spread(points) if is_stroke else points, first, is_stroke)

    @property
    def start(self) -> list[Place]:
        """What a first look is asked with."""
        kept = [point for point in self.points if point.inside] if self.is_stroke else [self.first]
        return [_place(point) for point in kept if point]

    @property
    def steps(self) -> list[list[Place]]:
        """What is said step by step after that: each click beside those before it."""
        if self.is_stroke:
            return [[_place(point) for point in self.points]]
        others = list(self.points)
        if self.first is not None:
            others.remove(self.first)
        said = [] if self.first is None else [_place(self.first)]
        steps = []
        for point in others:
            said = [*said, _place(point)]
            steps.append(said)
        return steps


_Bounds = tuple[float, float, float, float]


def _bounds_of(network: MiniSam, picture: Float32, clicks: _Clicks, box: Box | None) -> _Bounds:
    """Left, top, right, bottom of what the points and the box say."""
    if box is None:
        return _guessed_bounds(network.look(picture), clicks.start)
    return box.left, box.top, box.left + box.width, box.top + box.height


def _guessed_bounds(look: Look, places: list[Place]) -> _Bounds:
    """Left, top, right, bottom of what a first look finds; of the points where it finds nothing."""
    lone = [_PADDING, _PADDING] if len(places) == 1 else [_PADDING]
    found = look.upscaled(look.answer([*places, *lone])) > 0
    if found.any():
        tight = window_round(found, 0)
        return tight.left, tight.top, tight.right, tight.bottom
    x, y = [place[0] for place in places], [place[1] for place in places]
    return min(x) - 1, min(y) - 1, max(x) + 1, max(y) + 1


def window_to_look_at(bounds: _Bounds, points: Sequence[Point], shape: tuple[int, ...]) -> Window:
    """The part of the picture to look at: the thing and the kept points, with what lies round."""
    height, width = shape[:2]
    kept = [_place(point) for point in points if point.inside]
    left = min([bounds[0], *(place[0] for place in kept)])
    top = min([bounds[1], *(place[1] for place in kept)])
    right = max([bounds[2], *(place[0] for place in kept)])
    bottom = max([bounds[3], *(place[1] for place in kept)])
    margin = CONTEXT * max(right - left, bottom - top)
    if max(right - left, bottom - top) + 2 * margin > CLOSER * max(shape[:2]):
        return Window(0, height, 0, width)
    step = max(1.0, (max(right - left, bottom - top) + 2 * margin) / GRID)
    return Window(
        max(0, int(np.floor((top - margin) / step) * step)),
        min(height, int(np.ceil((bottom + margin) / step) * step)),
        max(0, int(np.floor((left - margin) / step) * step)),
        min(width, int(np.ceil((right + margin) / step) * step)),
    )


def _answered(
    look: Look, window: Window, bounds: _Bounds, steps: list[list[Place]], boxed: bool
) -> Float32:
    """Logits of the thing within bounds, corrected step by step.

    boxed: somebody has drawn the bounds, so that they hold at each step.
    """

    def within(places: Sequence[Place]) -> list[Place]:
        return [(x - window.left, y - window.top, label) for x, y, label in places]

    left, top, right, bottom = bounds
    corners = within([(left, top, TOP_LEFT), (right, bottom, BOTTOM_RIGHT)])
    logits = look.answer(corners)
    for places in steps:
        said = within(places)
        answers = [look.answer([*said, *corners], logits)]
        if not boxed:
            answers.append(look.answer([*said, _PADDING], logits))
        logits = _least_change(look, answers, said, logits)
    return logits


def _least_change(
    look: Look, answers: list[Float32], places: list[Place], earlier: Float32
) -> Float32:
    """Choose the answer that does what most clicks say; of several, that nearest to the earlier.

    A click corrects something. Left to itself, the network at times gives up the thing for another.
    """
    before = earlier > 0

    def merit(answer: Float32) -> tuple[int, float]:
        found = answer > 0
        scale = LOGITS_SIDE / max(look.shape)
        obeyed = sum(
            bool(found[int(y * scale), int(x * scale)]) == (label == KEEP)
            for x, y, label in places
            if 0 <= x < look.shape[1] and 0 <= y < look.shape[0]
        )
        either = int(np.count_nonzero(found | before))
        return obeyed, int(np.count_nonzero(found & before)) / (either or 1)

    return max(answers, key=merit)


def _place(point: Point) -> Place:
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


def _holds(box: Box, point: Point) -> bool:
    return box.left <= point.x < box.left + box.width and box.top <= point.y < box.top + box.height


def _only_within(found: Float32, box: Box) -> Float32:
    inside = np.zeros_like(found)
    kept = np.s_[box.top : box.top + box.height, box.left : box.left + box.width]
    inside[kept] = found[kept]
    return inside
