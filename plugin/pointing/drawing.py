"""Draws the picture to point at: with what is marked in it, and what would be lifted off."""

from typing import Optional, Sequence, Tuple

from layerpeel.plugin.pointing.marks import Click, Frame, Mark, Place
from layerpeel.plugin.pointing.seen_picture import SeenPicture
from layerpeel.plugin.qt import (
    QBrush,
    QColor,
    QPainter,
    QPainterPath,
    QPen,
    QPointF,
    QPolygonF,
    QRectF,
    Qt,
)
from layerpeel.plugin.widgets.checkerboard import checkerboard
from layerpeel.plugin.widgets.zoom import Zoom
from layerpeel.shared.pointing import Ring
from layerpeel.shared.protocol import Box, Point

KEEP, REMOVE = QColor(38, 166, 91), QColor(214, 48, 49)
_LIGHT, _DARK = QColor(255, 255, 255), QColor(0, 0, 0, 200)
_DIMMED = QColor(0, 0, 0, 120)
_RADIUS = 5.0  # of a click's disc, in pixels of the screen
# A pixel of the picture is seen as a square once it is so many of the screen's.
_SQUARES = 3.0


def draw_picture(painter: QPainter, picture: SeenPicture, zoom: Zoom, ratio: float) -> None:
    """Draw the picture. ratio: pixels of the screen for one of the widget."""
    width, height = picture.size
    target = QRectF(zoom.left, zoom.top, width * zoom.scale, height * zoom.scale)
    painter.fillRect(target, checkerboard())
    image = picture.image_for(zoom.scale * ratio)
    smooth = zoom.scale * ratio < _SQUARES
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
    painter.drawImage(target, image, QRectF(image.rect()))


def outline_path(rings: Sequence[Ring]) -> QPainterPath:
    """Make the path of an outline, in pixels of the picture."""
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.OddEvenFill)
    for ring in rings:
        path.addPolygon(QPolygonF([QPointF(x, y) for x, y in ring]))
        path.closeSubpath()
    return path


def draw_outline(
    painter: QPainter, outline: QPainterPath, size: Tuple[int, int], zoom: Zoom
) -> None:
    """Draw an outline, and dim what lies outside."""
    if outline.isEmpty():
        return
    outside = QPainterPath()
    outside.setFillRule(Qt.FillRule.OddEvenFill)
    outside.addRect(QRectF(0, 0, *size))
    outside.addPath(outline)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(zoom.left, zoom.top)
    painter.scale(zoom.scale, zoom.scale)
    painter.fillPath(outside, _DIMMED)
    _stroke(painter, outline)
    painter.restore()


def draw_hints(painter: QPainter, hints: Sequence[Point], zoom: Zoom) -> None:
    """Draw where strokes are painted on a layer of hints."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(_LIGHT, 1.0))
    for hint in hints:
        painter.setBrush(QBrush(KEEP if hint.inside else REMOVE))
        middle = QPointF(*zoom.to_widget(hint.x + 0.5, hint.y + 0.5))
        painter.drawEllipse(middle, _RADIUS / 2, _RADIUS / 2)
    painter.restore()


def draw_marks(painter: QPainter, marks: Sequence[Mark], zoom: Zoom) -> None:
    """Draw clicks, strokes, and the box that counts."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    box: Optional[Box] = None
    for mark in marks:
        if isinstance(mark, Frame):
            box = mark.box
        elif isinstance(mark, Click):
            _draw_click(painter, QPointF(*zoom.to_widget(*mark.place)), mark.keeps)
        else:
            _draw_stroke(painter, mark.path, mark.keeps, zoom)
    if box is not None:
        left, top = zoom.to_widget(box.left, box.top)
        path = QPainterPath()
        path.addRect(QRectF(left, top, box.width * zoom.scale, box.height * zoom.scale))
        _stroke(painter, path, dashed=True)
    painter.restore()


def _draw_click(painter: QPainter, middle: QPointF, keeps: bool) -> None:
    painter.setPen(QPen(_LIGHT, 1.5))
    painter.setBrush(QBrush(KEEP if keeps else REMOVE))
    painter.drawEllipse(middle, _RADIUS, _RADIUS)
    arm = _RADIUS * 0.5
    painter.drawLine(QPointF(middle.x() - arm, middle.y()), QPointF(middle.x() + arm, middle.y()))
    if keeps:
        up = QPointF(middle.x(), middle.y() - arm)
        painter.drawLine(up, QPointF(middle.x(), middle.y() + arm))


def _draw_stroke(painter: QPainter, places: Sequence[Place], keeps: bool, zoom: Zoom) -> None:
    path = QPainterPath(QPointF(*zoom.to_widget(*places[0])))
    for place in places:
        path.lineTo(QPointF(*zoom.to_widget(*place)))
    for colour, width in ((_LIGHT, 6.0), (KEEP if keeps else REMOVE, 4.0)):
        pen = QPen(colour, width)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.strokePath(path, pen)


def _stroke(painter: QPainter, path: QPainterPath, dashed: bool = False) -> None:
    """Draw a line that is seen on light and on dark."""
    for colour, width in ((_DARK, 3.0), (_LIGHT, 1.5)):
        pen = QPen(colour, width)
        pen.setCosmetic(True)
        if dashed and colour is _LIGHT:
            pen.setDashPattern([4.0, 3.0])
        painter.strokePath(path, pen)
