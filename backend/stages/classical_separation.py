"""Foreground and background from picture and alpha.

Colours by multi-level estimation, or as a network has found them, where both layers show;
PatchMatch where the object hides what is behind it; one blends into the other as alpha rises. What
is left of the object's colour just outside its edge is found by comparing with the clean
surroundings, and goes too; where both layers show, by a network (`small_networks.leftovers`).
"""

from collections.abc import Callable

import cv2
import numpy as np

from layerpeel.backend.image import Bool, Float32, Image
from layerpeel.backend.lossless import Estimates
from layerpeel.backend.progress import ReportFraction, in_steps, say_no_fraction
from layerpeel.backend.separation import Matte, Separation
from layerpeel.backend.stages.alpha_behind import FillPlane, alpha_behind, spread_into
from layerpeel.backend.stages.crop import disc, grown, window_round
from layerpeel.backend.stages.multilevel_colours import estimate_colours
from layerpeel.backend.stages.rim import meet_surroundings
from layerpeel.backend.stages.small_networks.leftovers import BESIDE, EdgeColours, without_leftovers
from layerpeel.backend.stages.tints import OPPONENTS

FillHole = Callable[[Float32, Bool, ReportFraction], Float32]
"""Fills a hole (H×W) in H×W×C of the document's values; elsewhere it changes nothing.

It may raise to cancel, as what it reports to does.
"""

# How long each step takes, as a share of all but filling.
ESTIMATING, LEVELLING, KEEPING, LEFTOVERS = 0.15, 0.16, 0.3, 0.39

# From this alpha on the fill starts to replace the estimated background, and here it has done so:
# what is estimated behind half an object is little more than the object's own colour.
FILL_FROM, FILL_ALONE = 0.02, 0.5
# A network that has learned what objects hide is to be believed for longer.
FOUND_FILL_FROM, FOUND_FILL_ALONE = 0.05, 0.6

# How far round every trace of the object the background is in doubt: in pixels, and as a share of
# the picture's side (blur and JPEG reach further in larger pictures).
LEAST_DOUBT, DOUBT = 3.0, 0.003

# As far beyond that the levels of both sides are compared (`rim`), which is the furthest look.
MOST_SEEN = 96

# In doubt, the background must look like clean surroundings within this many pixels, give or take
# this much of full scale.
SURROUNDINGS = 16
TOLERANCE = 0.02
# Least cosine between how something differs from its surroundings and how the object does, for it
# to count as a part of the object that alpha has missed.
LIKE_OBJECT = 0.4
# An outline drawn in ink is of another colour than the object beside it: the darkest or lightest
# that it has within so many pixels. Of these the cosine has to be larger.
INK_REACH, LIKE_INK = 6, 0.7
SURE = 0.99


def doubt_round(image: Image) -> float:
    """How far round every trace of an object the background is in doubt, in pixels."""
    return max(LEAST_DOUBT, DOUBT * image.side)


def room_round(image: Image) -> int:
    """How far round what is lifted off the picture is looked at, in pixels."""
    return MOST_SEEN + 2 * int(np.ceil(doubt_round(image)))


def separate_classically(
    image: Image,
    matte: Matte,
    trimap: Float32,
    fill_hole: FillHole,
    fill_alpha: FillPlane = spread_into,
    report: ReportFraction = say_no_fraction,
    filling: float = 1.0,
) -> Estimates:
    """Estimate both layers of H×W pixels by their matte and trimap (0, 0.5, 1).

    matte: the colours of a `Separation`, in the document's own values, are taken in the trimap's
        band; otherwise those are multi-level estimates.
    fill_alpha: fills a hole in the picture's own transparency.
    filling: how long filling takes, beside all else, which takes 1.
    Raises what `fill_hole` raises, and whatever `report` raises to cancel.
    """
    to_colours, to_leftovers = in_steps(report, filling + 1 - LEFTOVERS, LEFTOVERS)
    colours, in_doubt, behind = edge_colours(
        image, matte, trimap, fill_hole, fill_alpha, to_colours, filling
    )
    background = colours.background
    if isinstance(matte, Separation):
        beside = grown(matte.alpha > 0, BESIDE)
        region = in_doubt & beside & (matte.alpha < 1)
        background = without_leftovers(colours, region, to_leftovers)
    covered = matte.alpha >= 1
    return Estimates(
        matte.alpha, colours.foreground, background, in_doubt & ~covered, background_alpha=behind
    )


def edge_colours(
    image: Image,
    matte: Matte,
    trimap: Float32,
    fill_hole: FillHole,
    fill_alpha: FillPlane = spread_into,
    report: ReportFraction = say_no_fraction,
    filling: float = 1.0,
) -> tuple[EdgeColours, Bool, Float32]:
    """Estimate colours of both layers, where (H×W) the background is in doubt, and its alpha.

    As `separate_classically`, but for what `small_networks.leftovers` finds.
    """
    to_estimated, to_filled, to_levelled, to_kept = in_steps(
        report, ESTIMATING, filling, LEVELLING, KEEPING
    )
    alpha = matte.alpha
    touched = alpha > 0
    doubt = doubt_round(image)
    # Where the object surely hides all, nothing of the background is to be told from it.
    in_doubt = grown(touched, doubt) & (trimap < 1)
    band = (trimap > 0) & (trimap < 1)
    foreground, estimated = estimate_colours(image.values, alpha, in_doubt | band)
    if isinstance(matte, Separation):
        foreground[band] = matte.foreground[band]
        estimated[band] = matte.background[band]
    to_estimated(1.0)
    hole, visible = in_doubt | touched, image.alpha > 0
    filled = fill_hole(image.values, hole, to_filled)
    to_filled(1.0)
    filled = meet_surroundings(filled, image.values, in_doubt & ~touched & visible, hole)

    to_levelled(1.0)
    weight = _smooth_step(alpha, FILL_FROM, FILL_ALONE)
    if isinstance(matte, Separation):
        over_found = _smooth_step(alpha, FOUND_FILL_FROM, FOUND_FILL_ALONE)
        weight = np.where(band, over_found, weight)
    behind = alpha_behind(image.alpha, weight, touched, hole, fill_alpha)
    weight = weight[..., None]
    background = weight * filled + (1 - weight) * estimated
    background[~touched] = image.values[~touched]
    clean = visible & ~grown(touched, doubt)
    # Ink strokes beside the object that alpha has missed as a whole are no surroundings either.
    beside = band & ~in_doubt
    known = clean & (trimap == 0)
    _keep_to_surroundings(background, foreground, image.values, alpha, beside, known)
    to_kept(0.5)
    seen = np.where(beside[..., None], background, image.values)
    _keep_to_surroundings(background, foreground, seen, alpha, in_doubt, clean)
    to_kept(1.0)
    colours = EdgeColours(image.values, alpha, foreground, estimated, filled, background)
    return colours, in_doubt | beside, behind


def _smooth_step(value: Float32, low: float, high: float) -> Float32:
    share = np.clip((value - low) / (high - low), 0, 1)
    smooth: Float32 = share * share * (3 - 2 * share)
    return smooth


def _keep_to_surroundings(
    background: Float32,
    foreground: Float32,
    values: Float32,
    alpha: Float32,
    in_doubt: Bool,
    clean: Bool,
) -> None:
    """Clip the doubtful background to the range of clean colours near by, where the object shows.

    A mast's outline or a strand that alpha has missed is no colour of the surroundings but one on
    the way to the object's; clipped here, it becomes part of the object in the lossless step, which
    raises alpha where it must. A star beside the mast differs otherwise, and stays where it is.
    """
    if not in_doubt.any():
        return
    window = window_round(in_doubt, SURROUNDINGS).slices
    doubtful, known = in_doubt[window], clean[window]
    near, wanted = values[window], background[window]
    slack = np.float32(TOLERANCE * max(1.0, float(near.max() - near.min())))
    clipped = _clipped_to_range_near(wanted, near, doubtful, known, slack)
    if near.shape[-1] == len(OPPONENTS):
        # Rows of H×W×3 @ 3×3.
        turned, near = clipped @ OPPONENTS.T, near @ OPPONENTS.T
        # A tint is seen sooner than a shade.
        clipped = _clipped_to_range_near(turned, near, doubtful, known, slack / 2) @ OPPONENTS
    reached = clipped[doubtful]
    beyond = wanted[doubtful] - reached  # N×C
    explained = _points_to(foreground[window][doubtful] - reached, beyond, LIKE_OBJECT)
    seen = values[window]
    for ink in _darkest_and_lightest(seen, alpha[window] >= SURE):
        explained |= _points_to(ink[doubtful] - reached, beyond, LIKE_INK)
    wanted[doubtful] = np.where(explained[:, None], reached, wanted[doubtful])


def _points_to(to_object: Float32, beyond: Float32, least: float) -> Bool:
    """Whether differences (N×C) have a cosine over `least`; none where a colour is not a number."""
    along = (beyond * to_object).sum(axis=-1)
    lengths = np.linalg.norm(beyond, axis=-1) * np.linalg.norm(to_object, axis=-1)
    points: Bool = along > least * lengths
    return points


def _darkest_and_lightest(values: Float32, sure: Bool) -> tuple[Float32, Float32]:
    """By channel, of what is surely object near each pixel: NaN where there is none."""
    neighbourhood = disc(INK_REACH)
    beyond = np.float32(np.finfo(np.float32).max / 2)
    seen = sure[..., None]
    eroded = cv2.erode(np.where(seen, values, beyond), neighbourhood)
    dilated = cv2.dilate(np.where(seen, values, -beyond), neighbourhood)
    darkest = np.asarray(eroded, np.float32).reshape(values.shape)
    lightest = np.asarray(dilated, np.float32).reshape(values.shape)
    none = ~grown(sure, INK_REACH)
    darkest[none] = lightest[none] = np.nan
    return darkest, lightest


def _clipped_to_range_near(
    wanted: Float32, near: Float32, doubtful: Bool, known: Bool, slack: np.float32
) -> Float32:
    """Clip `wanted` (H×W×C) where it is doubtful to what `near` holds round about, by channel."""
    neighbourhood = disc(SURROUNDINGS)
    beyond = np.float32(np.finfo(np.float32).max / 2)
    seen = known[..., None]
    lowest = cv2.erode(np.where(seen, near, beyond), neighbourhood).reshape(near.shape)
    highest = cv2.dilate(np.where(seen, near, -beyond), neighbourhood).reshape(near.shape)
    # Deep inside the object there are no surroundings, and nothing to keep to.
    chosen = doubtful & (lowest <= highest).all(axis=-1)
    clipped = wanted.copy()
    clipped[chosen] = np.clip(wanted[chosen], lowest[chosen] - slack, highest[chosen] + slack)
    return clipped
