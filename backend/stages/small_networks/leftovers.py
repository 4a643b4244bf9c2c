"""What is left of an object in the background along its edge, found by a small network.

Where both layers show, the background is known only as well as alpha is, and an error lies along
the line from what is round about to the object's colour. So along that line each pixel is looked at
once more, with all that is known of it: what the matting network and the fill say, how alpha runs,
how varied the surroundings are, and how all this goes on across the edge and along it
(`edge_profiles`). Of two errors of one size, what is left of the object is seen
sooner than its opposite, and so the network has learned to weigh it (README.md).
"""

import itertools
from dataclasses import dataclass, fields

import cv2
import numpy as np

from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.progress import ReportFraction, say_no_fraction
from layerpeel.backend.stages.crop import Window, window_round
from layerpeel.backend.stages.small_networks.edge_profiles import (
    ACROSS,
    PROFILE_FACTS,
    along,
    beside,
    profiles_of,
)
from layerpeel.backend.stages.small_networks.running import FACTS_INPUT, OUTPUT, session_of
from layerpeel.backend.stages.spread import spread_colours
from layerpeel.backend.stages.tints import with_tints_of
from layerpeel.backend.tile_spans import tile_spans

NETWORK = "leftovers"
FACTS = 28 + PROFILE_FACTS

# Pixels to a side of what is looked at at once, and what it sees beyond: what reaches furthest is a
# Gaussian of `WIDE`. All facts of a side that is nothing but edge take a tenth of a gigabyte.
SIDE, REACH = 512, 48

# How far beside what alpha has found leftovers are looked for, in pixels: further off there is no
# edge that a profile could cross.
BESIDE = max(ACROSS)

# Gaussians, in pixels: of a pixel's own surroundings, near and wide; of how alpha runs.
NEAR, WIDE = 3.0, 10.0
ALPHA_SCALES = (1.0, 2.5, 6.0)
COLOUR_SCALE = 1.2

# Further away, in pixels, is as far; a distance of ten counts as one.
FURTHEST, FAR = 30.0, 10.0

# What nobody sees is left as it is: alpha would have to rise for it.
UNSEEN = 2 / 255

# Log-odds of alpha are taken no nearer to its ends; and divided so that all facts are of one size.
ENDS, LOG_ODDS = 0.003, 4.0


@dataclass(frozen=True)
class EdgeColours:
    """All that is known where both layers show; H×W×C of the document's own values, 0–1.

    alpha: H×W, 0–1. estimated, filled: two opinions of the background, the matting network's and
    the fill's; background: what has been made of both.
    """

    values: Float32
    alpha: Float32
    foreground: Float32
    estimated: Float32
    filled: Float32
    background: Float32

    def within(self, window: Window) -> "EdgeColours":
        """The same in a part of the picture, its colours as RGB."""
        parts = (getattr(self, field.name)[window.slices] for field in fields(self))
        return EdgeColours(*(_as_rgb(part) for part in parts))


def without_leftovers(
    colours: EdgeColours, region: Bool, report: ReportFraction = say_no_fraction
) -> Float32:
    """The background (H×W×C) with what is left of the object taken out of it in `region` (H×W).

    Raises whatever `report` raises to cancel.
    """
    background = colours.background.copy()
    if not region.any():
        return background
    session = session_of(NETWORK)
    bounds = window_round(region, REACH)
    rows = tile_spans(bounds.bottom - bounds.top, REACH, 1, SIDE)
    columns = tile_spans(bounds.right - bounds.left, REACH, 1, SIDE)
    tiles = list(itertools.product(rows, columns))
    for number, (row, column) in enumerate(tiles):
        report(number / len(tiles))
        seen = Window(
            bounds.top + row.seen_begin,
            bounds.top + row.seen_end,
            bounds.left + column.seen_begin,
            bounds.left + column.seen_end,
        )
        wanted = np.zeros(region.shape, np.bool_)[seen.slices]
        answered = np.s_[
            row.begin - row.seen_begin : row.end - row.seen_begin,
            column.begin - column.seen_begin : column.end - column.seen_begin,
        ]
        wanted[answered] = region[seen.slices][answered]
        if not wanted.any():
            continue
        near = colours.within(seen)
        facts, line = facts_of(near, wanted)
        (answer,) = session.run([OUTPUT], {FACTS_INPUT: facts})
        # Away from the object alone: towards a loud one that it does not know it can err far.
        answer = np.minimum(answer + np.float32(UNSEEN), 0)
        moved = _moved_within_known(near, wanted, answer, line)
        background[seen.slices][wanted] = np.clip(moved, 0, 1)[:, : background.shape[-1]]
    return background


def facts_of(colours: EdgeColours, wanted: Bool) -> tuple[Float32, Float32]:
    """What is known of the wanted pixels (N×`FACTS`), and the line that it is measured along.

    colours: RGB. The line (N×3, of length 1) goes from what lies round about to the foreground.
    """
    alpha, touched = colours.alpha, colours.alpha > 0
    clear = (~touched).astype(np.float32)
    around = spread_colours(colours.values, clear)
    reach = colours.foreground - around
    length = np.linalg.norm(reach, axis=-1)
    line = reach / np.maximum(length, np.float32(1e-3))[..., None]

    opinions = (colours.values, colours.estimated, colours.filled, colours.background)
    picture, _, _, background = levels = [along(plane, around, line) for plane in opinions]
    square = np.ones((3, 3), np.uint8)
    within = np.clip(alpha, ENDS, 1 - ENDS)
    planes = [
        alpha,
        np.log(within / (1 - within)) / LOG_ODDS,
        length,
        *levels,
        *(beside(plane, around, line) for plane in opinions[:3]),
        *_surroundings(colours.values, clear, around, line, NEAR),
        *_surroundings(colours.values, clear, around, line, WIDE),
        _distance_within(touched),
        _distance_within(alpha < 0.99),
        *(_blurred(alpha, scale) for scale in ALPHA_SCALES),
        cv2.dilate(alpha, square),
        cv2.erode(alpha, square),
        *(along(_blurred(opinions[index], COLOUR_SCALE), around, line) for index in (0, 1, 3, 2)),
        colours.foreground.mean(axis=-1),
        around.mean(axis=-1),
        # What of the picture the layers do not explain.
        picture - alpha * length - (1 - alpha) * background,
    ]
    own = np.stack([plane[wanted] for plane in planes], axis=-1).astype(np.float32)
    seen = np.dstack([colours.values, alpha])
    lines = np.asarray(line[wanted], np.float32)
    profiles = profiles_of(seen, colours.background, colours.filled, wanted, around[wanted], lines)
    return np.hstack([own, profiles]), lines


def _moved_within_known(
    colours: EdgeColours, wanted: Bool, answer: Float32, line: Float32
) -> Float32:
    """Move the background of the wanted pixels along their line (N×3), as far as others bear out.

    answer: N, how far. No further than the fill lies, or clear surroundings less their deviation:
    beyond, it would be a halo of the opposite colour. And with no tint that neither of them has:
    where the foreground's colour is not the one that is left behind, the line leads astray, and
    specks of a colour that is nowhere near are seen first of all that can be wrong.
    """
    background, filled = colours.background[wanted], colours.filled[wanted]
    clear = (colours.alpha <= 0).astype(np.float32)
    mean, variance = (plane[wanted] for plane in _clear_moments(colours.values, clear, NEAR))
    deviation = np.sqrt((variance * line**2).sum(axis=-1))
    furthest = np.minimum(
        along(filled, background, line), along(mean, background, line) - deviation
    )
    step = np.maximum(answer, np.minimum(furthest, 0))
    return with_tints_of(background + step[:, None] * line, (background, filled, mean))


def _surroundings(
    values: Float32, clear: Float32, around: Float32, line: Float32, scale: float
) -> tuple[Float32, Float32]:
    """How much clear surroundings vary along the line, and where their mean lies on it."""
    mean, variance = _clear_moments(values, clear, scale)
    deviation = np.sqrt((variance * line**2).sum(axis=-1))
    return deviation, np.asarray(((mean - around) * line).sum(axis=-1), np.float32)


def _clear_moments(values: Float32, clear: Float32, scale: float) -> tuple[Float32, Float32]:
    """Mean and variance (H×W×3) of what is clear near by, weighed by a Gaussian."""
    weight = (_blurred(clear, scale) + np.float32(1e-6))[..., None]
    seen = clear[..., None]
    mean = _blurred(values * seen, scale) / weight
    return mean, np.maximum(_blurred(values**2 * seen, scale) / weight - mean**2, 0)


def _distance_within(region: Bool) -> Float32:
    distance = cv2.distanceTransform(region.astype(np.uint8), cv2.DIST_L2, 3)
    return np.asarray(np.minimum(distance, FURTHEST) / FAR, np.float32)


def _blurred(plane: Float32, scale: float) -> Float32:
    blurred = cv2.GaussianBlur(plane, (0, 0), scale, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(blurred, np.float32)


def _as_rgb(plane: Float32) -> Float32:
    """Repeat a single channel (H×W×1) three times."""
    return np.repeat(plane, 3, axis=-1) if plane.ndim == 3 and plane.shape[-1] == 1 else plane
