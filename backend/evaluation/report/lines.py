"""A summary of an evaluation for a terminal: its table by method, and what was not measured."""

import math

from layerpeel.backend.evaluation.evaluate import Evaluation
from layerpeel.backend.evaluation.summary import known_pairs, median_ratio, spread_of
from layerpeel.backend.evaluation.track import Column, Statistic


def closing_lines(evaluation: Evaluation) -> list[str]:
    """Return one line per method, with the columns of the track, then what was left out."""
    plan = evaluation.plan
    columns = plan.track.columns
    ratios = [column.figure for column in columns if column.statistic is Statistic.RATIO]
    lines = [
        f"Medians of {plan.drawn} at {plan.size}², drawn from {plan.art.name}"
        + "".join(f"; {name} ratio: median over that of {plan.reference}" for name in ratios),
        f"{'method':<12}" + "".join(f"{column.title:>16}" for column in columns),
    ]
    for method in evaluation.methods:
        cells = [value_in(evaluation, method, column) for column in columns]
        lines.append(f"{method:<12}" + "".join(f"{_said(cell):>16}" for cell in cells))
    return lines + note_lines(evaluation)


def value_in(evaluation: Evaluation, method: str, column: Column) -> float:
    """Return what a method has in a column; NaN where it has nothing."""
    values = evaluation.values(method, column.figure)
    if column.statistic is Statistic.RATIO:
        reference = evaluation.values(evaluation.plan.reference, column.figure)
        return median_ratio(known_pairs(values, reference))
    spread = spread_of(values)
    if spread is None:
        return math.nan
    return spread.mean if column.statistic is Statistic.MEAN else spread.median


def note_lines(evaluation: Evaluation) -> list[str]:
    """Return one line for each thing that was left out."""
    lines = [f"Left out, {name}: {why}" for name, why in evaluation.left_out.items()]
    lines += [f"Not measured, {name}: {why}" for name, why in evaluation.lacking.items()]
    lines += [f"To be doubted, {name}: {why}" for name, why in evaluation.doubts.items()]
    for picture in evaluation.pictures:
        for method, why in picture.failures.items():
            lines.append(f"No figures of {method} for picture {picture.number}: {why}")
    unusable = evaluation.plan.art.unusable
    if unusable:
        lines.append(f"Skipped files: {len(unusable)}")
        lines += [f"  {name} {why}" for name, why in unusable.items()]
    return lines


def _said(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"
