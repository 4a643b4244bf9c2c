"""The paper's Figure 1 as a loop: determine the foreground, separate, and peel what is left again.

Generation, its first stage, comes before this: any picture can be peeled.
"""

from dataclasses import dataclass

import numpy as np

from layerpeel.backend.colour import image_of
from layerpeel.backend.determine import check_lift, determine
from layerpeel.backend.engines.engine import Engine
from layerpeel.backend.errors import BadInputError, NothingFoundError
from layerpeel.backend.image import DocumentArray, Float32, Image, array_of, block_of
from layerpeel.backend.lossless import ExactLayers, split_exactly
from layerpeel.backend.outcomes import check_outcome, layers_of, selection_of
from layerpeel.backend.progress import (
    Course,
    ReportProgress,
    ShowFound,
    Stage,
    say_nothing,
    show_nobody,
)
from layerpeel.shared.protocol import (
    Coverage,
    LayerStack,
    Lift,
    MadeWith,
    Outcome,
    PeelRequest,
    Picture,
    Subject,
)

MOST_LAYERS = 32

# Shares of the time were measured at 1024² on two cores.
DETERMINE = Stage("determine", "Finding what to lift off", 0.25)
MATTE = Stage("matte", "Finding its edge", 0.2)
SEPARATE = Stage("separate", "Filling in behind it", 0.5)
EXACT = Stage("exact", "Making it exact", 0.05)
FINDING, LIFTING = (DETERMINE, MATTE), (SEPARATE, EXACT)


def peel_picture(
    picture: Picture,
    request: PeelRequest,
    engine: Engine,
    report: ReportProgress = say_nothing,
    show: ShowFound = show_nobody,
) -> LayerStack:
    """Peel `request.layers` foregrounds off a picture, front to back.

    Flattened, the stack is the picture (`layerpeel.backend.lossless`). It stops early, and says so
    in its notes, when nothing more is found. Other outcomes are those of the protocol (`Outcome`).

    Raises BadInputError for a request that does not fit the picture, NothingFoundError when not
    even one foreground is found, ModelError when the engine lacks a model, and whatever `report`
    raises to cancel, or `show`.
    """
    _check(picture, request)
    engine.check(request)
    only_selected = request.outcome is Outcome.SELECTION
    course = Course(report, FINDING if only_selected else FINDING + LIFTING, request.layers)
    peel = _Peel(request, engine, course)
    foregrounds: list[DocumentArray] = []
    notes: list[str] = []
    selection: Coverage | None = None
    parent = array_of(picture.pixels)
    image = image_of(picture)
    lift: Lift = request.lift
    for index in range(request.layers):
        try:
            found = peel.find(image, lift)
        except NothingFoundError as nothing:
            if not foregrounds:
                raise
            notes.append(_stopped_early(index, request.layers, nothing))
            break
        show(np.dstack([image.proxy, found.alpha * image.alpha]))
        if only_selected:
            selection = selection_of(found.alpha, image.alpha)
            break
        layers = peel.lift_off(parent, image, found)
        foregrounds.append(layers.foreground)
        parent = layers.background
        lift = Subject()
        if index + 1 < request.layers:
            image = image_of(Picture(block_of(parent), picture.icc_profile))
    report("Done", 1.0)
    return LayerStack(
        (picture.pixels.width, picture.pixels.height),
        () if only_selected else layers_of(picture, parent, foregrounds, request),
        MadeWith(engine.name, request.seed, dict(engine.models), course.seconds),
        picture.icc_profile,
        (*engine.notes, *notes),
        selection,
    )


def _check(picture: Picture, request: PeelRequest) -> None:
    if not 1 <= request.layers <= MOST_LAYERS:
        raise BadInputError(
            f"{request.layers} layers cannot be peeled: ask for 1 to {MOST_LAYERS}."
        )
    check_lift(request.lift, request.band, (picture.pixels.height, picture.pixels.width))
    check_outcome(picture, request)


@dataclass(frozen=True)
class _Found:
    """What will be lifted off, and by which edge: trimap and alpha, both H×W.

    alpha_is_exact: whether the alpha was given, and is to come out as it is.
    """

    trimap: Float32
    alpha: Float32
    alpha_is_exact: bool


@dataclass(frozen=True)
class _Peel:
    """The stages of one layer, in two halves."""

    request: PeelRequest
    engine: Engine
    course: Course

    def find(self, image: Image, lift: Lift) -> _Found:
        band = None if lift is not self.request.lift else self.request.band
        with self.course.stage(DETERMINE):
            determined = determine(image, lift, band, self.engine)
        with self.course.stage(MATTE):
            if determined.alpha is not None:
                return _Found(determined.trimap, determined.alpha, alpha_is_exact=True)
            alpha = self.engine.matte(image, determined.trimap)
            return _Found(determined.trimap, alpha, alpha_is_exact=False)

    def lift_off(self, parent: DocumentArray, image: Image, found: _Found) -> ExactLayers:
        with self.course.stage(SEPARATE) as report:
            estimates = self.engine.separate(
                image, found.alpha, found.trimap, self.request.seed, report
            )
        if found.alpha_is_exact:
            estimates = estimates.held_to(found.alpha)
        with self.course.stage(EXACT):
            return split_exactly(parent, estimates, image.depth, self.request.masks)


def _stopped_early(found: int, wanted: int, why: NothingFoundError) -> str:
    layers = "layer" if found == 1 else "layers"
    return f"Stopped after {found} {layers} of {wanted}: {why}"
