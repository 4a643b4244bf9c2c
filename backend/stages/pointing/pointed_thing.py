"""The thing that clicks, strokes and a box point at.

A mask of this says which thing is meant. Where its edge is, and what shines through there, is for
the matting to find: the network loses thin parts and fills gaps.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from layerpeel.backend.image import Float32
from layerpeel.backend.progress import ReportFraction, say_no_fraction
from layerpeel.backend.stages.crop import Window
from layerpeel.backend.stages.isnet import shown_over_grey
from layerpeel.backend.stages.pointing.asking import Asking, Bounds
from layerpeel.backend.stages.pointing.best_answer import Choose, likeliest
from layerpeel.backend.stages.pointing.clicks import Clicks, place_of
from layerpeel.backend.stages.pointing.minisam import KEEP, minisam_in
from layerpeel.shared.protocol import Box, Point

# Of what lies round a thing, as a share of its long side: enough to tell it from its surroundings.
CONTEXT = 0.5
# Looking closer at less than this much of the picture's long side pays, beyond that it does not.
CLOSER = 0.8
# A window's edges lie on a grid of so many lines, so that the next click mostly finds it unchanged.
GRID = 16


def find_pointed(
    folder: Path,
    proxy: Float32,
    alpha: Float32,
    points: Sequence[Point],
    box: Box | None = None,
    report: ReportFraction = say_no_fraction,
    closely: bool = True,
    choose: Choose = likeliest,
) -> Float32:
    """Find how surely each pixel (H×W, 0–1) belongs to the thing that is pointed at.

    folder: of miniSAM. proxy: H×W×3, RGB, display-referred sRGB, 0–1. alpha: H×W; what is clear is
        shown as grey, and part of nothing.
    points: one that keeps at least, unless there is a box; each corrects what those before gave.
    box: what the thing lies in; nothing outside is part of it, unless a point says so.
    closely: whether it is looked at again, a small thing from nearer, which finds it better.
    choose: says which of several answers is meant.

    Raises ModelError when the network cannot be loaded, and whatever `report` raises to cancel.
    """
    picture = shown_over_grey(proxy, alpha)
    asking = Asking(minisam_in(folder), picture, Clicks.of(points), choose)
    first, bounds = _first_seen(asking, box)
    report(0.4)
    window = window_to_look_at(bounds, asking.clicks.points, alpha.shape)
    if not closely:
        window = asking.whole
    look = asking.look_at(window)
    report(0.8)
    if first is None:
        logits = asking.answer_in_box(window, bounds)
    else:
        logits = asking.closer_answer(window, bounds, first) if closely else first
    logits = asking.corrected(window, logits, bounds, by_hand=box is not None)
    found = np.zeros(alpha.shape, np.float32)
    found[window.slices] = _sureness(look.upscaled(logits))
    found[alpha <= 0] = 0
    if box is not None and not any(p.inside and not _holds(box, p) for p in asking.clicks.points):
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
    asking = Asking(minisam_in(folder), picture, Clicks.of(points), likeliest)
    _, bounds = _first_seen(asking, box)
    return not asking.has_seen(window_to_look_at(bounds, asking.clicks.points, alpha.shape))


def look_ahead(folder: Path, proxy: Float32, alpha: Float32) -> None:
    """Load the network and look at a picture as `find_pointed` does first, which it then need not.

    Raises ModelError when the network cannot be loaded.
    """
    look = minisam_in(folder).look(shown_over_grey(proxy, alpha))
    look.answers([(0.5, 0.5, KEEP)])


def decided(found: Float32) -> Float32:
    """Say of each pixel that it belongs to the thing, or does not (H×W, 0 or 1).

    Where the network doubts, it mostly doubts a whole part, and what is not edge is not half
    transparent. The matting looks for edges in a band round this mask (docs/decisions.md).
    """
    return (found >= 0.5).astype(np.float32)


def _first_seen(asking: Asking, box: Box | None) -> tuple[Float32 | None, Bounds]:
    """What the first look finds, unless there is a box, and where."""
    if box is not None:
        return None, (box.left, box.top, box.left + box.width, box.top + box.height)
    first = asking.first_answer()
    return first, asking.bounds_of(first)


def _sureness(logits: Float32) -> Float32:
    """The sigmoid; beyond 30 it is 0 or 1 in single precision."""
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))), np.float32)


def window_to_look_at(bounds: Bounds, points: Sequence[Point], shape: tuple[int, ...]) -> Window:
    """The part of the picture to look at: the thing and the kept points, with what lies round."""
    height, width = shape[:2]
    kept = [place_of(point) for point in points if point.inside]
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


def _holds(box: Box, point: Point) -> bool:
    return box.left <= point.x < box.left + box.width and box.top <= point.y < box.top + box.height


def _only_within(found: Float32, box: Box) -> Float32:
    inside = np.zeros_like(found)
    kept = np.s_[box.top : box.top + box.height, box.left : box.left + box.width]
    inside[kept] = found[kept]
    return inside
