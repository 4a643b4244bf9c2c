"""Foreground determination (paper, section 3.2): from what is to be lifted off to a trimap."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from layerpeel.backend.engines.engine import Engine
from layerpeel.backend.errors import BadInputError, NothingFoundError
from layerpeel.backend.image import Float32, Image, Slices
from layerpeel.backend.progress import ReportFraction, say_no_fraction
from layerpeel.backend.stages.crop import window_round
from layerpeel.backend.stages.faint_parts import faint_parts
from layerpeel.backend.stages.pointing.standing_out import stands_out
from layerpeel.backend.stages.things.thing_masks import COVERED, lies_within, mask_of
from layerpeel.backend.stages.trimap import (
    NETWORK_BAND,
    ROUGH_BAND,
    band_of,
    read_trimap,
    trimap_round_mask,
    trimap_round_parts,
)
from layerpeel.shared.protocol import (
    Box,
    Coverage,
    Lift,
    Mask,
    Phrases,
    Point,
    Points,
    Subject,
    Thing,
    Things,
    Trimap,
    Words,
)
from layerpeel.shared.scene_prompt import MOST_FOREGROUNDS

SUBJECT = "The subject"
POINTED_AT = "What is pointed at"
SHOW_IT = "Point at what to lift off, or select it."

MOST_THINGS = 32

# A subject smaller than this share of the picture, or of which the network is less sure than this
# on average, is none.
LEAST_SUBJECT = 0.005
LEAST_CONFIDENCE = 0.5

# Confidence is averaged over what the network suspects at all: over what it is sure of, the mean
# would always be high (docs/decisions.md).
SUSPECTED = 0.1


@dataclass(frozen=True)
class Determined:
    """What is to be lifted off.

    trimap: H×W, 1 foreground, 0 background, 0.5 unknown.
    alpha: H×W, 0–1, where it was given to the last byte; None where it is to be found.
    faint: H×W, what alpha is at least, by `faint_parts` of a soft mask; None for nothing.
    """

    trimap: Float32
    alpha: Float32 | None = None
    faint: Float32 | None = None

    def part(self, slices: Slices) -> "Determined":
        """The same for a part of the picture, by rows and columns."""
        alpha, faint = (
            None if plane is None else plane[slices] for plane in (self.alpha, self.faint)
        )
        return Determined(self.trimap[slices], alpha, faint)


def check_lift(lift: Lift, band: float | None, shape: tuple[int, int]) -> None:
    """Find out before any work whether `lift` fits a picture of `shape` (height, width).

    Raises BadInputError when sizes differ, a box or a thing lies outside, words or a thing are
    empty or the band is not positive.
    """
    if band is not None and not 0 < band <= max(shape):
        raise BadInputError(
            f"A band of {band:g} pixels cannot be used: give a number above 0, in pixels."
        )
    match lift:
        case Mask(coverage) | Trimap(coverage):
            _check_size(coverage, shape, "mask")
        case Subject(Coverage() as within):
            _check_size(within, shape, "selection")
        case Box():
            _check_box(lift, shape)
        case Words(text):
            if not text.strip():
                raise BadInputError("The words are empty: name what is to be lifted off.")
        case Phrases(texts):
            if not texts or not all(text.strip() for text in texts):
                raise BadInputError("A phrase is empty: name what is to be lifted off.")
            if len(texts) > MOST_FOREGROUNDS:
                raise BadInputError(
                    f"{len(texts)} phrases are too many: name at most {MOST_FOREGROUNDS}."
                )
        case Points():
            _check_points(lift, shape)
        case Things(found):
            _check_things(found, shape)


def _check_size(coverage: Coverage, shape: tuple[int, int], what: str) -> None:
    if (coverage.height, coverage.width) != shape:
        raise BadInputError(
            f"The {what} is {coverage.width}×{coverage.height} pixels, the picture "
            f"{shape[1]}×{shape[0]}: they must be of one size."
        )


def _check_box(box: Box, shape: tuple[int, int]) -> None:
    if box.width * box.height == 1:
        raise BadInputError(
            f"The box {box.left},{box.top},1,1 is one pixel: draw it round what is to come off."
        )
    inside = (
        box.width > 0
        and box.height > 0
        and box.left >= 0
        and box.top >= 0
        and box.left + box.width <= shape[1]
        and box.top + box.height <= shape[0]
    )
    if not inside:
        raise BadInputError(
            f"The box {box.left},{box.top},{box.width},{box.height} does not lie within the "
            f"picture, which is {shape[1]}×{shape[0]} pixels (a box is left,top,width,height)."
        )


def _check_points(lift: Points, shape: tuple[int, int]) -> None:
    if lift.box is not None:
        _check_box(lift.box, shape)
    elif not any(point.inside for point in lift.points):
        raise BadInputError("No point shows what is to be lifted off: give at least one that does.")
    for point in lift.points:
        if not (0 <= point.x < shape[1] and 0 <= point.y < shape[0]):
            raise BadInputError(
                f"The point {point.x},{point.y} does not lie within the picture, which is "
                f"{shape[1]}×{shape[0]} pixels."
            )
    kept = {(point.x, point.y) for point in lift.points if point.inside}
    for point in lift.points:
        if not point.inside and (point.x, point.y) in kept:
            raise BadInputError(
                f"The point {point.x},{point.y} is to be lifted off and to stay: take one of the "
                "two back."
            )


def _check_things(things: Sequence[Thing], shape: tuple[int, int]) -> None:
    if len(things) > MOST_THINGS:
        raise BadInputError(
            f"{len(things)} things are too many for one picture: give at most {MOST_THINGS}."
        )
    for thing in things:
        if not lies_within(thing, shape):
            raise BadInputError(
                f"The thing “{thing.name}” does not lie within the picture, which is "
                f"{shape[1]}×{shape[0]} pixels: find the things of this picture again."
            )
        if not any(level >= COVERED for part in thing.parts for level in set(part.coverage.data)):
            raise BadInputError(f"The thing “{thing.name}” is empty: leave it out.")


def determine(
    image: Image,
    lift: Lift,
    band: float | None,
    engine: Engine,
    report: ReportFraction = say_no_fraction,
) -> Determined:
    """Determine what is lifted off a picture; the trimap has some of both sure kinds.

    Only an exact mask's may have none of them: where its alpha is 0, 1 or between is all it says.

    Raises NothingFoundError when there is nothing to lift off, or nothing that would stay.
    """
    faint: Float32 | None = None
    match lift:
        case Trimap(coverage):
            trimap = read_trimap(_levels(coverage))
            _check_trimap(trimap, "The trimap")
            return Determined(trimap)
        case Mask(coverage, exact=True):
            return _taken_at_its_word(_levels(coverage))
        case Mask(coverage):
            mask, rough, what = _levels(coverage), ROUGH_BAND, "The mask"
            _check_mask(mask)
            faint = faint_parts(mask)
            # Whoever gives a band says how far from the mask the edge may lie.
            thing = engine.find_in_lasso(image, mask, report) if band is None else None
            if thing is not None:
                mask, rough, faint = thing, NETWORK_BAND, None
        case Box():
            mask = engine.find_in_box(image, lift, report)
            rough, what = NETWORK_BAND, "What the box holds"
            _check_found(mask, lift.width * lift.height, "in the box")
        case Words(text):
            # However small it is: it was asked for by name.
            mask = engine.find_words(image, text, report)
            rough, what = NETWORK_BAND, f"“{text}”"
            _check_any(mask, what)
        case Points():
            mask = find_pointed_at(image, lift, engine.find_at_points, report)
            rough, what = NETWORK_BAND, POINTED_AT
        case Subject(Coverage() as within):
            mask, rough, what = (
                _find_within(image, _levels(within), engine, report),
                NETWORK_BAND,
                SUBJECT,
            )
        case Things((thing,)):
            mask = mask_of(thing, image.shape).astype(np.float32)
            rough, what = NETWORK_BAND, f"“{thing.name}”"
            _check_any(mask, what)
        case Phrases() | Things():
            raise BadInputError("Phrases and things are lifted off one by one.")
        case Subject():
            mask, rough, what = engine.find_subject(image, report), NETWORK_BAND, SUBJECT
            _check_found(mask, mask.size, "in the picture")
    if band is not None:
        trimap = trimap_round_mask(mask, band)
    elif isinstance(lift, Mask):
        trimap = trimap_round_parts(mask, rough)
    else:
        trimap = trimap_round_mask(mask, band_of(mask, rough))
    _check_trimap(trimap, what)
    return Determined(engine.loosen_transparent(image, trimap), faint=faint)


FindAtPoints = Callable[[Image, Sequence[Point], Box | None, ReportFraction], Float32]
"""`Engine.find_at_points`, or what is asked in its place."""


def find_pointed_at(
    image: Image, lift: Points, find: FindAtPoints, report: ReportFraction = say_no_fraction
) -> Float32:
    """How surely each pixel (H×W, 0–1) belongs to what points and a box mean, as a peel takes it.

    Raises NothingFoundError where a point lies on what is clear, and when nothing is found.
    """
    _check_shown(image, lift.points)
    mask = find(image, lift.points, lift.box, report)
    _check_any(mask, POINTED_AT)
    if not stands_out(image, mask):
        raise NothingFoundError(
            "Nothing stands out at what is pointed at: it looks the same all round. Point at "
            "something with an edge, or select it."
        )
    return mask


def _taken_at_its_word(alpha: Float32) -> Determined:
    """Take a mask as the alpha itself, also one that is faint everywhere, or nowhere 0."""
    if not (alpha > 0).any():
        raise NothingFoundError("The mask is empty: paint over what is to be lifted off.")
    if (alpha >= 1).all():
        raise NothingFoundError(_covers_all("The mask"))
    trimap = np.full(alpha.shape, 0.5, np.float32)
    trimap[alpha >= 1] = 1
    trimap[alpha <= 0] = 0
    return Determined(trimap, alpha)


def _find_within(
    image: Image, selection: Float32, engine: Engine, report: ReportFraction
) -> Float32:
    """Find the subject of the selection's bounds, as far as it is selected (H×W, 0–1)."""
    chosen = selection >= 0.5
    if not chosen.any():
        raise NothingFoundError(
            "The selection is empty: select what the subject lies in (at least half)."
        )
    window = window_round(selection > SUSPECTED, 0)
    bounds = Box(window.left, window.top, window.right - window.left, window.bottom - window.top)
    found = engine.find_subject_within(image, bounds, report)
    # Before the soft edge counts: a feathered selection makes nothing less sure.
    _check_found(np.where(chosen, found, 0), int(np.count_nonzero(chosen)), "within the selection")
    return found * selection


def _levels(coverage: Coverage) -> Float32:
    levels = np.frombuffer(coverage.data, np.uint8).reshape(coverage.height, coverage.width)
    return levels.astype(np.float32) / np.float32(255)


def _check_mask(mask: Float32) -> None:
    if not (mask >= 0.5).any():
        raise NothingFoundError(
            "The mask is empty: paint over what is to be lifted off (white, at least half)."
        )


def _check_shown(image: Image, points: Sequence[Point]) -> None:
    for point in points:
        if point.inside and image.alpha[point.y, point.x] <= 0:
            raise NothingFoundError(
                f"At the point {point.x},{point.y} the picture is clear: point at something in it."
            )


def _check_any(mask: Float32, what: str) -> None:
    if not (mask >= 0.5).any():
        raise NothingFoundError(
            f"{what} has no clear outline in this picture. Point at it otherwise, or select it."
        )


def _check_found(mask: Float32, pixels: int, where: str) -> None:
    suspected = mask > SUSPECTED
    area = float(np.count_nonzero(mask >= 0.5)) / pixels
    confidence = float(mask[suspected].mean()) if suspected.any() else 0.0
    if area < LEAST_SUBJECT:
        raise NothingFoundError(
            f"No subject was found {where}: nothing that is large enough stands out. {SHOW_IT}"
        )
    if confidence < LEAST_CONFIDENCE:
        raise NothingFoundError(
            f"No subject was found {where}: nothing stands out clearly enough. {SHOW_IT}"
        )


def _check_trimap(trimap: Float32, what: str) -> None:
    if not (trimap == 1).any():
        raise NothingFoundError(f"{what} has nothing that is surely foreground: nothing to lift.")
    if not (trimap == 0).any():
        raise NothingFoundError(_covers_all(what))


def _covers_all(what: str) -> str:
    return (
        f"{what} covers the whole picture: nothing would stay behind as background. "
        "Leave some of the picture out."
    )
