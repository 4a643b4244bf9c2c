"""Strip plots on a logarithmic axis: a dot for every picture, a row for every method.

The page's template draws them as SVG, so that a dot can name its picture and link to it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from layerpeel.backend.evaluation.evaluate import Evaluation
from layerpeel.backend.evaluation.figures import FIGURES, Better
from layerpeel.backend.evaluation.summary import spread_of

PLOTTED = ("alpha_mad", "pF_mad", "Bvis_mad", "texture", "rim", "seconds")

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
    """Plot the figures that have values above 0, as the axis is logarithmic."""
    plots = (_plot(evaluation, name) for name in PLOTTED)
    return [plot for plot in plots if plot is not None]


def _plot(evaluation: Evaluation, name: str) -> Plot | None:
    values = {method: evaluation.values(method, name) for method in evaluation.methods}
    shown = [value for row in values.values() for value in row if value > 0]
    if not shown:
        return None
    aim = FIGURES[name].better is Better.NEAR_ONE
    low, high = _ends([*shown, 1.0] if aim else shown)

    def place(value: float) -> float:
        share = math.log(value / low) / math.log(high / low)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    strips = []
    for row, (method, row_values) in enumerate(values.items()):
        pairs = zip(evaluation.pictures, row_values, strict=True)
        dots = tuple(Dot(place(v), p.number, p.name, v) for p, v in pairs if v > 0)
        spread = spread_of(row_values)
        median = place(spread.median) if spread is not None and spread.median > 0 else None
        strips.append(StripPlot(method, TOP + ROW * (row + 0.5), dots, median))
    height = TOP + ROW * len(strips) + BOTTOM
    ticks = tuple((f"{tick:g}", place(tick)) for tick in ticks_between(low, high))
    meaning = FIGURES[name].meaning
    return Plot(name, meaning, height, ticks, tuple(strips), place(1.0) if aim else None)


def _ends(values: Sequence[float]) -> tuple[float, float]:
    """Ends of the axis: a little beyond the values, and never equal."""
    return min(values) / 1.15, max(values) * 1.15


def ticks_between(low: float, high: float) -> list[float]:
    """Return ticks of a logarithmic axis: 1, 2, 5 of each decade, or only 1 on a long axis."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    steps = (1, 2, 5) if last - first <= 3 else (1,)
    ticks = (step * 10.0**decade for decade in range(first, last + 1) for step in steps)
    return [tick for tick in ticks if low <= tick <= high]
