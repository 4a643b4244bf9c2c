"""What is seen through a picture where that is transparent."""

from layerpeel.plugin.qt import QBrush, QColor, QPainter, QPixmap

_LIGHT, _DARK = QColor(160, 160, 160), QColor(110, 110, 110)


def checkerboard(side: int = 8) -> QBrush:
    """Return a brush that paints checks of so many pixels a side."""
    tile = QPixmap(2 * side, 2 * side)
    tile.fill(_LIGHT)
    painter = QPainter(tile)
    painter.fillRect(0, 0, side, side, _DARK)
    painter.fillRect(side, side, side, side, _DARK)
    painter.end()
    return QBrush(tile)
