"""What is shown, by SAM: clicks, boxes, and things told apart."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from layerpeel.backend.devices.pool import NetworkPool
from layerpeel.backend.engines.kept_pool import kept_pool, kept_with
from layerpeel.backend.engines.used_models import UsedModels
from layerpeel.backend.image import Float32, Image
from layerpeel.backend.progress import ReportFraction
from layerpeel.backend.stages.box import BoxEdges
from layerpeel.backend.stages.isnet import shown_over_grey
from layerpeel.backend.stages.segment_anything import SegmentAnything
from layerpeel.backend.stages.segment_anything.sam_answers import SamAnswers
from layerpeel.backend.stages.things.things_found import find_things
from layerpeel.shared.protocol import Box, Point, Thing


class PointingBySam:
    """Answers clicks and boxes, and tells things apart, on `wanted_device()`."""

    def __init__(self, used: UsedModels) -> None:
        self._used = used

    def find_at_points(
        self, image: Image, points: Sequence[Point], box: Box | None, report: ReportFraction
    ) -> Float32:
        """What SAM sees where a person has clicked, and drawn a box."""
        edges = None if box is None else _edges(box)
        return _visible(self._segmenter.at_points(_shown(image), points, box=edges), image)

    def find_in_box(self, image: Image, box: Box, report: ReportFraction) -> Float32:
        """What SAM sees in a box; 0 outside it."""
        found = self._segmenter.in_boxes(_shown(image), [_edges(box)])
        inside = np.zeros_like(found)
        kept = np.s_[box.top : box.top + box.height, box.left : box.left + box.width]
        inside[kept] = found[kept]
        return _visible(inside, image)

    def find_in_boxes(
        self, image: Image, boxes: Sequence[BoxEdges], report: ReportFraction
    ) -> Float32:
        """What SAM sees in all boxes."""
        return _visible(self._segmenter.in_boxes(_shown(image), boxes), image)

    def find_subject_within(self, image: Image, bounds: Box, report: ReportFraction) -> Float32:
        """What SAM sees in a part of the picture; 0 outside it."""
        return self.find_in_box(image, bounds, report)

    def tell_apart(
        self, image: Image, standing_out: Float32, most: int, report: ReportFraction
    ) -> Sequence[Thing]:
        """The things in what stands out, at most `most`, front-most first."""
        answers = SamAnswers(self._segmenter, _shown(image))
        return find_things(image, standing_out, answers, most, report)

    @property
    def _segmenter(self) -> SegmentAnything:
        # Kept, so that a picture's embedding serves the next click.
        return kept_with(self._pool, SegmentAnything, self._used.use("sam"))

    @cached_property
    def _pool(self) -> NetworkPool:
        return kept_pool(self._used.store)


def _edges(box: Box) -> BoxEdges:
    return (box.left, box.top, box.left + box.width, box.top + box.height)


def _shown(image: Image) -> Float32:
    return shown_over_grey(image.proxy, image.alpha)


def _visible(mask: Float32, image: Image) -> Float32:
    """Take what is clear out of a mask."""
    mask[image.alpha <= 0] = 0
    return mask
