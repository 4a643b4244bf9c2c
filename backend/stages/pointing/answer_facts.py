"""What is known of each of several answers to one question, to tell which is the thing meant.

The pointing network answers a click with several masks, of a part, a thing and several things, and
is a poor judge of which is meant. How well an answer's outline follows edges in the picture, how
far the others agree with it, and what the clicks say of it, tells more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.stages.crop import disc, window_round
from layerpeel.backend.stages.pointing.minisam import (
    BOTTOM_RIGHT,
    KEEP,
    LOGITS_SIDE,
    REMOVE,
    TOP_LEFT,
    Answers,
    Look,
    Place,
)

FACTS = 34
"""How many facts are known of each answer."""
OBEYED = 24
"""Which of them says how many of the clicks it does as told, 0–1."""

# How far from its outline an answer's colours are compared with those around it, in pixels of the
# grid.
RING = 7
# Differences of colour (CIELAB) across an outline: from the first on it is an edge, and beyond the
# second it is no clearer.
EDGE, CLEAR_EDGE = 6.0, 40.0
MASKS = 4  # Of one prompt.


@dataclass(frozen=True)
class Asked:
    """A prompt, and all that was answered to it.

    places: in pixels of the picture that was looked at.
    """

    places: Sequence[Place]
    answers: Answers


def facts_of(look: Look, asked: Sequence[Asked], earlier: Float32 | None) -> Float32:
    """Find out about each answer: n×34, of each prompt its four masks in turn.

    asked: prompts that all mean the same thing. earlier: the logits (256×256) that they correct.

    Its facts are: how good the network believes it to be, and by how much less than the best (2);
    how much of it stays when the threshold is moved a little, or more, and how sure it is inside
    (3); its size, its rank by it, its longer side, its share of the box round it, the length of its
    outline, how much of it is in one piece, and in how many (8); how far the others agree with it,
    the best and on the average, how far the first to the same prompt does, and how much of it they
    have (4); how clear the edge on its outline is, how much of it is none, and how much its colours
    differ from those around it (3); how much of the frame it touches (2); how far from its middle
    the clicks are, how many there are, and how many it does as told (3); whether there is a box and
    how it fills it (2), a mask to correct and how far it agrees (2); which of the four it is, and
    how far the best believed of them agrees (5).
    """
    rows, columns = look.grid.shape[:2]
    logits = np.concatenate([each.answers.logits for each in asked])[:, :rows, :columns]
    qualities = np.concatenate([each.answers.qualities for each in asked])
    masks = logits > 0
    scale = LOGITS_SIDE / max(look.shape)
    before = None if earlier is None else earlier[:rows, :columns] > 0
    picture = _Picture.of(look.grid)
    agreement = _agreement(masks)
    areas = masks.sum(axis=(1, 2))
    rank = areas.argsort(kind="stable").argsort(kind="stable") / max(1, len(areas) - 1)
    facts = np.zeros((len(masks), FACTS), np.float32)
    for index, mask in enumerate(masks):
        prompt = index // MASKS
        if not mask.any():
            continue
        own = slice(prompt * MASKS, prompt * MASKS + MASKS)
        token = index % MASKS
        best = prompt * MASKS + 1 + int(qualities[own][1:].argmax())
        facts[index] = [
            qualities[index],
            qualities[index] - qualities[own].max(),
            *_firmness(logits[index]),
            *_shape(mask, float(rank[index])),
            *_others(agreement, index, prompt * MASKS),
            *picture.outline(mask),
            *_frame(mask),
            *_clicks(mask, asked[prompt].places, scale),
            *_box(mask, asked[prompt].places, scale),
            *_before(mask, before),
            *(float(token == each) for each in range(MASKS)),
            agreement.unions[index, best],
        ]
    return facts


@dataclass(frozen=True)
class _Picture:
    """lab: h×w×3, CIELAB. gradient: h×w, of the channel that changes most."""

    lab: Float32
    gradient: Float32

    @classmethod
    def of(cls, grid: Float32) -> "_Picture":
        lab = np.asarray(cv2.cvtColor(grid, cv2.COLOR_RGB2LAB), np.float32)
        across, down = (cv2.Sobel(lab, cv2.CV_32F, *way, ksize=3) / 8 for way in ((1, 0), (0, 1)))
        return cls(lab, np.hypot(across, down).max(axis=-1))

    def outline(self, mask: Bool) -> list[float]:
        solid = mask.astype(np.uint8)
        kernel = np.ones((3, 3), np.uint8)
        line = cv2.dilate(solid, kernel) != cv2.erode(solid, kernel)
        steps = self.gradient[line]
        if not steps.size:  # It is all of the picture.
            return [0.0, 1.0, 0.0]
        round_it = (cv2.dilate(solid, disc(RING)) > 0) & ~mask
        rim = mask & (cv2.erode(solid, disc(RING)) == 0)
        apart = 0.0
        if round_it.any() and rim.any():
            difference = self.lab[rim].mean(axis=0) - self.lab[round_it].mean(axis=0)
            apart = float(np.linalg.norm(difference)) / 100
        return [
            float(np.minimum(steps, CLEAR_EDGE).mean()) / CLEAR_EDGE,
            float((steps < EDGE).mean()),
            apart,
        ]


@dataclass(frozen=True)
class _Agreement:
    """Of each pair of masks, n×n: intersections over unions, and the share that the other has."""

    unions: Float32
    held: Float32


def _agreement(masks: Bool) -> _Agreement:
    flat = masks.reshape(len(masks), -1).astype(np.float32)
    both = flat @ flat.T
    areas = np.diag(both)
    unions = both / np.maximum(areas[:, None] + areas[None] - both, 1)
    held = both / np.maximum(areas[:, None], 1)
    return _Agreement(unions.astype(np.float32), held.astype(np.float32))


def _firmness(logits: Float32) -> list[float]:
    def stays(margin: float) -> float:
        most = max(1, int(np.count_nonzero(logits > -margin)))
        return float(np.count_nonzero(logits > margin) / most)

    return [stays(1), stays(3), min(float(logits[logits > 0].mean()) / 10, 3.0)]


def _shape(mask: Bool, rank: float) -> list[float]:
    area = int(np.count_nonzero(mask))
    solid = mask.astype(np.uint8)
    pieces, _, about, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
    window = window_round(mask, 0)
    kernel = np.ones((3, 3), np.uint8)
    outline = np.count_nonzero(cv2.dilate(solid, kernel) != cv2.erode(solid, kernel))
    longer = max(window.bottom - window.top, window.right - window.left)
    return [
        float(np.log(area / mask.size)),
        area / mask.size,
        rank,
        longer / LOGITS_SIDE,
        area / window.pixels,
        outline / float(np.sqrt(area)) / 20,
        float(about[1:, cv2.CC_STAT_AREA].max()) / area,
        min(pieces - 1, 10) / 10,
    ]


def _others(agreement: _Agreement, index: int, first: int) -> list[float]:
    others = np.delete(agreement.unions[index], index)
    return [
        float(others.max()),
        float(others.mean()),
        float(agreement.unions[index, first]),
        float(agreement.held[index].mean()),
    ]


def _frame(mask: Bool) -> list[float]:
    sides = (mask[0], mask[-1], mask[:, 0], mask[:, -1])
    return [
        float(np.mean([side.mean() for side in sides])),
        float(np.mean([side.any() for side in sides])),
    ]


def _clicks(mask: Bool, places: Sequence[Place], scale: float) -> list[float]:
    clicks = [place for place in places if place[2] in (KEEP, REMOVE)]
    if not clicks:
        return [0.0, 0.0, 1.0]
    rows, columns = np.nonzero(mask)
    middle = columns.mean() + 0.5, rows.mean() + 0.5
    kept = [place for place in clicks if place[2] == KEEP] or clicks
    away = [np.hypot(x * scale - middle[0], y * scale - middle[1]) for x, y, _ in kept]
    height, width = mask.shape
    obeyed = [
        bool(mask[min(height - 1, max(0, int(y * scale))), min(width - 1, max(0, int(x * scale)))])
        == (label == KEEP)
        for x, y, label in clicks
    ]
    return [
        float(np.mean(away)) / LOGITS_SIDE,
        min(len(clicks), 8) / 8,
        float(np.mean(obeyed)),
    ]


def _box(mask: Bool, places: Sequence[Place], scale: float) -> list[float]:
    corners = [
        (x * scale, y * scale) for x, y, label in places if label in (TOP_LEFT, BOTTOM_RIGHT)
    ]
    if not corners:
        return [0.0, 0.0]
    (left, top), (right, bottom) = corners
    window = window_round(mask, 0)
    across = max(0.0, min(right, window.right) - max(left, window.left))
    down = max(0.0, min(bottom, window.bottom) - max(top, window.top))
    either = (right - left) * (bottom - top) + window.pixels - across * down
    return [1.0, across * down / max(either, 1.0)]


def _before(mask: Bool, before: Bool | None) -> list[float]:
    if before is None:
        return [0.0, 0.0]
    either = max(1, int(np.count_nonzero(mask | before)))
    return [1.0, float(np.count_nonzero(mask & before) / either)]
