"""Strip plots: a dot for every picture, a row for every method.

The axis is logarithmic; from 0 to 1 where higher is better.


The page's template draws them as SVG, so that a dot can name its picture and link to it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from layerpeel.backend.evaluation.evaluate import Evaluation
from layerpeel.backend.evaluation.figures import FIGURES, Better
from layerpeel.backend.evaluation.summary import spread_of

# In SVG units: width of the plot, margins left (for names) and right, heights.
WIDTH, LEFT, RIGHT = 460, 84, 14
ROW, TOP, BOTTOM = 26, 8, 26


@dataclass(frozen=True)
class Dot:
    """One picture: its place along the axis, and its name and value."""

    x: float
    number: int
    name: str
    value: float


@dataclass(frozen=True)
class StripPlot:
    """One method: y of its row's middle, its dots, x of the median."""

    method: str
    y: float
    dots: tuple[Dot, ...]
    median: float | None


@dataclass(frozen=True)
class Plot:
    """One figure. ticks: label and x. aim: x of the value 1 where 1 is right."""

    name: str
    meaning: str
    height: float
    ticks: tuple[tuple[str, float], ...]
    strips: tuple[StripPlot, ...]
    aim: float | None


def plots_of(evaluation: Evaluation) -> list[Plot]:
    """Plot the figures that have values above 0, as a logarithmic axis has no others."""
    plots = (_plot(evaluation, name) for name in evaluation.plan.track.plotted)
    return [plot for plot in plots if plot is not None]


def _plot(evaluation: Evaluation, name: str) -> Plot | None:
    values = {method: evaluation.values(method, name) for method in evaluation.methods}
    shown = [value for row in values.values() for value in row if value > 0]
    if not shown:
        return None
    aim = FIGURES[name].better is Better.NEAR_ONE
    axis = _share_axis() if FIGURES[name].better is Better.HIGHER else _log_axis(shown, aim)
    strips = []
    for row, (method, row_values) in enumerate(values.items()):
        pairs = zip(evaluation.pictures, row_values, strict=True)
        dots = tuple(Dot(axis.place(v), p.number, p.name, v) for p, v in pairs if axis.has(v))
        spread = spread_of(row_values)
        median = axis.place(spread.median) if spread and axis.has(spread.median) else None
        strips.append(StripPlot(method, TOP + ROW * (row + 0.5), dots, median))
    height = TOP + ROW * len(strips) + BOTTOM
    ticks = tuple((f"{tick:g}", axis.place(tick)) for tick in axis.ticks)
    meaning = FIGURES[name].meaning
    return Plot(name, meaning, height, ticks, tuple(strips), axis.place(1.0) if aim else None)


@dataclass(frozen=True)
class _Axis:
    """share: where a value lies between the ends, 0–1. has: whether it lies anywhere."""

    share: Callable[[float], float]
    has: Callable[[float], bool]
    ticks: Sequence[float]

    def place(self, value: float) -> float:
        """Return x of a value."""
        return round(LEFT + self.share(value) * (WIDTH - LEFT - RIGHT), 1)


def _share_axis() -> _Axis:
    return _Axis(lambda value: value, lambda value: not math.isnan(value), (0, 0.25, 0.5, 0.75, 1))


def _log_axis(values: Sequence[float], with_one: bool) -> _Axis:
    low, high = _ends([*values, 1.0] if with_one else values)
    return _Axis(
        lambda value: math.log(value / low) / math.log(high / low),
        lambda value: value > 0,
        ticks_between(low, high),
    )


def _ends(values: Sequence[float]) -> tuple[float, float]:
    """Ends of the axis: a little beyond the values, and never equal."""
    return min(values) / 1.15, max(values) * 1.15


def ticks_between(low: float, high: float) -> list[float]:
    """Return ticks of a logarithmic axis: 1, 2, 5 of each decade, or only 1 on a long axis."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    steps = (1, 2, 5) if last - first <= 3 else (1,)
    ticks = (step * 10.0**decade for decade in range(first, last + 1) for step in steps)
    return [tick for tick in ticks if low <= tick <= high]
