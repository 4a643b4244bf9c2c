"""What the artist has pointed at, or chosen, in one document."""

from dataclasses import dataclass
from typing import List, Optional, Sequence, Tuple

from krita import Document

from layerpeel.plugin.canvas.finding import is_open
from layerpeel.plugin.canvas.pixels import SourceKind
from layerpeel.plugin.canvas.source_reading import active_layer_id
from layerpeel.plugin.pointing.marks import Mark, points_of
from layerpeel.plugin.pointing.seen_picture import SeenPicture
from layerpeel.plugin.pointing.things_choice import ThingsChoice
from layerpeel.shared.protocol import Point, Points, Things


@dataclass
class _Found:
    """What was found in a picture when at most so many things were asked for."""

    fingerprint: str
    most: int
    choice: ThingsChoice


@dataclass
class PointedDocument:
    """What is marked and found in a document's picture, a layer, or what the last peel left.

    layer: the unique id of the layer; empty for another kind.
    """

    document: Document
    kind: SourceKind
    layer: str = ""
    marks: Tuple[Mark, ...] = ()
    _found: Optional[_Found] = None

    def points(self, picture: SeenPicture, hints: Sequence[Point]) -> Optional[Points]:
        """Return what hints and marks mean; None where they do not say what to lift off."""
        points = points_of(self.marks, picture.size, hints)
        says_it = points.box is not None or any(point.inside for point in points.points)
        return points if says_it else None

    def keep_things(self, picture: SeenPicture, most: int, choice: ThingsChoice) -> None:
        """Keep what was found in a picture, and what is wanted of it."""
        self._found = _Found(picture.fingerprint, most, choice)

    def things(self, picture: SeenPicture, most: int) -> Optional[ThingsChoice]:
        """Return what was found in that picture; None where that has not been asked yet."""
        found = self._found
        if found is None or (found.fingerprint, found.most) != (picture.fingerprint, most):
            return None
        return found.choice

    def wanted_things(self, picture: SeenPicture, most: int) -> Optional[Things]:
        """Return the things to lift off; None where there are none."""
        choice = self.things(picture, most)
        wanted = () if choice is None else choice.wanted()
        return Things(tuple(each.thing for each in wanted)) if wanted else None


class PointedDocuments:
    """What is pointed at in all documents, for as long as they are open."""

    def __init__(self) -> None:
        self._all: List[PointedDocument] = []

    def of(self, document: Document, kind: SourceKind) -> PointedDocument:
        """Return what is pointed at in a document; in its active layer for that kind."""
        layer = active_layer_id(document) if kind is SourceKind.LAYER else ""
        for each in self._all:
            if each.document == document and (each.kind, each.layer) == (kind, layer):
                return each
        self._all.append(PointedDocument(document, kind, layer))
        return self._all[-1]

    def drop_closed(self) -> None:
        """Forget documents that are no longer open."""
        self._all = [each for each in self._all if is_open(each.document)]
