"""The paper's Figure 1 as a loop: determine the foreground, separate, and peel what is left again.

Generation, its first stage, comes before this: any picture can be peeled. An engine that gives all
layers at once goes through the same loop, and is asked once only.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from layerpeel.backend.colour import image_of, image_of_pixels
from layerpeel.backend.determine import Determined, check_lift, determine
from layerpeel.backend.engines.engine import AnyEngine, Engine, WholeEngine
from layerpeel.backend.errors import BadInputError, NothingFoundError, OneLayerError
from layerpeel.backend.image import Bool, DocumentArray, Float32, Image, Slices, array_of
from layerpeel.backend.lift_plan import (
    NOTHING_ELSE,
    check_not_filled_in,
    check_something_stays,
    held_by,
    layers_wanted,
    lifts_of_things,
    lifts_without_things,
    may_be_passed_over,
    name_of,
    nothing_behind,
    passed_over,
    stopped_early,
    wants_things,
    what_is_left,
)
from layerpeel.backend.lossless import Estimates, split_exactly
from layerpeel.backend.other_backgrounds import (
    MOST_FILL_VARIANTS,
    NOTHING_HIDDEN,
    other_backgrounds,
)
from layerpeel.backend.outcomes import background_layer, check_outcome, layers_of, selection_of
from layerpeel.backend.peel_stages import (
    DECOMPOSE,
    DETERMINE,
    EXACT,
    FINDING,
    LIFTING,
    MATTE,
    SEPARATE,
    THINGS,
    opening_of,
    weighed,
)
from layerpeel.backend.progress import (
    Course,
    ReportProgress,
    ShowFound,
    first_part,
    rest,
    say_nothing,
    show_nobody,
)
from layerpeel.backend.separation import Matte
from layerpeel.backend.stages.faint_parts import with_faint_parts
from layerpeel.backend.stages.hidden_colours import without_hidden_colours
from layerpeel.backend.stages.layer_guess import LayerGuess
from layerpeel.shared.protocol import (
    Layer,
    LayerStack,
    Lift,
    MadeWith,
    Outcome,
    PeelRequest,
    Phrases,
    Picture,
    Subject,
    Things,
)
from layerpeel.shared.translatable import Translatable

MOST_LAYERS = 32

# After all layers: time of one other background, as a share of that of the peel.
REFILL_SHARE = 0.4


def peel_picture(
    picture: Picture,
    request: PeelRequest,
    engine: AnyEngine,
    report: ReportProgress = say_nothing,
    show: ShowFound = show_nobody,
) -> LayerStack:
    """Peel `request.layers` foregrounds off a picture, front to back.

    Flattened, the stack is the picture (`layerpeel.backend.lossless`). Several layers are things of
    the picture as it came, so that nothing is lifted off that was filled in; where things cannot
    be told apart (`Engine.finds_things`), each is the subject of what the one before has left. It
    stops early, and says so in its notes, when nothing more is found. Of phrases (`Phrases`) those
    that are not found, or cannot be looked for, are passed over, also if that leaves the background
    alone. `PeelRequest.fill_variants` other backgrounds come with it. Other outcomes are those of
    the protocol (`Outcome`); the selection of `Things` is all of them together.

    Raises BadInputError for a request that does not fit the picture, NothingFoundError when not
    even one foreground is found, ModelError when the engine lacks a model, and whatever `report`
    raises to cancel, or `show`.
    """
    _check(picture, request)
    engine.check(request)
    only_selected = request.outcome is Outcome.SELECTION
    parent = array_of(picture.pixels)
    image = without_hidden_colours(image_of(picture))
    share = 1 / (1 + REFILL_SHARE * request.fill_variants)
    peel = _peel_by(engine, request, image.alpha.size, first_part(report, share))
    foregrounds: list[DocumentArray] = []
    names: list[str] = []
    notes: list[str] = []
    why_no_more = NOTHING_ELSE
    lifted = np.zeros(image.shape, np.float32)
    lifts = peel.lifts(image)
    for index, lift in enumerate(lifts):
        try:
            alpha, separate = peel.find(image, lift, lifted > 0.5)
            if not only_selected:
                check_something_stays(alpha, image.alpha, lift)
        except (NothingFoundError, BadInputError) as error:
            if may_be_passed_over(lift, request):
                notes += passed_over(lift, request, error)
                peel.course.skip_round()
                continue
            if isinstance(error, BadInputError) or not foregrounds:
                raise
            why_no_more = str(error)
            break
        show(np.dstack([image.proxy, alpha * image.alpha]))
        lifted = np.maximum(lifted, alpha)
        if only_selected:
            continue
        estimates = separate(held_by(lifts[index + 1 :], image.shape))
        with peel.course.stage(EXACT):
            layers = split_exactly(parent, estimates, image.depth, request.masks)
        notes += [n for n in nothing_behind(layers, estimates) if n not in notes]
        foregrounds.append(layers.foreground)
        names.append(name_of(lift))
        parent = layers.background
        if len(foregrounds) == layers_wanted(request):
            break
        image = without_hidden_colours(image_of_pixels(parent, picture.icc_profile))
    if not (lifted > 0).any() and isinstance(request.lift, Things):
        raise NothingFoundError(notes[0])
    if not only_selected:
        notes += stopped_early(len(foregrounds), request, why_no_more)
    others = _other_backgrounds(picture, request, parent, foregrounds, rest(report, share))
    if len(others) < request.fill_variants:
        notes.append(NOTHING_HIDDEN)
    report(Translatable("Done"), 1.0)
    return LayerStack(
        (picture.pixels.width, picture.pixels.height),
        () if only_selected else layers_of(picture, parent, foregrounds, names, request),
        MadeWith(
            engine.name,
            request.seed,
            dict(engine.models),
            peel.course.seconds,
            stages=dict(engine.stages),
        ),
        picture.icc_profile,
        (*engine.notes, *notes),
        selection_of(lifted, image.alpha) if only_selected else None,
        others,
    )


def _other_backgrounds(
    picture: Picture,
    request: PeelRequest,
    background: DocumentArray,
    foregrounds: Sequence[DocumentArray],
    report: ReportProgress,
) -> tuple[Layer, ...]:
    if not request.fill_variants:
        return ()
    others = other_backgrounds(
        background, foregrounds, picture.icc_profile, request.seed, request.fill_variants, report
    )
    return tuple(
        background_layer(picture, other, foregrounds, request, number)
        for number, other in enumerate(others, 2)
    )


def _check(picture: Picture, request: PeelRequest) -> None:
    if not 1 <= request.layers <= MOST_LAYERS:
        raise BadInputError(
            f"{request.layers} layers cannot be peeled: ask for 1 to {MOST_LAYERS}."
        )
    if not 0 <= request.fill_variants <= MOST_FILL_VARIANTS:
        raise BadInputError(
            f"{request.fill_variants} other backgrounds cannot be made: ask for 0 to "
            f"{MOST_FILL_VARIANTS}."
        )
    if not 0 <= request.seed < 2**63:
        raise BadInputError(f"The seed {request.seed} is too large or below 0: take 0 to 2⁶³ − 1.")
    check_lift(request.lift, request.band, (picture.pixels.height, picture.pixels.width))
    check_outcome(picture, request)


_Found = tuple[Float32, Callable[[Bool], Estimates]]
"""The alpha of what will be lifted off, H×W, and what estimates both layers when it is called with
what is lifted off later (H×W)."""


def _peel_by(
    engine: AnyEngine, request: PeelRequest, pixels: int, report: ReportProgress
) -> "_PeelByStages | _PeelOfWhole":
    only_selected = request.outcome is Outcome.SELECTION
    rounds = layers_wanted(request)
    if isinstance(engine, WholeEngine):
        lifting = () if only_selected else LIFTING * rounds
        return _PeelOfWhole(request, engine, Course(report, (DECOMPOSE, *lifting), rounds=1))
    all_stages = FINDING if only_selected else FINDING + LIFTING
    # Things that were asked for are looked for, or the engine's check has said why not.
    by_things = wants_things(request) and (engine.finds_things or request.lift == Things())
    stages = weighed(all_stages, Things() if by_things else request.lift, pixels)
    opening = opening_of(THINGS, stages, rounds) if by_things else None
    return _PeelByStages(request, engine, Course(report, stages, rounds, opening), by_things)


@dataclass(frozen=True)
class _PeelByStages:
    """One layer after the other, each found in what the one before has left."""

    request: PeelRequest
    engine: Engine
    course: Course
    by_things: bool

    def lifts(self, image: Image) -> list[Lift]:
        if not self.by_things:
            return lifts_without_things(self.request)
        with self.course.stage(THINGS) as report:
            # What is shown may hold some of them, which are then passed over.
            shown = not isinstance(self.request.lift, Subject | Things)
            most = self.request.layers * (2 if shown else 1)
            things = self.engine.find_things(image, most, report)
        lifts = lifts_of_things(self.request, things)
        self.course.rounds = min(len(lifts), self.course.rounds)
        if lifts:
            self.course.stages = weighed(self.course.stages, lifts[-1], image.alpha.size)
        return lifts

    def find(self, image: Image, lift: Lift, lifted: Bool) -> _Found:
        asked_for = lift is self.request.lift or isinstance(self.request.lift, Phrases | Things)
        band = self.request.band if asked_for else None
        if isinstance(lift, Things):
            lift = Things(tuple(what_is_left(thing, lifted) for thing in lift.found))
        with self.course.stage(DETERMINE) as report:
            determined = determine(image, lift, band, self.engine, report)
        window = self.engine.window(image, determined.trimap).slices
        part, determined = image.part(window), determined.part(window)
        with self.course.stage(MATTE) as report:
            if determined.alpha is None:
                matte = self.engine.matte(part, determined.trimap, report)
                if determined.faint is not None:
                    matte = with_faint_parts(matte, determined.faint, part.proxy)
            else:
                matte = Matte(determined.alpha)
        alpha = np.zeros(image.shape, np.float32)
        alpha[window] = matte.alpha
        if isinstance(lift, Subject):
            check_not_filled_in(alpha, lifted)
        return alpha, partial(self._separate, part, determined, matte, window)

    def _separate(
        self,
        part: Image,
        determined: Determined,
        matte: Matte,
        window: Slices,
        later: Bool,
    ) -> Estimates:
        with self.course.stage(SEPARATE) as report:
            estimates = self.engine.separate(
                part, matte, determined.trimap, self.request.seed, report, later
            )
        if determined.alpha is not None:
            estimates = estimates.held_to(determined.alpha)
        return replace(estimates, window=window)


@dataclass
class _PeelOfWhole:
    """One layer after the other, of those that were found all at once."""

    request: PeelRequest
    engine: WholeEngine
    course: Course
    guesses: Iterator[LayerGuess] | None = None

    def lifts(self, _image: Image) -> list[Lift]:
        return lifts_without_things(self.request)

    def find(self, image: Image, lift: Lift, _lifted: Bool) -> _Found:
        if self.guesses is None:
            request = self.request
            with self.course.stage(DECOMPOSE) as report:
                layers = self.engine.decompose(image, request.layers, request.seed, report)
            self.guesses = iter(layers)
        for guess in self.guesses:
            share = guess.share_of(image)
            if share.any():
                return share, partial(self._separate, image, guess)
        raise OneLayerError(
            f"To “{self.engine.name}” what is left is one layer: there is nothing to lift off it."
        )

    def _separate(self, image: Image, guess: LayerGuess, _later: Bool) -> Estimates:
        with self.course.stage(SEPARATE):
            return guess.estimates_for(image)
