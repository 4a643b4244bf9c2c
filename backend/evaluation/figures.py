"""Each figure's name, its meaning, and which values are better."""

import math
from dataclasses import dataclass
from enum import Enum

from layerpeel.backend.evaluation.simulated_pointing import MOST_CLICKS


class Better(Enum):
    """Which values of a figure are better."""

    LOWER = "lower is better"
    HIGHER = "higher is better"
    NEAR_ONE = "1 is right"
    NEITHER = "no aim: it rewards a blur"


@dataclass(frozen=True)
class Figure:
    """A figure that judges what a method made of one picture (docs/quality.md)."""

    name: str
    meaning: str
    better: Better = Better.LOWER

    def badness(self, value: float) -> float:
        """Map a value so that larger is worse; NaN stays NaN."""
        if self.better is Better.HIGHER:
            return -value
        if self.better is not Better.NEAR_ONE or math.isnan(value):
            return value
        return abs(math.log(value)) if value > 0 else math.inf


SECONDS = "seconds"
EXACT = "rec_pixels"

_NOT_ENOUGH = f"{MOST_CLICKS + 1} where {MOST_CLICKS} are not enough"

FIGURES = {
    figure.name: figure
    for figure in (
        Figure("iou", "overlap of what is lifted off with what is meant, 0–1", Better.HIGHER),
        Figure("alpha_mad", "mean error of alpha, × 1000"),
        Figure("undecided", "‰ of the frame that is half there where the truth is not"),
        Figure(
            "F_mad", "mean error of the foreground's colour, weighted by the true alpha, × 1000"
        ),
        Figure("F_mse", "the same squared, × 1000"),
        Figure("pF_mad", "mean error of the foreground as painted, with its own alpha, × 1000"),
        Figure("B_mad", "mean error of the whole background, × 1000", Better.NEITHER),
        Figure("B_mse", "the same squared, × 1000", Better.NEITHER),
        Figure("Bvis_mad", "mean error of the background where it shows (α < 0.999), × 1000"),
        Figure("Bocc_mad", "mean error of the background where it is hidden", Better.NEITHER),
        Figure("residue", "pixels in which the object's edge is left behind, per 1000 of its edge"),
        Figure("pB_mad", "mean error of the background with its own alpha, where it shows, × 1000"),
        Figure("Balpha_mad", "mean error of the background's own alpha, where it shows, × 1000"),
        Figure("leak", "‰ of the frame in which a layer shows a colour that was under alpha 0"),
        Figure("rec_max", "largest error of αF + (1−α)B against the picture, × 1000"),
        Figure("rec_mad", "mean error of the same, × 1000"),
        Figure(EXACT, "share of pixels whose 8-bit flattening is not the picture"),
        Figure("texture", "detail of the filled hole over that of the truth", Better.NEAR_ONE),
        Figure("rim", "gradient on the hole's outline over that of the truth", Better.NEAR_ONE),
        Figure("iou_1", "overlap after one click, 0–1", Better.HIGHER),
        Figure("iou_3", "overlap after three clicks, 0–1", Better.HIGHER),
        Figure("clicks_90", f"clicks until the overlap is 0.9; {_NOT_ENOUGH}"),
        Figure("clicks_95", f"clicks until the overlap is 0.95; {_NOT_ENOUGH}"),
        Figure(
            "found", "share of the things that a layer meets with an overlap of 0.75", Better.HIGHER
        ),
        Figure("no_thing", "share of the layers that meet no thing so"),
        Figure(
            "thing_iou",
            "mean overlap of a thing with the layer that meets it best, 0–1",
            Better.HIGHER,
        ),
        Figure(SECONDS, "wall time of one answer"),
    )
}
