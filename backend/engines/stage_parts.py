"""What one implementation of a stage answers: the parts that a `StagedEngine` is made of.

Masks, trimaps and alphas are H×W, float32, 0–1. `Engine` says what each method means.
"""

from collections.abc import Sequence
from typing import Protocol

from layerpeel.backend.image import Bool, Float32, Image
from layerpeel.backend.lossless import Estimates
from layerpeel.backend.progress import ReportFraction
from layerpeel.backend.separation import Matte
from layerpeel.backend.stages.box import BoxEdges
from layerpeel.backend.stages.crop import Window
from layerpeel.shared.protocol import Box, Point, Thing


class FindsWithin(Protocol):
    """Finds what a part of the picture is of."""

    def find_subject_within(self, image: Image, bounds: Box, report: ReportFraction) -> Float32:
        """See `Engine.find_subject_within`."""


class FindsSubject(FindsWithin, Protocol):
    """Finds what a picture, or a part of it, is of."""

    def find_subject(self, image: Image, report: ReportFraction) -> Float32:
        """See `Engine.find_subject`."""

    def standing_out(self, image: Image, report: ReportFraction) -> Float32:
        """How surely each pixel is part of what matters in the picture, subject or not."""


class FindsInBox(Protocol):
    """Finds the thing in a box that was drawn."""

    def find_in_box(self, image: Image, box: Box, report: ReportFraction) -> Float32:
        """See `Engine.find_in_box`."""


class FindsInBoxes(Protocol):
    """Turns the boxes that words have into a mask."""

    def find_in_boxes(
        self, image: Image, boxes: Sequence[BoxEdges], report: ReportFraction
    ) -> Float32:
        """How surely each pixel belongs to the things in any of the boxes, of which there is one
        at least.
        """


class FindsWords(Protocol):
    """Finds where in a picture is what words name."""

    def boxes_of(self, image: Image, text: str) -> list[BoxEdges]:
        """Boxes round what the words name, surest first; empty where nothing answers to them.

        Raises BadInputError for words that cannot be looked for.
        """


class FindsAtPoints(Protocol):
    """Finds the thing that is pointed at."""

    def find_at_points(
        self, image: Image, points: Sequence[Point], box: Box | None, report: ReportFraction
    ) -> Float32:
        """See `Engine.find_at_points`."""


class FindsInLasso(Protocol):
    """Finds the thing that a rough mask is drawn round."""

    def find_in_lasso(self, image: Image, lasso: Float32, report: ReportFraction) -> Float32 | None:
        """See `Engine.find_in_lasso`."""


class TellsThingsApart(Protocol):
    """Tells the things in a picture apart."""

    def tell_apart(
        self, image: Image, standing_out: Float32, most: int, report: ReportFraction
    ) -> Sequence[Thing]:
        """The things in what stands out, at most `most`, front-most first."""


class Loosens(Protocol):
    """Knows what may be seen through."""

    def loosen_transparent(self, image: Image, trimap: Float32) -> Float32:
        """See `Engine.loosen_transparent`."""


class FindsEdge(Protocol):
    """Finds alpha in the unknown band of a trimap."""

    def matte(self, image: Image, trimap: Float32, report: ReportFraction) -> Matte:
        """See `Engine.matte`."""


class FindsLayers(Protocol):
    """Finds the colours of both layers, also behind the foreground."""

    def window(self, image: Image, trimap: Float32) -> Window:
        """See `Engine.window`."""

    def separate(
        self,
        image: Image,
        matte: Matte,
        trimap: Float32,
        seed: int,
        report: ReportFraction,
        later: Bool,
    ) -> Estimates:
        """See `Engine.separate`."""
