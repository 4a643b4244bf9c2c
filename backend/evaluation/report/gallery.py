"""Which composites the page shows: the worst ones, and the first ones for the blind comparison.

Composites are drawn at random, so the first few are a fair sample; the worst are not.
"""

import math

from layerpeel.backend.composites.composite import Composite
from layerpeel.backend.evaluation.evaluate import PictureFigures, Plan
from layerpeel.backend.evaluation.report.thumbnails import Thumbnails, thumbnails_of
from layerpeel.backend.evaluation.summary import ratio_of
from layerpeel.backend.separation import Separation

MOST_WORST = 24
MOST_COMPARED = 24

# The figure for which our engines have an aim; artists see it as halos and left-over outlines.
JUDGED_BY = "Bvis_mad"


class Gallery:
    """Collects what the page shows, so that a long run does not keep every layer."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._shown: dict[int, tuple[float, Thumbnails]] = {}

    def add(
        self, picture: PictureFigures, composite: Composite, layers: dict[str, Separation]
    ) -> None:
        """Add a composite, and drop any that is neither bad enough nor among the first."""
        self._shown[picture.number] = (
            self._badness(picture),
            thumbnails_of(composite, layers),
        )
        worst = set(self.worst_first[:MOST_WORST])
        for number in list(self._shown):
            if number not in worst and number > MOST_COMPARED:
                del self._shown[number]

    @property
    def worst_first(self) -> list[int]:
        """Numbers of all composites shown, beginning with those where the first method is worst."""
        return sorted(self._shown, key=lambda number: (-self._shown[number][0], number))

    @property
    def compared(self) -> list[int]:
        """Numbers of the composites of the blind comparison."""
        return sorted(number for number in self._shown if number <= MOST_COMPARED)

    def pictures_of(self, number: int) -> Thumbnails:
        """Return the pictures of a composite that is shown."""
        return self._shown[number][1]

    def _badness(self, picture: PictureFigures) -> float:
        """Ratio of the first method to the reference; its own figure where it is the reference."""
        values = {name: figures[JUDGED_BY] for name, figures in picture.figures.items()}
        ours = values.get(self._plan.methods[0].name, math.inf)
        theirs = values.get(self._plan.reference)
        if theirs is None or self._plan.methods[0].name == self._plan.reference:
            return ours
        ratio = ratio_of(ours, theirs)
        return 0.0 if math.isnan(ratio) else ratio
