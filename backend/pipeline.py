"""The paper's Figure 1 as a loop: determine the foreground, separate, and peel what is left again.

Generation, its first stage, comes before this: any picture can be peeled. An engine that gives all
layers at once goes through the same loop, and is asked once only.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from layerpeel.backend.colour import image_of, image_of_pixels
from layerpeel.backend.determine import Determined, check_lift, determine
from layerpeel.backend.engines.engine import AnyEngine, Engine, WholeEngine
from layerpeel.backend.errors import BadInputError, LayerpeelError, NothingFoundError
from layerpeel.backend.image import DocumentArray, Float32, Image, array_of
from layerpeel.backend.lossless import Estimates, split_exactly
from layerpeel.backend.outcomes import check_outcome, layers_of, selection_of
from layerpeel.backend.progress import (
    Course,
    ReportProgress,
    ShowFound,
    Stage,
    say_nothing,
    show_nobody,
)
from layerpeel.backend.separation import Matte
from layerpeel.backend.stages.layer_guess import LayerGuess
from layerpeel.shared.protocol import (
    Coverage,
    LayerStack,
    Lift,
    MadeWith,
    Outcome,
    PeelRequest,
    Phrases,
    Picture,
    Subject,
    Words,
)

MOST_LAYERS = 32

# With their shares of the time (docs/decisions.md).
DETERMINE = Stage("determine", "Finding what to lift off", 0.25)
MATTE = Stage("matte", "Finding its edge", 0.2)
SEPARATE = Stage("separate", "Filling in behind it", 0.5)
EXACT = Stage("exact", "Making it exact", 0.05)
FINDING, LIFTING = (DETERMINE, MATTE), (SEPARATE, EXACT)

# Instead of finding, and once for all layers.
DECOMPOSE = Stage("decompose", "Taking it apart", 20)


def peel_picture(
    picture: Picture,
    request: PeelRequest,
    engine: AnyEngine,
    report: ReportProgress = say_nothing,
    show: ShowFound = show_nobody,
) -> LayerStack:
    """Peel `request.layers` foregrounds off a picture, front to back.

    Flattened, the stack is the picture (`layerpeel.backend.lossless`). It stops early, and says so
    in its notes, when nothing more is found. Of phrases (`Phrases`) those that are not found, or
    cannot be looked for, are passed over, also if that leaves the background alone. Other outcomes
    are those of the protocol (`Outcome`).

    Raises BadInputError for a request that does not fit the picture, NothingFoundError when not
    even one foreground is found, ModelError when the engine lacks a model, and whatever `report`
    raises to cancel, or `show`.
    """
    _check(picture, request)
    engine.check(request)
    only_selected = request.outcome is Outcome.SELECTION
    lifts = _lifts_of(request)
    peel = _peel_by(engine, request, len(lifts), report)
    foregrounds: list[DocumentArray] = []
    phrases: list[str] = []
    notes: list[str] = []
    selection: Coverage | None = None
    parent = array_of(picture.pixels)
    image = image_of(picture)
    for index, lift in enumerate(lifts):
        try:
            alpha, separate = peel.find(image, lift)
        except (NothingFoundError, BadInputError) as error:
            if isinstance(lift, Words) and isinstance(request.lift, Phrases) and not only_selected:
                notes.append(_not_found(lift, error))
                peel.course.skip_round()
                continue
            if isinstance(error, BadInputError) or not foregrounds:
                raise
            notes.append(_stopped_early(index, request.layers, error))
            break
        show(np.dstack([image.proxy, alpha * image.alpha]))
        if only_selected:
            selection = selection_of(alpha, image.alpha)
            break
        estimates = separate()
        with peel.course.stage(EXACT):
            layers = split_exactly(parent, estimates, image.depth, request.masks)
        foregrounds.append(layers.foreground)
        phrases.append(lift.text.strip() if isinstance(lift, Words) else "")
        parent = layers.background
        if index + 1 < len(lifts):
            image = image_of_pixels(parent, picture.icc_profile)
    report("Done", 1.0)
    return LayerStack(
        (picture.pixels.width, picture.pixels.height),
        () if only_selected else layers_of(picture, parent, foregrounds, phrases, request),
        MadeWith(engine.name, request.seed, dict(engine.models), peel.course.seconds),
        picture.icc_profile,
        (*engine.notes, *notes),
        selection,
    )


def _lifts_of(request: PeelRequest) -> list[Lift]:
    """What is lifted off, one after the other."""
    if isinstance(request.lift, Phrases):
        return [Words(text) for text in request.lift.texts]
    return [request.lift, *[Subject()] * (request.layers - 1)]


def _check(picture: Picture, request: PeelRequest) -> None:
    if not 1 <= request.layers <= MOST_LAYERS:
        raise BadInputError(
            f"{request.layers} layers cannot be peeled: ask for 1 to {MOST_LAYERS}."
        )
    if not 0 <= request.seed < 2**63:
        raise BadInputError(f"The seed {request.seed} is too large or below 0: take 0 to 2⁶³ − 1.")
    check_lift(request.lift, request.band, (picture.pixels.height, picture.pixels.width))
    check_outcome(picture, request)


_Found = tuple[Float32, Callable[[], Estimates]]
"""The alpha of what will be lifted off, H×W, and what estimates both layers when it is called."""


def _peel_by(
    engine: AnyEngine, request: PeelRequest, rounds: int, report: ReportProgress
) -> "_PeelByStages | _PeelOfWhole":
    only_selected = request.outcome is Outcome.SELECTION
    if isinstance(engine, WholeEngine):
        lifting = () if only_selected else LIFTING * rounds
        return _PeelOfWhole(request, engine, Course(report, (DECOMPOSE, *lifting), rounds=1))
    stages = FINDING if only_selected else FINDING + LIFTING
    return _PeelByStages(request, engine, Course(report, stages, rounds))


@dataclass(frozen=True)
class _PeelByStages:
    """One layer after the other, each found in what the one before has left."""

    request: PeelRequest
    engine: Engine
    course: Course

    def find(self, image: Image, lift: Lift) -> _Found:
        asked_for = lift is self.request.lift or isinstance(self.request.lift, Phrases)
        band = self.request.band if asked_for else None
        with self.course.stage(DETERMINE) as report:
            determined = determine(image, lift, band, self.engine, report)
        with self.course.stage(MATTE):
            if determined.alpha is None:
                matte = self.engine.matte(image, determined.trimap)
            else:
                matte = Matte(determined.alpha)
        return matte.alpha, partial(self._separate, image, determined, matte)

    def _separate(self, image: Image, determined: Determined, matte: Matte) -> Estimates:
        with self.course.stage(SEPARATE) as report:
            estimates = self.engine.separate(
                image, matte, determined.trimap, self.request.seed, report
            )
        return estimates if determined.alpha is None else estimates.held_to(determined.alpha)


@dataclass
class _PeelOfWhole:
    """One layer after the other, of those that were found all at once."""

    request: PeelRequest
    engine: WholeEngine
    course: Course
    guesses: Iterator[LayerGuess] | None = None

    def find(self, image: Image, lift: Lift) -> _Found:
        if self.guesses is None:
            request = self.request
            with self.course.stage(DECOMPOSE) as report:
                layers = self.engine.decompose(image, request.layers, request.seed, report)
            self.guesses = iter(layers)
        for guess in self.guesses:
            share = guess.share_of(image)
            if share.any():
                return share, partial(self._separate, image, guess)
        raise NothingFoundError(
            f"To “{self.engine.name}” what is left is one layer: there is nothing to lift off it."
        )

    def _separate(self, image: Image, guess: LayerGuess) -> Estimates:
        with self.course.stage(SEPARATE):
            return guess.estimates_for(image)


def _not_found(phrase: Words, why: LayerpeelError) -> str:
    text = phrase.text.strip()
    if isinstance(why, BadInputError):  # Words that the detector cannot read.
        return f"“{text}” was passed over. {why}"
    return f"“{text}” was not found: point at it with a selection, and peel on."


def _stopped_early(found: int, wanted: int, why: NothingFoundError) -> str:
    layers = "layer" if found == 1 else "layers"
    return f"Stopped after {found} {layers} of {wanted}: {why}"
