"""The page to look at: one HTML file that contains all it shows and needs no network."""

import hashlib
import json
import math
from functools import cache
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from layerpeel.backend.evaluation.evaluate import TRUTH, Evaluation
from layerpeel.backend.evaluation.figures import FIGURES, Better
from layerpeel.backend.evaluation.placement_figures import NAMES as PLACEMENTS
from layerpeel.backend.evaluation.report import plots
from layerpeel.backend.evaluation.report.gallery import Gallery
from layerpeel.backend.evaluation.report.lines import note_lines
from layerpeel.backend.evaluation.report.table_4 import COLUMNS, table_4
from layerpeel.backend.evaluation.summary import spread_of

PACKAGE = "layerpeel.backend.evaluation.report"
SCRIPTS = ("views.js", "pictures.js", "preference.js", "comparison.js")


def page_of(evaluation: Evaluation, record: dict[str, Any], gallery: Gallery) -> str:
    """Render the record and the gallery as HTML."""
    by_number = {picture.number: picture for picture in evaluation.pictures}
    shown = [(by_number[n], gallery.pictures_of(n)) for n in gallery.worst_first]
    return (
        _environment()
        .get_template("report.html.jinja")
        .render(
            record=record,
            evaluation=evaluation,
            figures=FIGURES,
            best=_best(evaluation),
            notes=note_lines(evaluation),
            placements=PLACEMENTS,
            table_4=table_4(evaluation),
            table_4_columns=COLUMNS,
            plots=plots.plots_of(evaluation),
            geometry=plots,
            shown=shown,
            track=evaluation.plan.track,
            drawn=evaluation.plan.drawn,
            truth=TRUTH,
            data=_data(evaluation, record, gallery),
            style=_own("report.css"),
            scripts=[_own(name) for name in SCRIPTS],
        )
    )


def _data(evaluation: Evaluation, record: dict[str, Any], gallery: Gallery) -> dict[str, Any]:
    """Data for the scripts of the page."""
    return {
        "id": _identity(record),
        "run": record["run"],
        "reference": evaluation.plan.reference,
        "methods": evaluation.methods,
        "titles": record["methods"],
        "compared": gallery.compared,
        "judgedBy": evaluation.plan.track.judged_by,
        "higherIsBetter": [name for name, f in FIGURES.items() if f.better is Better.HIGHER],
        "nearOne": [name for name, f in FIGURES.items() if f.better is Better.NEAR_ONE],
        "pictures": {
            str(picture["number"]): {"name": picture["name"], "figures": picture["figures"]}
            for picture in record["pictures"]
        },
    }


def _identity(record: dict[str, Any]) -> str:
    """Identify a report, so that answers stored by the browser are kept per report."""
    said = json.dumps(record, sort_keys=True).encode()
    return hashlib.sha256(said).hexdigest()[:16]


def _best(evaluation: Evaluation) -> dict[str, str]:
    """Return, for each figure with an aim, the method whose median is best."""
    best = {}
    for name, figure in FIGURES.items():
        summary = {m: evaluation.values(m, name) for m in evaluation.methods}
        medians = {m: spread_of(values) for m, values in summary.items()}
        ranked = {m: figure.badness(s.median) for m, s in medians.items() if s is not None}
        if ranked and figure.better is not Better.NEITHER:
            best[name] = min(ranked, key=lambda method: ranked[method])
    return best


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(PACKAGE, "page"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = number
    return environment


def number(value: float | None) -> str:
    """Format a figure with about three significant digits; a dash for none."""
    if value is None or math.isnan(value):
        return "–"
    if value == 0 or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}"


def _own(name: str) -> Markup:
    """Return a file of this package, to be put into the page unescaped."""
    return Markup((resources.files(PACKAGE) / "page" / name).read_text("utf-8"))  # noqa: S704
