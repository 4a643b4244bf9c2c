"""The paper's Table 4: how far both layers are from the truth, ours beside what it reports.

MAD and MSE × 1000, SAD / 1000, LPIPS × 100; means over the composites.
"""

import math
from dataclasses import dataclass

from layerpeel.backend.evaluation.evaluate import Evaluation
from layerpeel.backend.evaluation.paper_figures import TABLE_4
from layerpeel.backend.evaluation.summary import spread_of
from layerpeel.backend.evaluation.tracks.composite_questions import LAYERS

COLUMNS = ("mad", "mse", "sad", "lpips")
_SIDES = ("F", "B")
_CHANNELS = 3


@dataclass(frozen=True)
class Row:
    """A method's errors in one layer: “F” or “B”. quoted: they are the paper's own."""

    layer: str
    method: str
    errors: dict[str, float]
    quoted: bool = False


def table_4(evaluation: Evaluation) -> list[Row]:
    """Return the rows of the foreground, then those of the background; NaN for what is not known.

    Other tracks than `layers` have none: the paper gives the true trimap.
    """
    if evaluation.plan.track is not LAYERS:
        return []
    return [
        row
        for layer in _SIDES
        for row in (
            *(Row(layer, name, _errors(evaluation, name, layer)) for name in evaluation.methods),
            *(Row(layer, name, errors[layer], quoted=True) for name, errors in TABLE_4.items()),
        )
    ]


def _errors(evaluation: Evaluation, method: str, layer: str) -> dict[str, float]:
    def mean(name: str) -> float:
        spread = spread_of(evaluation.values(method, f"{layer}_{name}"))
        return math.nan if spread is None else spread.mean

    # A sum of absolute errors over all values of a picture, from their mean.
    values = evaluation.plan.size**2 * _CHANNELS
    sad = mean("mad") / 1000 * values / 1000
    return {"mad": mean("mad"), "mse": mean("mse"), "sad": sad, "lpips": mean("lpips")}
