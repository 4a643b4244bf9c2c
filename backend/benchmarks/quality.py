"""Quality of our layers compared with the classical chain's, on composites with known layers.

Both get the same trimap, drawn from the true alpha, so that finding the subject plays no part. The
8-bit layers that a person would get are judged. It is the evaluation of `layerpeel eval` with two
methods.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from layerpeel.backend.composites.art import Art
from layerpeel.backend.composites.composite import SIZE
from layerpeel.backend.errors import LayerpeelError
from layerpeel.backend.evaluation.baselines.by_trimap import CLASSICAL
from layerpeel.backend.evaluation.evaluate import Evaluation, Plan, evaluate
from layerpeel.backend.evaluation.tracks.composite_questions import LAYERS

OURS = LAYERS.engine("compact")

Say = Callable[[str], None]


@dataclass(frozen=True)
class PictureComparison:
    """Figures of both methods on one composite, by name (`evaluation.figures`)."""

    name: str
    ours: dict[str, float]
    chain: dict[str, float]


def measure_quality(
    art: Path, count: int, seed: int, say: Say, size: int = SIZE
) -> list[PictureComparison]:
    """Separate `count` composites of size×size with both methods.

    Raises BadInputError, before anything is measured, when `art` cannot be used, and LayerpeelError
    when either method cannot separate a picture, as there is nothing to compare then.
    """
    plan = Plan(LAYERS, Art(art), (OURS, CLASSICAL), CLASSICAL.name, count, size, seed)
    measured = evaluate(plan, lambda words, _done: say(f"Quality: {words}"))
    _require_all(measured)
    return [
        PictureComparison(picture.name, picture.figures[OURS.name], picture.figures[CLASSICAL.name])
        for picture in measured.pictures
    ]


def _require_all(measured: Evaluation) -> None:
    for picture in measured.pictures:
        for method, why in picture.failures.items():
            raise LayerpeelError(
                f"The benchmark stops, as {method} could not separate {picture.name}: {why}"
            )
