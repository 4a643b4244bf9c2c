"""Each figure's name, its meaning, and which values are better."""

import math
from dataclasses import dataclass
from enum import Enum


class Better(Enum):
    """Which values of a figure are better."""

    LOWER = "lower is better"
    NEAR_ONE = "1 is right"
    NEITHER = "no aim: it rewards a blur"


@dataclass(frozen=True)
class Figure:
    """A figure that judges one separation of one picture (`evaluation.metrics`)."""

    name: str
    meaning: str
    better: Better = Better.LOWER

    def badness(self, value: float) -> float:
        """Map a value so that larger is worse; NaN stays NaN."""
        if self.better is not Better.NEAR_ONE or math.isnan(value):
            return value
        return abs(math.log(value)) if value > 0 else math.inf


SECONDS = "seconds"
EXACT = "rec_pixels"

FIGURES = {
    figure.name: figure
    for figure in (
        Figure("alpha_mad", "mean error of alpha, × 1000"),
        Figure(
            "F_mad", "mean error of the foreground's colour, weighted by the true alpha, × 1000"
        ),
        Figure("F_mse", "the same squared, × 1000"),
        Figure("pF_mad", "mean error of the foreground as painted, with its own alpha, × 1000"),
        Figure("B_mad", "mean error of the whole background, × 1000", Better.NEITHER),
        Figure("B_mse", "the same squared, × 1000", Better.NEITHER),
        Figure("Bvis_mad", "mean error of the background where it shows (α < 0.999), × 1000"),
        Figure("Bocc_mad", "mean error of the background where it is hidden", Better.NEITHER),
        Figure("rec_max", "largest error of αF + (1−α)B against the picture, × 1000"),
        Figure("rec_mad", "mean error of the same, × 1000"),
        Figure(EXACT, "share of pixels whose 8-bit flattening is not the picture"),
        Figure("texture", "detail of the filled hole over that of the truth", Better.NEAR_ONE),
        Figure("rim", "gradient on the hole's outline over that of the truth", Better.NEAR_ONE),
        Figure(SECONDS, "wall time of one separation"),
    )
}
