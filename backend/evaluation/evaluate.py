"""Runs every method on the same composites."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from layerpeel.backend.composites.art import Art
from layerpeel.backend.composites.captions import read_captions
from layerpeel.backend.composites.composite import SIZE, Composite, draw_composites
from layerpeel.backend.errors import BadInputError
from layerpeel.backend.evaluation.baseline import Baseline
from layerpeel.backend.evaluation.figures import SECONDS
from layerpeel.backend.evaluation.method_process import (
    MethodEndedError,
    MethodProcess,
    NotSeparated,
    Order,
    started,
)
from layerpeel.backend.evaluation.metrics import as_eight_bit, measure
from layerpeel.backend.evaluation.network_figure import Meter, NetworkFigure
from layerpeel.backend.evaluation.placement_figures import placement_of
from layerpeel.backend.progress import ReportProgress
from layerpeel.backend.separation import Separation

WARM_UP_SIZE = 128
LEAST_SIZE = 64

TRUTH = "truth"


@dataclass(frozen=True)
class Plan:
    """What to measure. The same plan gives the same figures, seconds and memory aside.

    size: side of the frame in pixels. seed: for the composites and for what methods fill in.
    methods: the first is the one that is shown beside all others.
    reference: name of the method that ratios are relative to.
    """

    art: Art
    methods: tuple[Baseline, ...]
    reference: str
    count: int = 24
    size: int = SIZE
    seed: int = 0
    networks: tuple[NetworkFigure, ...] = ()


@dataclass(frozen=True)
class PictureFigures:
    """Figures (`evaluation.figures`) and placement of one composite, by method; of the truth too.

    failures: why a method has no figures of this picture.
    """

    number: int
    name: str
    figures: dict[str, dict[str, float]] = field(default_factory=dict)
    placement: dict[str, dict[str, float]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


Keep = Callable[[PictureFigures, Composite, dict[str, Separation]], None]
"""Gets, for each picture, the layers by method, rounded to 8-bit values."""


@dataclass
class Evaluation:
    """What was measured, and what was not.

    methods: names of those that ran. left_out: those that could not run, and why; one that crashed
        is in both. lacking: figures by networks that could not be computed, and why.
    totals: figures of all pictures together, by method. peak_bytes: of each method's process.
    """

    plan: Plan
    pictures: list[PictureFigures] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    lacking: dict[str, str] = field(default_factory=dict)
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
    _picture: PictureFigures, _composite: Composite, _layers: dict[str, Separation]
) -> None:
    """Keep no layers."""


def evaluate(plan: Plan, report: ReportProgress, keep: Keep = keep_nothing) -> Evaluation:
    """Measure all methods of a plan on all its composites.

    A method that fails loses only its own figures. report: told of every picture.

    Raises BadInputError, before anything is measured, for impossible numbers, for art that cannot
    be used, and when no method can run.
    """
    _check(plan)
    evaluation = Evaluation(plan)
    runnable = _runnable(plan, evaluation)
    report("Drawing the composites", 0)
    composites = draw_composites(plan.art, plan.count, plan.seed, plan.size)
    names = [composite.name for composite in composites]
    meters = _meters(plan, evaluation)
    with started(runnable) as processes:
        report("Warming up", 0)
        _warm_up(plan, processes)
        drawn = draw_composites(plan.art, plan.count, plan.seed, plan.size)
        for number, composite in enumerate(drawn, 1):
            words = f"{number} of {len(names)}: {composite.name}"
            report(words, (number - 1) / len(names))
            layers = _measure_picture(evaluation, number, composite, processes, meters)
            keep(evaluation.pictures[-1], composite, layers)
    for method in evaluation.methods:
        totals = [meter.totals(method) for meter in meters]
        evaluation.totals[method] = {name: value for t in totals for name, value in t.items()}
    return evaluation


def _check(plan: Plan) -> None:
    if plan.count < 1:
        raise BadInputError(f"{plan.count} composites measure nothing: give 1 or more.")
    if plan.seed < 0:
        raise BadInputError(f"The seed {plan.seed} cannot be used: give 0 or more.")
    if plan.size < LEAST_SIZE:
        raise BadInputError(
            f"Composites of {plan.size} pixels are too small to measure: give {LEAST_SIZE} or more."
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
    return [n.meter(captions) for n in plan.networks if n.title not in evaluation.lacking]


def _warm_up(plan: Plan, processes: dict[str, MethodProcess]) -> None:
    """Let libraries load and compile before time is measured."""
    for composite in draw_composites(plan.art, 1, plan.seed, WARM_UP_SIZE):
        for process in processes.values():
            process.warm_up(_order(composite, plan))


def _measure_picture(
    evaluation: Evaluation,
    number: int,
    composite: Composite,
    processes: dict[str, MethodProcess],
    meters: Sequence[Meter],
) -> dict[str, Separation]:
    picture = PictureFigures(number, composite.name)
    picture.placement[TRUTH] = placement_of(composite.alpha)
    evaluation.pictures.append(picture)
    layers = {}
    for method, process in processes.items():
        try:
            answer = process.separate(_order(composite, evaluation.plan))
        except MethodEndedError as error:
            evaluation.left_out.setdefault(method, f"{error}, at picture {number}")
            answer = NotSeparated(str(error))
        if isinstance(answer, NotSeparated):
            picture.failures[method] = answer.why
            continue
        separation = as_eight_bit(answer.separation)
        figures = measure(separation, composite) | {SECONDS: answer.seconds}
        for meter in meters:
            figures |= meter.add(method, composite, separation)
        picture.figures[method] = figures
        picture.placement[method] = placement_of(separation.alpha)
        evaluation.peak_bytes[method] = answer.peak_bytes
        layers[method] = separation
    return layers


def _order(composite: Composite, plan: Plan) -> Order:
    return Order(composite.picture, composite.trimap, plan.seed)
