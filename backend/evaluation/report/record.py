"""An evaluation for programs: figures.json and figures.csv.

Missing values are null in JSON and empty in CSV.
"""

import csv
import io
import math
from dataclasses import asdict
from typing import Any

from layerpeel.backend.evaluation.evaluate import TRUTH, Evaluation
from layerpeel.backend.evaluation.figures import FIGURES
from layerpeel.backend.evaluation.placement_figures import NAMES as PLACEMENTS
from layerpeel.backend.evaluation.report.table_4 import table_4
from layerpeel.backend.evaluation.summary import (
    known_pairs,
    median_ratio,
    spread_of,
    times_worse,
)


def record_of(evaluation: Evaluation, facts: dict[str, str]) -> dict[str, Any]:
    """Return everything that was measured, ready for JSON.

    facts: about the run and its machine. `summary` has, by method and figure: median, mean,
    deviation and count over the pictures, the median of per-picture ratios to the reference, and
    `worse`: in how many of how many pictures it is larger than the reference's.
    """
    plan = evaluation.plan
    return {
        "run": facts,
        "reference": plan.reference,
        "methods": {baseline.name: baseline.title for baseline in plan.methods},
        "measured": evaluation.methods,
        "left_out": evaluation.left_out,
        "not_measured": evaluation.lacking,
        "doubts": evaluation.doubts,
        "table_4": [_without_nan(asdict(row)) for row in table_4(evaluation)],
        "unusable_files": plan.art.unusable,
        "figures": {
            name: FIGURES[name].meaning for name in evaluation.figure_names if name in FIGURES
        },
        "summary": {method: _summary(evaluation, method) for method in evaluation.methods},
        "placement": {
            method: _placement(evaluation, method) for method in (TRUTH, *evaluation.methods)
        },
        "totals": evaluation.totals,
        "peak_bytes": evaluation.peak_bytes,
        "pictures": [_without_nan(asdict(picture)) for picture in evaluation.pictures],
    }


def _summary(evaluation: Evaluation, method: str) -> dict[str, Any]:
    summary = {}
    for figure in evaluation.figure_names:
        values = evaluation.values(method, figure)
        spread = spread_of(values)
        if spread is None:
            continue
        pairs = known_pairs(values, evaluation.values(evaluation.plan.reference, figure))
        summary[figure] = asdict(spread) | {
            "ratio": median_ratio(pairs),
            "worse": [times_worse(pairs), len(pairs)],
        }
    return {figure: _without_nan(row) for figure, row in summary.items()}


def _placement(evaluation: Evaluation, method: str) -> dict[str, Any]:
    spreads = {name: spread_of(evaluation.placements(method, name)) for name in PLACEMENTS}
    return {
        name: {"mean": spread.mean, "deviation": spread.deviation}
        for name, spread in spreads.items()
        if spread is not None
    }


def _without_nan(value: Any) -> Any:  # noqa: ANN401  (JSON is of any shape)
    """Replace NaN and infinity, which JSON does not have, by None."""
    if isinstance(value, dict):
        return {name: _without_nan(part) for name, part in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def csv_of(evaluation: Evaluation) -> str:
    """Return CSV with one row per picture and method: all its figures and its placement."""
    figures = evaluation.figure_names
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\n")
    table.writerow(
        ["number", "picture", "method", *figures, *PLACEMENTS, "failure", "nothing found"]
    )
    for picture in evaluation.pictures:
        for method in evaluation.methods:
            own = picture.figures.get(method, {}) | picture.placement.get(method, {})
            cells = [own.get(name, math.nan) for name in (*figures, *PLACEMENTS)]
            known = ["" if math.isnan(cell) else repr(cell) for cell in cells]
            said = [why.get(method, "") for why in (picture.failures, picture.nothing_found)]
            table.writerow([picture.number, picture.name, method, *known, *said])
    return text.getvalue()
