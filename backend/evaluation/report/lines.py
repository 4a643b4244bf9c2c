"""A summary of an evaluation for a terminal: medians by method, and what was not measured."""

import math

from layerpeel.backend.evaluation.evaluate import Evaluation
from layerpeel.backend.evaluation.summary import known_pairs, median_ratio, spread_of

# The most telling figures: edge, colours, visible background, exactness, fill, time.
SHOWN = ("alpha_mad", "F_mad", "Bvis_mad", "rec_pixels", "texture", "rim", "seconds")


def closing_lines(evaluation: Evaluation) -> list[str]:
    """Return one line per method: medians, and the median of per-picture ratios for Bvis_mad."""
    plan = evaluation.plan
    lines = [
        f"Medians of {plan.count} composites at {plan.size}², drawn from {plan.art.name}; "
        f"ratio: median of per-picture Bvis_mad over that of {plan.reference}",
        f"{'method':<12}" + "".join(f"{name:>12}" for name in (*SHOWN, "ratio")),
    ]
    for method in evaluation.methods:
        spreads = [spread_of(evaluation.values(method, name)) for name in SHOWN]
        medians = [spread.median if spread else math.nan for spread in spreads]
        cells = [*medians, ratio_to_reference(evaluation, method, "Bvis_mad")]
        lines.append(f"{method:<12}" + "".join(f"{_said(cell):>12}" for cell in cells))
    return lines + note_lines(evaluation)


def ratio_to_reference(evaluation: Evaluation, method: str, figure: str) -> float:
    """Return the median of per-picture ratios of a figure to the reference's; NaN for none."""
    reference = evaluation.values(evaluation.plan.reference, figure)
    return median_ratio(known_pairs(evaluation.values(method, figure), reference))


def note_lines(evaluation: Evaluation) -> list[str]:
    """Return one line for each thing that was left out."""
    lines = [f"Left out, {name}: {why}" for name, why in evaluation.left_out.items()]
    lines += [f"Not measured, {name}: {why}" for name, why in evaluation.lacking.items()]
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
