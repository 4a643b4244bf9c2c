"""The paper's Figure 1 as a loop: determine the foreground, separate, and peel what is left again.

Generation, its first stage, comes before this: any picture can be peeled.
"""

from collections.abc import Callable

import numpy as np

from layerpeel.backend.colour import image_of
from layerpeel.backend.determine import check_lift, determine
from layerpeel.backend.engines.engine import Engine
from layerpeel.backend.errors import BadInputError, NothingFoundError
from layerpeel.backend.image import DocumentArray, Image, array_of, block_of
from layerpeel.backend.lossless import ExactLayers, split_exactly
from layerpeel.backend.progress import ReportProgress, StageClock, say_nothing
from layerpeel.shared.protocol import (
    Layer,
    LayerStack,
    Lift,
    MadeWith,
    PeelRequest,
    Picture,
    Role,
    Subject,
)

MOST_LAYERS = 32

# Stages of one peel: name, in words, and their share of its time (measured at 1024², two cores).
DETERMINE = ("determine", "Finding what to lift off", 0.25)
MATTE = ("matte", "Finding its edge", 0.2)
SEPARATE = ("separate", "Filling in behind it", 0.5)
EXACT = ("exact", "Making it exact", 0.05)


def peel_picture(
    picture: Picture,
    request: PeelRequest,
    engine: Engine,
    report: ReportProgress = say_nothing,
) -> LayerStack:
    """Peel `request.layers` foregrounds off a picture, front to back.

    Flattened, the stack is the picture (`layerpeel.backend.lossless`). It stops early, and says so
    in its notes, when nothing more is found.

    Raises BadInputError for a request that does not fit the picture, NothingFoundError when not
    even one foreground is found, ModelError when the engine lacks a model, and whatever `report`
    raises to cancel.
    """
    _check(picture, request)
    engine.check(request)
    clock = StageClock()
    foregrounds: list[DocumentArray] = []
    notes: list[str] = []
    parent = array_of(picture.pixels)
    image = image_of(picture)
    lift: Lift = request.lift
    for index in range(request.layers):
        say = _share_of(report, index, request.layers)
        try:
            layers = _peel_once(parent, image, lift, request, engine, clock, say)
        except NothingFoundError as nothing:
            if not foregrounds:
                raise
            notes.append(_stopped_early(index, request.layers, nothing))
            break
        foregrounds.append(layers.foreground)
        parent = layers.background
        lift = Subject()
        if index + 1 < request.layers:
            image = image_of(Picture(block_of(parent), picture.icc_profile))
    report("Done", 1.0)
    made_with = MadeWith(engine.name, request.seed, dict(engine.models), clock.seconds)
    return _stack(picture, parent, foregrounds, made_with, notes)


def _check(picture: Picture, request: PeelRequest) -> None:
    if not 1 <= request.layers <= MOST_LAYERS:
        raise BadInputError(
            f"{request.layers} layers cannot be peeled: ask for 1 to {MOST_LAYERS}."
        )
    check_lift(request.lift, request.band, (picture.pixels.height, picture.pixels.width))


def _peel_once(
    parent: DocumentArray,
    image: Image,
    lift: Lift,
    request: PeelRequest,
    engine: Engine,
    clock: StageClock,
    report: ReportProgress,
) -> ExactLayers:
    band = None if lift is not request.lift else request.band
    done = 0.0

    def begin(stage: tuple[str, str, float]) -> None:
        nonlocal done
        report(stage[1], done)
        done += stage[2]

    begin(DETERMINE)
    with clock.stage(DETERMINE[0]):
        trimap = determine(image, lift, band, engine)
    begin(MATTE)
    with clock.stage(MATTE[0]):
        alpha = engine.matte(image, trimap)
    begin(SEPARATE)
    with clock.stage(SEPARATE[0]):
        estimates = engine.separate(image, alpha, trimap, request.seed)
    begin(EXACT)
    with clock.stage(EXACT[0]):
        return split_exactly(parent, estimates, image.depth)


def _share_of(report: ReportProgress, index: int, count: int) -> Callable[[str, float], None]:
    """Report one peel's progress as its share of all of them."""

    def scaled(stage: str, done: float) -> None:
        words = stage if count == 1 else f"{stage} (layer {index + 1} of {count})"
        report(words, (index + done) / count)

    return scaled


def _stopped_early(found: int, wanted: int, why: NothingFoundError) -> str:
    layers = "layer" if found == 1 else "layers"
    return f"Stopped after {found} {layers} of {wanted}: {why}"


def _stack(
    picture: Picture,
    background: DocumentArray,
    foregrounds: list[DocumentArray],
    made_with: MadeWith,
    notes: list[str],
) -> LayerStack:
    """Bottom first: the background, then the foregrounds from the last peeled to the first."""
    layers = [_trimmed(background, "Background", Role.BACKGROUND)]
    for number in range(len(foregrounds), 0, -1):
        name = "Foreground" if len(foregrounds) == 1 else f"Foreground {number}"
        layers.append(_trimmed(foregrounds[number - 1], name, Role.FOREGROUND))
    size = (picture.pixels.width, picture.pixels.height)
    return LayerStack(size, tuple(layers), made_with, picture.icc_profile, tuple(notes))


def _trimmed(pixels: DocumentArray, name: str, role: Role) -> Layer:
    """Cut a layer to where it shows; one that shows nowhere keeps a single clear pixel."""
    shows = pixels[..., -1] > 0
    rows, columns = np.flatnonzero(shows.any(axis=1)), np.flatnonzero(shows.any(axis=0))
    if rows.size == 0:
        return Layer(name, role, block_of(pixels[:1, :1]))
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    block = block_of(pixels[top:bottom, left:right])
    return Layer(name, role, block, (int(left), int(top)))
