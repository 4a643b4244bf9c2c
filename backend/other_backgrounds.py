"""Other backgrounds to choose from: filled in otherwise where a foreground hides them altogether.

There no colour of the background takes part in what is seen, so that each flattens to the picture,
with the very foregrounds of the first. Where a soft edge lets it show, it stays as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from layerpeel.backend.colour import image_of, image_of_pixels, values_from_proxy
from layerpeel.backend.errors import BadInputError, NothingFoundError
from layerpeel.backend.image import (
    DEPTH_OF_DTYPE,
    FULL_SCALE,
    Bool,
    DocumentArray,
    Float32,
    Image,
    array_of,
    from_float,
)
from layerpeel.backend.outcomes import trimmed
from layerpeel.backend.progress import Course, ReportProgress, Stage
from layerpeel.backend.stages.crop import grown
from layerpeel.backend.stages.hidden_colours import without_hidden_colours
from layerpeel.backend.stages.patchmatch import PATCH_RADIUS, USUAL_PIECES, Pieces
from layerpeel.backend.stages.rim import meet_surroundings
from layerpeel.backend.stages.visible_pieces import fill_from_visible
from layerpeel.shared.protocol import (
    Coverage,
    Depth,
    LayerStack,
    MadeWith,
    Picture,
    RefillRequest,
    Role,
)
from layerpeel.shared.translatable import Translatable

MOST_FILL_VARIANTS = 8

SEEDS = 2**63

NOTHING_HIDDEN = (
    "There is no other background: what was lifted off is opaque nowhere, so that all of the "
    "background shows through it."
)

REFILL = Stage("refill", Translatable("Filling in otherwise"), 1.0)

METHOD = "patchmatch"
"""Named in `MadeWith` in an engine's place where a background was filled in otherwise."""

# So far round what is hidden the fill is levelled to the background, in pixels.
RING = 4.0

LARGER = Pieces(PATCH_RADIUS + 2)
SMALLER = Pieces(PATCH_RADIUS - 1, by_height=False)


@dataclass(frozen=True)
class _Way:
    """A way to fill in.

    side: of the middle of the hole, from which pieces come: −1 left, 1 right, 0 both.
    """

    pieces: Pieces
    side: int = 0


# Another seed alone gives nearly the same: pieces that fit best do so in any order. From one of
# these ways to the next they come from elsewhere, or are of another size (docs/decisions.md).
_WAYS = (
    _Way(USUAL_PIECES, -1),
    _Way(USUAL_PIECES, 1),
    _Way(LARGER),
    _Way(SMALLER),
    _Way(LARGER, -1),
    _Way(LARGER, 1),
)


def hidden_by(foregrounds: Sequence[DocumentArray], background: DocumentArray) -> Bool:
    """Where (H×W) an opaque background is hidden by a foreground that is opaque, too.

    All are H×W×C, alpha last, of the document's type.
    """
    hidden = np.zeros(background.shape[:2], np.bool_)
    for foreground in foregrounds:
        hidden |= _is_opaque(foreground)
    return hidden & _is_opaque(background)


def other_background(image: Image, hidden: Bool, seed: int, number: int) -> Float32:
    """Fill in a background otherwise where it is hidden (H×W), and give its values, H×W×C.

    number: which of the other fills, from 1 on.
    """
    way = _WAYS[(number - 1) % len(_WAYS)]
    hole = grown(hidden, RING)
    columns = np.flatnonzero(hole.any(axis=0))
    across = np.arange(image.shape[1]) - (columns[0] + columns[-1]) / 2
    elsewhere = np.broadcast_to(across * way.side < 0, image.shape)
    seen = fill_from_visible(
        image.proxy, image.alpha, hole, elsewhere, (seed + number) % SEEDS, way.pieces
    )
    filled = image.values.copy()
    filled[hole] = values_from_proxy(
        np.ascontiguousarray(seen[hole][None]),
        image.values.shape[-1],
        image.depth,
        image.icc_profile,
    )[0]
    ring = hole & ~hidden & (image.alpha > 0)
    filled = meet_surroundings(filled, image.values, ring, hole)
    return np.where(hidden[..., None], filled, image.values)


def with_values(background: DocumentArray, values: Float32, hidden: Bool) -> DocumentArray:
    """Give a background (H×W×C, alpha last) these values (H×W×(C−1)) where it is hidden (H×W)."""
    other = background.copy()
    other[hidden, :-1] = from_float(values[hidden], _depth_of(background))
    return other


def other_backgrounds(
    background: DocumentArray,
    foregrounds: Sequence[DocumentArray],
    icc_profile: bytes,
    seed: int,
    count: int,
    report: ReportProgress,
) -> list[DocumentArray]:
    """Make `count` other backgrounds; none where no foreground hides anything altogether.

    All arrays are H×W×C, alpha last, of the document's type. Raises what `report` raises.
    """
    hidden = hidden_by(foregrounds, background)
    if not hidden.any():
        return []
    course = Course(report, (REFILL,), rounds=count)
    image = without_hidden_colours(image_of_pixels(background, icc_profile))
    others = []
    for number in range(1, count + 1):
        with course.stage(REFILL):
            values = other_background(image, hidden, seed, number)
        others.append(with_values(background, values, hidden))
    return others


def refill_picture(picture: Picture, request: RefillRequest, report: ReportProgress) -> LayerStack:
    """Fill in a background otherwise (`RefillRequest`): one layer, to lie over the background.

    It is clear wherever the background shows, which stays as exact as it is, whatever has been
    painted there meanwhile.

    Raises BadInputError where `hidden` or a number does not fit, NothingFoundError where nothing
    that is opaque is hidden, and what `report` raises to cancel.
    """
    size = picture.pixels.width, picture.pixels.height
    _check(request, size)
    background = array_of(picture.pixels)
    hidden = _is_opaque(background) & _marked(request.hidden)
    if not hidden.any():
        raise NothingFoundError(NOTHING_HIDDEN)
    course = Course(report, (REFILL,), rounds=1)
    with course.stage(REFILL):
        image = without_hidden_colours(image_of(picture))
        values = other_background(image, hidden, request.seed, request.number)
        other = with_values(background, values, hidden)
    other[~hidden] = 0
    layer = trimmed(other, hidden, "Background", Role.BACKGROUND, picture.pixels.order)
    made = MadeWith(METHOD, request.seed, seconds=course.seconds)
    report(Translatable("Done"), 1.0)
    return LayerStack(size, (layer,), made, picture.icc_profile)


def _check(request: RefillRequest, size: tuple[int, int]) -> None:
    if (request.hidden.width, request.hidden.height) != size:
        raise BadInputError(
            f"What is hidden came for {request.hidden.width}×{request.hidden.height} pixels, and "
            f"the background has {size[0]}×{size[1]}."
        )
    if request.number < 1:
        raise BadInputError(f"There is no other fill {request.number}: they begin with 1.")
    if not 0 <= request.seed < SEEDS:
        raise BadInputError(f"The seed {request.seed} is too large or below 0: take 0 to 2⁶³ − 1.")


def _marked(coverage: Coverage) -> Bool:
    levels = np.frombuffer(coverage.data, np.uint8).reshape(coverage.height, coverage.width)
    marked: Bool = levels == 255
    return marked


def _is_opaque(layer: DocumentArray) -> Bool:
    opaque: Bool = layer[..., -1] == FULL_SCALE[_depth_of(layer)]
    return opaque


def _depth_of(layer: DocumentArray) -> Depth:
    return DEPTH_OF_DTYPE[layer.dtype.newbyteorder("<")]
