"""SAM as the finding of things asks it: by single points, coarsely."""

from collections.abc import Sequence

from layerpeel.backend.image import Float32
from layerpeel.backend.progress import ReportFraction
from layerpeel.backend.stages.crop import resized
from layerpeel.backend.stages.segment_anything.segmenter import SegmentAnything
from layerpeel.backend.stages.things.agreement import agreed_upon
from layerpeel.backend.stages.things.choosing_things import PointAnswer
from layerpeel.shared.protocol import Point

# Long side of the answers.
COARSE_SIDE = 256


class SamAnswers:
    """See `layerpeel.backend.stages.things.point_answers.PointAnswers`.

    shown: H×W×3, RGB, 0–1.
    """

    def __init__(self, segmenter: SegmentAnything, shown: Float32) -> None:
        self._segmenter = segmenter
        self._shown = shown

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of its answers."""
        height, width = self._shown.shape[:2]
        scale = COARSE_SIDE / max(height, width)
        return max(1, round(height * scale)), max(1, round(width * scale))

    def at(self, points: Sequence[tuple[int, int]], report: ReportFraction) -> list[PointAnswer]:
        """The masks that SAM itself thinks best, as far as they agree."""
        answered = []
        for number, point in enumerate(points):
            report(number / len(points))
            answered.append(self._at(*point))
        return agreed_upon(answered)

    def _at(self, row: int, column: int) -> PointAnswer:
        scale = max(self._shown.shape[:2]) / max(self.shape)
        point = Point(int((column + 0.5) * scale), int((row + 0.5) * scale))
        mask, quality = self._segmenter.best_at(self._shown, point)
        return PointAnswer((row, column), resized(mask, self.shape), quality)
