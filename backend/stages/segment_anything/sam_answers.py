"""SAM as the finding of things asks it: by single points, coarsely."""

from layerpeel.backend.image import Float32
from layerpeel.backend.stages.crop import resized
from layerpeel.backend.stages.segment_anything.segmenter import SegmentAnything
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

    def at(self, x: float, y: float) -> Float32:
        """The mask that SAM itself thinks best for a point."""
        mask = self._segmenter.at_points(self._shown, [Point(int(x), int(y))])
        return resized(mask, self.shape)
