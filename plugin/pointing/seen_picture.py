"""The picture to point at: as it is shown to the artist, and as it is sent to the backend."""

from dataclasses import dataclass, field
from typing import Optional, Tuple

from krita import Document

from layerpeel.plugin.canvas.pixels import Pixels, SourceKind
from layerpeel.plugin.canvas.pointed_source import (
    Hints,
    display_of,
    is_quick_to_read,
    read_hints_of,
    read_to_point_at,
)
from layerpeel.plugin.canvas.submitted_picture import picture_of
from layerpeel.plugin.qt import QImage
from layerpeel.plugin.turns import Turns
from layerpeel.plugin.widgets.image_levels import halved, sharp_at
from layerpeel.shared.wire import Packed, pack_in_pieces


@dataclass(frozen=True)
class SeenPicture:
    """A document's picture at one moment.

    size: width, height. fingerprint: tells it from any other picture.
    images: the picture at full size, then each at half the size of the one before.
    message: a packed `Picture`. pixels: what the first of the images shows, which Qt does not copy.
    """

    size: Tuple[int, int]
    fingerprint: str
    images: Tuple[QImage, ...] = field(repr=False)
    message: Packed = field(repr=False)
    pixels: Pixels = field(repr=False)

    def image_for(self, scale: float) -> QImage:
        """Return the smallest image that is sharp at a scale."""
        return sharp_at(self.images, self.size[0], scale)


def see(
    document: Document, kind: SourceKind, known: str = "", thoroughly: bool = False
) -> "Turns[Tuple[Hints, Optional[SeenPicture]]]":
    """Read the hints, and what would be peeled: None where its fingerprint is the `known` one.

    thoroughly: whether to look at a picture that is known even where that takes Krita long.

    Raises CanvasError when there is nothing to peel.
    """
    hints = yield from read_hints_of(document)
    if known and not thoroughly and not is_quick_to_read(document, kind):
        return hints, None
    source = yield from read_to_point_at(document, kind)
    if source.fingerprint == known:
        return hints, None
    pixels = source.pixels
    picture = yield from picture_of(document, pixels)
    message = pack_in_pieces(picture)
    yield "pack the picture"
    shown = yield from display_of(document, pixels)
    stride, form = shown.width * 4, QImage.Format.Format_ARGB32
    images = yield from halved(QImage(shown.data, shown.width, shown.height, stride, form))
    size = (pixels.width, pixels.height)
    return hints, SeenPicture(size, source.fingerprint, images, message, shown)
