"""Which questions the page shows: the worst ones, and the first ones for the blind comparison.

They are drawn at random, so the first few are a fair sample; the worst are not.
"""

import math

from layerpeel.backend.evaluation.evaluate import PictureFigures, Plan
from layerpeel.backend.evaluation.figures import FIGURES
from layerpeel.backend.evaluation.report.thumbnails import Thumbnails, thumbnails_of
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
        """How bad the figure is by which the track's methods are judged, for the first method."""
        figures = picture.figures.get(self._plan.methods[0].name)
        judged_by = self._plan.track.judged_by
        return math.inf if figures is None else FIGURES[judged_by].badness(figures[judged_by])
