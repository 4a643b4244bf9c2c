"""Puts the questions of a track to every method."""

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from layerpeel.backend.composites.art import Art
from layerpeel.backend.composites.captions import read_captions
from layerpeel.backend.composites.composite import SIZE, Composite
from layerpeel.backend.errors import BadInputError, LayerpeelError
from layerpeel.backend.evaluation.baseline import Answer, Baseline
from layerpeel.backend.evaluation.figures import SECONDS
from layerpeel.backend.evaluation.method_process import (
    MethodEndedError,
    MethodProcess,
    NotSeparated,
    Order,
    started,
)
from layerpeel.backend.evaluation.network_figure import Meter, NetworkFigure
from layerpeel.backend.evaluation.placement_figures import placement_of
from layerpeel.backend.evaluation.summary import mean_of
from layerpeel.backend.evaluation.track import Measured, Pictures, Question, Track
from layerpeel.backend.progress import ReportProgress
from layerpeel.backend.separation import Separation
from layerpeel.shared.protocol import Lift

WARM_UP_SIZE = 128
LEAST_SIZE = 64

TRUTH = "truth"


@dataclass(frozen=True)
class Plan:
    """What to measure. The same plan gives the same figures, seconds and memory aside.

    methods: the first is the one that is shown beside all others.
    reference: name of the method that ratios are relative to.
    count: of composites or scenes. size: side of the frame in pixels.
    seed: for what is drawn and for what methods fill in.
    objects: how many are in each scene; None: as the track has it.
    """

    track: Track
    art: Art
    methods: tuple[Baseline, ...]
    reference: str
    count: int = 24
    size: int = SIZE
    seed: int = 0
    objects: int | None = None
    networks: tuple[NetworkFigure, ...] = ()

    @property
    def drawn(self) -> str:
        """What is drawn, in words: “24 composites”."""
        what = "scene" if self.track.scenes else "composite"
        number = f"{self.count} {what}{'' if self.count == 1 else 's'}"
        return f"{number} of {self.objects} objects" if self.objects is not None else number

    def questions(self, count: int, size: int) -> Iterator[Question]:
        """Draw the questions of `count` pictures of size×size."""
        return self.track.draw(self.art, count, self.seed, size, self.objects)


@dataclass(frozen=True)
class PictureFigures:
    """Figures (`evaluation.figures`) and placement in one question, by method; of the truth too.

    failures: why a method has no figures of this picture. nothing_found: what it said to nothing.
    """

    number: int
    name: str
    figures: dict[str, dict[str, float]] = field(default_factory=dict)
    placement: dict[str, dict[str, float]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    nothing_found: dict[str, str] = field(default_factory=dict)


Keep = Callable[[PictureFigures, Question, dict[str, Pictures]], None]
"""Gets, for each question, the pictures of what was answered, by method."""


@dataclass
class Evaluation:
    """What was measured, and what was not.

    methods: names of those that ran. left_out: those that could not run, and why; one that crashed
        is in both. lacking: figures by networks that could not be computed, and why. doubts: of
        those that were, why they mean nothing.
    totals: figures of all pictures together, by method. peak_bytes: of each method's process.
    """

    plan: Plan
    pictures: list[PictureFigures] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    lacking: dict[str, str] = field(default_factory=dict)
    doubts: dict[str, str] = field(default_factory=dict)
    totals: dict[str, dict[str, float]] = field(default_factory=dict)
    peak_bytes: dict[str, int | None] = field(default_factory=dict)

    @property
    def figure_names(self) -> list[str]:
        """Names of all figures that any method has for any picture, in order of appearance."""
        names = (
            name
            for picture in self.pictures
            for figures in picture.figures.values()
            for name in figures
        )
        return list(dict.fromkeys(names))

    def values(self, method: str, figure: str) -> list[float]:
        """Return one figure of one method, picture by picture; NaN where there is none."""
        return [picture.figures.get(method, {}).get(figure, math.nan) for picture in self.pictures]

    def placements(self, method: str, name: str) -> list[float]:
        """Return one placement figure of a method or the truth, by picture; NaN for none."""
        return [picture.placement.get(method, {}).get(name, math.nan) for picture in self.pictures]


def keep_nothing(
    _picture: PictureFigures, _question: Question, _pictures: dict[str, Pictures]
) -> None:
    """Keep no pictures."""


class NotAnsweredError(LayerpeelError):
    """A method could not answer this once, and says why in one line."""


def evaluate(plan: Plan, report: ReportProgress, keep: Keep = keep_nothing) -> Evaluation:
    """Put all questions of a plan to all its methods.

    A method that fails loses only its own figures. report: told of every picture.

    Raises BadInputError, before anything is measured, for impossible numbers, for art that cannot
    be used, and when no method can run.
    """
    _check(plan)
    evaluation = Evaluation(plan)
    runnable = _runnable(plan, evaluation)
    report("Drawing the pictures", 0)
    names = [question.name for question in plan.questions(plan.count, plan.size)]
    meters = _meters(plan, evaluation)
    with started(runnable) as processes:
        report("Warming up", 0)
        _warm_up(plan, processes)
        for number, question in enumerate(plan.questions(plan.count, plan.size), 1):
            words = f"{number} of {len(names)}: {question.name}"
            report(words, (number - 1) / len(names))
            pictures = _measure_question(evaluation, number, question, processes, meters)
            keep(evaluation.pictures[-1], question, pictures)
    for method in evaluation.methods:
        totals = [meter.totals(method) for meter in meters]
        evaluation.totals[method] = {name: value for t in totals for name, value in t.items()}
    return evaluation


def _check(plan: Plan) -> None:
    what = "scenes" if plan.track.scenes else "composites"
    if plan.count < 1:
        raise BadInputError(f"{plan.count} {what} measure nothing: give 1 or more.")
    if plan.seed < 0:
        raise BadInputError(f"The seed {plan.seed} cannot be used: give 0 or more.")
    if plan.size < LEAST_SIZE:
        raise BadInputError(
            f"{what.capitalize()} of {plan.size} pixels are too small to measure: give "
            f"{LEAST_SIZE} or more."
        )
    if plan.objects is not None and not plan.track.scenes:
        raise BadInputError(
            f"A picture of the track “{plan.track.name}” has one object: a number of objects can "
            "be chosen for scenes only."
        )


def _runnable(plan: Plan, evaluation: Evaluation) -> tuple[Baseline, ...]:
    """Return the methods that can run; the others are recorded in the evaluation."""
    lacks = {baseline.name: baseline.lacks() for baseline in plan.methods}
    evaluation.left_out = {name: why for name, why in lacks.items() if why is not None}
    runnable = tuple(b for b in plan.methods if b.name not in evaluation.left_out)
    evaluation.methods = [baseline.name for baseline in runnable]
    if not runnable:
        reasons = " ".join(f"{name}: {why}" for name, why in evaluation.left_out.items())
        raise BadInputError(f"No method that was asked for can run. {reasons}")
    return runnable


def _meters(plan: Plan, evaluation: Evaluation) -> list[Meter]:
    captions = read_captions(plan.art.folder)
    lacks = {network.title: network.lacks(captions) for network in plan.networks}
    evaluation.lacking = {title: why for title, why in lacks.items() if why is not None}
    measured = [n for n in plan.networks if n.title not in evaluation.lacking]
    doubts = {network.title: network.doubt() for network in measured}
    evaluation.doubts = {title: why for title, why in doubts.items() if why is not None}
    return [network.meter(captions) for network in measured]


class _Asked:
    """One method, asked about one question as often as it takes; notes what that took.

    nothing_found: why, if it never found anything.
    """

    def __init__(self, process: MethodProcess, question: Question, seed: int) -> None:
        self._process = process
        self._question = question
        self._seed = seed
        self.seconds: list[float] = []
        self.peak_bytes: int | None = None
        self.nothing_found = ""
        self._found = False

    def ask(self, lift: Lift) -> Answer:
        """Raises NotAnsweredError, and MethodEndedError when the process crashes over it."""
        answer = self._process.separate(Order(self._question.picture, lift, self._seed))
        if isinstance(answer, NotSeparated):
            raise NotAnsweredError(answer.why)
        self.seconds.append(answer.seconds)
        self.peak_bytes = answer.peak_bytes
        self._found = self._found or bool(answer.answer)
        self.nothing_found = "" if self._found else answer.nothing_found
        return answer.answer


def _warm_up(plan: Plan, processes: dict[str, MethodProcess]) -> None:
    """Let libraries load and compile before time is measured.

    What crashes here will crash again when it counts.
    """
    question = next(plan.questions(1, WARM_UP_SIZE))
    for process in processes.values():
        with contextlib.suppress(NotAnsweredError, MethodEndedError):
            question.put_to(_Asked(process, question, plan.seed).ask)


def _measure_question(
    evaluation: Evaluation,
    number: int,
    question: Question,
    processes: dict[str, MethodProcess],
    meters: Sequence[Meter],
) -> dict[str, Pictures]:
    picture = PictureFigures(number, question.name)
    if question.truth is not None:
        picture.placement[TRUTH] = placement_of(question.truth.alpha)
    evaluation.pictures.append(picture)
    pictures = {}
    for method, process in processes.items():
        asked = _Asked(process, question, evaluation.plan.seed)
        try:
            measured = question.put_to(asked.ask)
        except MethodEndedError as error:
            evaluation.left_out.setdefault(method, f"{error}, at picture {number}")
            picture.failures[method] = str(error)
            continue
        except NotAnsweredError as error:
            picture.failures[method] = str(error)
            continue
        picture.figures[method] = (
            measured.figures
            | {SECONDS: mean_of(asked.seconds)}
            | _by_networks(meters, method, question, measured)
        )
        if measured.made is not None:
            picture.placement[method] = placement_of(measured.made.alpha)
        if asked.nothing_found:
            picture.nothing_found[method] = asked.nothing_found
        evaluation.peak_bytes[method] = asked.peak_bytes
        pictures[method] = measured.pictures
    return pictures


def _by_networks(
    meters: Sequence[Meter], method: str, question: Question, measured: Measured
) -> dict[str, float]:
    """Figures of a separation of a composite; of other answers there are none."""
    figures: dict[str, float] = {}
    if isinstance(question.truth, Composite) and isinstance(measured.made, Separation):
        for meter in meters:
            figures |= meter.add(method, question.truth, measured.made)
    return figures
