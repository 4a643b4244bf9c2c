"""Which questions the page shows: the worst ones, and the first ones for the blind comparison.

They are drawn at random, so the first few are a fair sample; the worst are not.
"""

import math

from layerpeel.backend.evaluation.evaluate import PictureFigures, Plan
from layerpeel.backend.evaluation.figures import FIGURES, Better
from layerpeel.backend.evaluation.report.thumbnails import Thumbnails, thumbnails_of
from layerpeel.backend.evaluation.summary import ratio_of
from layerpeel.backend.evaluation.track import Pictures, Question

MOST_WORST = 24
MOST_COMPARED = 24


class Gallery:
    """Collects what the page shows, so that a long run does not keep every layer."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._shown: dict[int, tuple[float, Thumbnails]] = {}

    def add(
        self, picture: PictureFigures, question: Question, pictures: dict[str, Pictures]
    ) -> None:
        """Add a question, and drop any that is neither bad enough nor among the first."""
        self._shown[picture.number] = (
            self._badness(picture),
            thumbnails_of(question, pictures, self._plan.track.kinds),
        )
        worst = set(self.worst_first[:MOST_WORST])
        for number in list(self._shown):
            if number not in worst and number > MOST_COMPARED:
                del self._shown[number]

    @property
    def worst_first(self) -> list[int]:
        """Numbers of all that are shown, beginning with those where the first method is worst."""
        return sorted(self._shown, key=lambda number: (-self._shown[number][0], number))

    @property
    def compared(self) -> list[int]:
        """Numbers of those of the blind comparison."""
        return sorted(number for number in self._shown if number <= MOST_COMPARED)

    def pictures_of(self, number: int) -> Thumbnails:
        """Return the pictures of one that is shown."""
        return self._shown[number][1]

    def _badness(self, picture: PictureFigures) -> float:
        """How bad the first method's figure is; a smaller is better one, beside the reference's."""
        judged_by = self._plan.track.judged_by
        values = {name: figures[judged_by] for name, figures in picture.figures.items()}
        ours = values.get(self._plan.methods[0].name)
        if ours is None:
            return math.inf
        theirs = values.get(self._plan.reference)
        itself = self._plan.methods[0].name == self._plan.reference
        if theirs is None or itself or FIGURES[judged_by].better is not Better.LOWER:
            return FIGURES[judged_by].badness(ours)
        ratio = ratio_of(ours, theirs)
        return 0.0 if math.isnan(ratio) else ratio
