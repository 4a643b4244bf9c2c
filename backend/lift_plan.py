"""What a request lifts off, one after the other, and what is said of what could not be."""

from collections.abc import Sequence

import numpy as np

from layerpeel.backend.errors import BadInputError, LayerpeelError, NothingFoundError
from layerpeel.backend.image import Bool, Float32, to_float
from layerpeel.backend.lossless import Estimates, ExactLayers
from layerpeel.backend.stages.things.thing_masks import mask_of, thing_of
from layerpeel.shared.protocol import (
    Lift,
    Mask,
    Outcome,
    PeelRequest,
    Phrases,
    Subject,
    Thing,
    Things,
    Trimap,
    Words,
)

# Of what is lifted off at least so much is the picture's own, and on no layer yet.
LEAST_LEFT = 0.5

# Of what is visible less than this would stay behind: by what was drawn, and by what was found,
# which misses a little of most figures.
LEAST_STAYS_OF_DRAWN, LEAST_STAYS = 0.001, 0.03
# Where less than this is lifted off, all of a pixel stays.
LEAST_LIFTED = 0.05

# A note says so when more than this of a fill, on average, could not be there.
MOST_MISSING = 0.15

NOTHING_BEHIND = (
    "What was lifted off is see-through itself, so the background behind it is clear, or thin: a "
    "fill would show through, and the picture would look different. To have it filled in, merge "
    "the layer onto an opaque one first, and peel that."
)

NOTHING_ELSE = (
    "Nothing else in the picture stands out by itself. If there is more to lift off, point at it, "
    "or select it."
)


def wants_things(request: PeelRequest) -> bool:
    """Whether the things that stand out in the picture have to be known before all lifting."""
    match request.lift:
        case Things(found):
            return not found
        case Phrases():
            return False
        case _:
            return request.layers > 1


def lifts_without_things(request: PeelRequest) -> list[Lift]:
    """What comes off when no things are looked for: each further layer is the subject of the rest.

    Phrases, and things that were given, one by one.
    """
    match request.lift:
        case Phrases(texts):
            return [Words(text) for text in texts]
        case Things(found):
            return [Things((thing,)) for thing in found]
        case first:
            return [first, *[Subject()] * (request.layers - 1)]


def lifts_of_things(request: PeelRequest, things: Sequence[Thing]) -> list[Lift]:
    """What comes off when these things stand out in the picture, front-most first.

    Two at least are what a picture is of. Of a single one the subject may be more, and a box or
    points say what comes first: then things are what follows.

    Raises NothingFoundError when it is things that were asked for, and there are none.
    """
    lifts: list[Lift] = [Things((thing,)) for thing in things]
    if isinstance(request.lift, Things):
        if not lifts:
            raise NothingFoundError(
                "Nothing in the picture stands out by itself. Point at what to lift off, or select "
                "it."
            )
        return lifts
    if request.lift == Subject() and len(lifts) > 1:
        return lifts
    return [request.lift, *lifts]


def what_is_left(thing: Thing, lifted: Bool) -> Thing:
    """A thing without what is already on a layer (H×W).

    Raises NothingFoundError when that was the larger part of it.
    """
    mask = mask_of(thing, lifted.shape)
    left = mask & ~lifted
    if np.count_nonzero(left) < LEAST_LEFT * np.count_nonzero(mask):
        raise NothingFoundError("The larger part of it is on the layers above.")
    return thing_of(thing.name, left)


def held_by(lifts: Sequence[Lift], shape: tuple[int, int]) -> Bool:
    """What these lifts hold in a picture of `shape` (height, width), as far as it is known."""
    held = np.zeros(shape, bool)
    for lift in lifts:
        if isinstance(lift, Things):
            for thing in lift.found:
                held |= mask_of(thing, shape)
    return held


def check_not_filled_in(alpha: Float32, filled: Bool) -> None:
    """Raise NothingFoundError when the larger part of what was found (H×W, 0–1) was filled in."""
    found = alpha > 0.5
    if np.count_nonzero(found & ~filled) < LEAST_LEFT * np.count_nonzero(found):
        raise NothingFoundError(
            "What stands out now was filled in behind the layers above. If there is more to lift "
            "off, point at it, or select it."
        )


def check_something_stays(alpha: Float32, visible: Float32, lift: Lift) -> None:
    """Raise NothingFoundError when what was found (H×W, 0–1) is all of a picture that is cut out.

    visible: H×W, 0–1, the picture's own alpha.
    """
    if visible.min() > 0 or visible.max() <= 0:
        return
    drawn = isinstance(lift, Mask | Trimap)
    stays = float(visible[alpha < LEAST_LIFTED].sum(dtype=np.float64))
    if stays < (LEAST_STAYS_OF_DRAWN if drawn else LEAST_STAYS) * float(
        visible.sum(dtype=np.float64)
    ):
        raise NothingFoundError(
            "What was found is all that is visible here: it is cut out already, and nothing would "
            "stay behind. To lift a part of it off, point at it, or select it."
        )


def nothing_behind(layers: ExactLayers, estimates: Estimates) -> list[str]:
    """Say so where the picture's own transparency left no room for a fill behind the foreground.

    layers: of the whole picture. estimates: those that they were made of.
    """
    wished, place = estimates.background_alpha, estimates.window or np.s_[:, :]
    if wished is None or wished.min() >= 1:
        return []
    over, under = (
        to_float(layer[place][..., -1]) for layer in (layers.foreground, layers.background)
    )
    # Of the fill a pixel lacks at most what it was to have; edges count as far as they cover.
    missing = (over * np.maximum(wished - under, 0)).sum(dtype=np.float64)
    expected = (over * wished).sum(dtype=np.float64)
    return [NOTHING_BEHIND] if missing > MOST_MISSING * expected else []


def layers_wanted(request: PeelRequest) -> int:
    """How many foregrounds there are to be, at most."""
    match request.lift:
        case Phrases(texts):
            return len(texts)
        case Things((_, *_) as found):
            return len(found)
        case _:
            return request.layers


def name_of(lift: Lift) -> str:
    """What the layer of a lift is called; empty when nothing says so."""
    match lift:
        case Words(text):
            return text.strip()
        case Things((thing,)):
            return thing.name
        case _:
            return ""


def may_be_passed_over(lift: Lift, request: PeelRequest) -> bool:
    """Whether the others still come off when this one cannot."""
    if isinstance(request.lift, Phrases):
        return request.outcome is not Outcome.SELECTION
    return isinstance(lift, Things)


def passed_over(lift: Lift, request: PeelRequest, why: LayerpeelError) -> list[str]:
    """Say what was passed over, if it was asked for."""
    match request.lift:
        case Phrases() if not isinstance(why, BadInputError):
            return [f"“{name_of(lift)}” was not found: point at it with a selection, and peel on."]
        case Phrases() | Things():  # Also words that the detector cannot read.
            return [f"“{name_of(lift)}” was passed over. {why}"]
        case _:
            return []


def stopped_early(lifted: int, request: PeelRequest, why: str = NOTHING_ELSE) -> list[str]:
    """Say that fewer layers came off than were wanted; of things, all that stand out were."""
    if lifted == request.layers or isinstance(request.lift, Phrases | Things):
        return []
    layers = "layer" if lifted == 1 else "layers"
    return [f"Stopped after {lifted} {layers} of {request.layers}: {why}"]
