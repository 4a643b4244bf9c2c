"""Foreground determination (paper, section 3.2): from what is to be lifted off to a trimap."""

import numpy as np

from layerpeel.backend.engines.engine import Engine
from layerpeel.backend.errors import BadInputError, NothingFoundError
from layerpeel.backend.image import Float32, Image
from layerpeel.backend.stages.trimap import (
    NETWORK_BAND,
    ROUGH_BAND,
    band_of,
    read_trimap,
    trimap_round_mask,
)
from layerpeel.shared.protocol import Box, Coverage, Lift, Mask, Subject, Trimap, Words

# A subject smaller than this share of the picture, or of which the network is less sure than this
# on average, is none.
LEAST_SUBJECT = 0.005
LEAST_CONFIDENCE = 0.5

# Confidence is averaged over what the network suspects at all: over what it is sure of, the mean
# would always be high. On 16 composites and 16 backgrounds of the training art the mean was 0.36 to
# 0.99 with a subject (0.36 where it had found the wrong thing), 0 to 0.40 in all pictures without.
SUSPECTED = 0.1


def check_lift(lift: Lift, band: float | None, shape: tuple[int, int]) -> None:
    """Find out before any work whether `lift` fits a picture of `shape` (height, width).

    Raises BadInputError when sizes differ, a box lies outside, words are empty or the band is not
    positive.
    """
    if band is not None and not 0 < band <= max(shape):
        raise BadInputError(
            f"A band of {band:g} pixels cannot be used: give a number above 0, in pixels."
        )
    match lift:
        case Mask(coverage) | Trimap(coverage):
            if (coverage.height, coverage.width) != shape:
                raise BadInputError(
                    f"The mask is {coverage.width}×{coverage.height} pixels, the picture "
                    f"{shape[1]}×{shape[0]}: they must be of one size."
                )
        case Box():
            _check_box(lift, shape)
        case Words(text):
            if not text.strip():
                raise BadInputError("The words are empty: name what is to be lifted off.")


def _check_box(box: Box, shape: tuple[int, int]) -> None:
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


def determine(image: Image, lift: Lift, band: float | None, engine: Engine) -> Float32:
    """Give a trimap (H×W: 1 foreground, 0 background, 0.5 unknown) with some of both sure kinds.

    Raises NothingFoundError when there is nothing to lift off, or nothing that would stay.
    """
    match lift:
        case Trimap(coverage):
            trimap = read_trimap(_levels(coverage))
            _check_trimap(trimap, "The trimap")
            return trimap
        case Mask(coverage):
            mask, rough, what = _levels(coverage), ROUGH_BAND, "The mask"
            _check_mask(mask)
        case Box():
            mask, rough, what = engine.find_in_box(image, lift), NETWORK_BAND, "What the box holds"
            _check_found(mask, lift.width * lift.height, "in the box")
        case Words(text):
            mask, rough, what = engine.find_words(image, text), NETWORK_BAND, f"“{text}”"
            _check_found(mask, mask.size, f"for “{text}”")
        case Subject():
            mask, rough, what = engine.find_subject(image), NETWORK_BAND, "The subject"
            _check_found(mask, mask.size, "in the picture")
    trimap = trimap_round_mask(mask, band_of(mask, rough) if band is None else band)
    _check_trimap(trimap, what)
    return trimap


def _levels(coverage: Coverage) -> Float32:
    levels = np.frombuffer(coverage.data, np.uint8).reshape(coverage.height, coverage.width)
    return levels.astype(np.float32) / np.float32(255)


def _check_mask(mask: Float32) -> None:
    if not (mask >= 0.5).any():
        raise NothingFoundError(
            "The mask is empty: paint over what is to be lifted off (white, at least half)."
        )


def _check_found(mask: Float32, pixels: int, where: str) -> None:
    suspected = mask > SUSPECTED
    area = float(np.count_nonzero(mask >= 0.5)) / pixels
    confidence = float(mask[suspected].mean()) if suspected.any() else 0.0
    if area < LEAST_SUBJECT or confidence < LEAST_CONFIDENCE:
        raise NothingFoundError(
            f"No subject was found {where} (it would cover {area:.1%}, with a confidence of "
            f"{confidence:.2f}). Show what to lift off with a mask or a box."
        )


def _check_trimap(trimap: Float32, what: str) -> None:
    if not (trimap == 1).any():
        raise NothingFoundError(f"{what} has nothing that is surely foreground: nothing to lift.")
    if not (trimap == 0).any():
        raise NothingFoundError(
            f"{what} covers the whole picture: nothing would stay behind as background. "
            "Leave some of the picture out."
        )
