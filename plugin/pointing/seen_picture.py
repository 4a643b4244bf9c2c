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
from layerpeel.plugin.qt import QImage, QPainter, Qt
from layerpeel.plugin.turns import Turns
from layerpeel.shared.wire import Packed, pack_in_pieces

# The smallest of the images is no longer than this.
SMALL = 512
# Pixels that are halved in one turn.
AT_A_TIME = 2_000_000


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
        image = self.images[0]
        for smaller in self.images:
            if smaller.width() >= self.size[0] * scale:
                image = smaller
        return image


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
    images = yield from _halved(shown)
    size = (pixels.width, pixels.height)
    return hints, SeenPicture(size, source.fingerprint, images, message, shown)


def _halved(shown: Pixels) -> "Turns[Tuple[QImage, ...]]":
    """Make images of pixels of 8-bit B, G, R, A."""
    stride, form = shown.width * 4, QImage.Format.Format_ARGB32
    images = [QImage(shown.data, shown.width, shown.height, stride, form)]
    while max(images[-1].width(), images[-1].height()) > SMALL:
        images.append((yield from _half(images[-1])))
    return tuple(images)


def _half(image: QImage) -> "Turns[QImage]":
    """Scale an image to half its size, some rows a turn."""
    width, height = max(1, image.width() // 2), max(1, image.height() // 2)
    half = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    half.fill(0)
    rows = max(1, AT_A_TIME // (2 * image.width()))
    for top in range(0, height, rows):
        count = min(rows, height - top)
        part = image.copy(0, 2 * top, image.width(), min(2 * count, image.height()))
        part = part.scaled(
            width,
            count,
            Qt.AspectRatioMode.IgnoreAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        painter = QPainter(half)
        painter.drawImage(0, top, part)
        painter.end()
        yield "make the picture smaller"
    return half
