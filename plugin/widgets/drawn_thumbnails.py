"""Draws the thumbnails of a result side by side: the background alone, and what was lifted off."""

from typing import List, Sequence

from layerpeel.plugin.qt import QByteArray, QImage, QPainter, QPixmap, QRectF, Qt
from layerpeel.plugin.widgets.checkerboard import checkerboard
from layerpeel.shared.protocol import Role
from layerpeel.shared.thumbnails import LayerThumbnail, Thumbnails

GAP = 3  # logical pixels between the two
_CHECK = 5  # pixels


def draw_apart(thumbnails: Thumbnails, side: int, ratio: float) -> QPixmap:
    """Draw a result's background, and its foregrounds over a checkerboard beside it.

    side: of the square in which each fits, in logical pixels. ratio: pixels of the screen for one.
    """
    layers = thumbnails.layers
    parts = [
        part
        for role in (Role.BACKGROUND, Role.FOREGROUND)
        if (part := [each for each in layers if each.role is role])
    ]
    return _in_a_row([_images_of(part) for part in parts], side, ratio)


def draw_layer(layer: LayerThumbnail, side: int, ratio: float) -> QPixmap:
    """Draw one layer, over a checkerboard."""
    return _in_a_row([_images_of([layer])], side, ratio)


def draw_nothing(side: int, ratio: float) -> QPixmap:
    """Draw a clear square, in place of a thumbnail that has not come."""
    return _in_a_row([], side, ratio)


def _images_of(layers: Sequence[LayerThumbnail]) -> List[QImage]:
    images = []
    for layer in layers:
        image = QImage()
        # One that cannot be read is left out; the layer itself is not touched by that.
        if image.loadFromData(QByteArray(layer.png), "PNG"):
            images.append(image)
    return images


def _in_a_row(parts: Sequence[List[QImage]], side: int, ratio: float) -> QPixmap:
    count = max(1, len(parts))
    width = count * side + (count - 1) * GAP
    drawn = QPixmap(round(width * ratio), round(side * ratio))
    drawn.setDevicePixelRatio(ratio)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    for number, images in enumerate(parts):
        if not images:
            continue
        size = images[0].size()
        scale = side / max(size.width(), size.height())
        wide, high = size.width() * scale, size.height() * scale
        left = number * (side + GAP) + (side - wide) / 2
        target = QRectF(left, (side - high) / 2, wide, high)
        painter.fillRect(target, checkerboard(_CHECK))
        for image in images:
            painter.drawImage(target, image)
    painter.end()
    return drawn
