"""A picture at full size and smaller, so that it is drawn quickly and sharply at any zoom."""

from typing import Tuple

from layerpeel.plugin.qt import QImage, QPainter, Qt
from layerpeel.plugin.turns import Turns

# The smallest of the images is no longer than this.
SMALL = 512
# Pixels that are halved in one turn.
AT_A_TIME = 2_000_000


def halved(image: QImage) -> "Turns[Tuple[QImage, ...]]":
    """Return an image, then each at half the size of the one before."""
    images = [image]
    while max(images[-1].width(), images[-1].height()) > SMALL:
        images.append((yield from _half(images[-1])))
    return tuple(images)


def sharp_at(images: Tuple[QImage, ...], width: int, scale: float) -> QImage:
    """Return the smallest image that is sharp at a scale. width: of the picture, at scale 1."""
    image = images[0]
    for smaller in images:
        if smaller.width() >= width * scale:
            image = smaller
    return image


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
