"""The widget that shows a result: its background, what was lifted off, all, or the original."""

from enum import Enum
from typing import Optional

from layerpeel.plugin.qt import QBrush, QColor, QMouseEvent, QPainter, QRectF, Qt, QWidget
from layerpeel.plugin.results.shown_result import ShownLayer, ShownResult
from layerpeel.plugin.widgets.checkerboard import checkerboard
from layerpeel.plugin.widgets.image_levels import sharp_at
from layerpeel.plugin.widgets.zoomed_view import ZoomedView
from layerpeel.shared.protocol import Role

# A pixel of the picture is seen as a square once it is so many of the screen's.
_SQUARES = 3.0


class Seen(str, Enum):
    """What of a result is seen."""

    BACKGROUND = "background"
    LIFTED = "lifted"
    ALL = "all"


class ResultView(ZoomedView):
    """Shows a `ShownResult`. Dragging moves it, the wheel zooms.

    seen: what of it. backdrop: colour below what was lifted off; None is a checkerboard.
    before: whether the original is shown in its place.
    """

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(False, Qt.CursorShape.OpenHandCursor, parent)
        self.seen = Seen.BACKGROUND
        self.backdrop: Optional[QColor] = None
        self.before = False
        self._result: Optional[ShownResult] = None

    def show_result(self, result: Optional[ShownResult]) -> None:
        """Show another result."""
        self._result = result
        self.show_size(None if result is None else result.size)

    def draw(self, painter: QPainter) -> None:
        """Draw what is seen."""
        result, zoom = self._result, self.zoom
        if result is None:
            return
        width, height = result.size
        whole = QRectF(zoom.left, zoom.top, width * zoom.scale, height * zoom.scale)
        has_colour = self.seen is Seen.LIFTED and self.backdrop is not None and not self.before
        brush = QBrush(self.backdrop) if has_colour and self.backdrop else checkerboard()
        painter.fillRect(whole, brush)
        seen = Seen.ALL if self.before else self.seen
        # Flattened, the layers of a peel are the picture, and sharper than what is kept of that.
        is_made_anew = result.original is not None and not result.has(Role.FOREGROUND)
        shows_original = self.before or (result.is_patch and seen is not Seen.LIFTED)
        if result.original is not None and shows_original:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(whole, result.original)
            if self.before and is_made_anew:
                return
        for layer in result.layers:
            if _is_seen(layer, seen):
                self._draw_layer(painter, layer)

    def _draw_layer(self, painter: QPainter, layer: ShownLayer) -> None:
        zoom = self.zoom
        left, top = zoom.to_widget(*layer.offset)
        width, height = layer.size
        target = QRectF(left, top, width * zoom.scale, height * zoom.scale)
        scale = zoom.scale * self.devicePixelRatioF()
        image = sharp_at(layer.images, width, scale)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < _SQUARES)
        painter.drawImage(target, image, QRectF(image.rect()))

    # Mouse -----------------------------------------------------------------------------------

    def mousePressEvent(self, event: Optional[QMouseEvent]) -> None:  # noqa: N802  (Qt calls it so)
        """Begin to move the picture."""
        if event is not None and not self.begin_pan(event):
            self.grab_picture(event.pos())

    def mouseMoveEvent(self, event: Optional[QMouseEvent]) -> None:  # noqa: N802  (likewise)
        """Move the picture."""
        if event is not None:
            self.go_on_panning(event)

    def mouseReleaseEvent(self, _event: Optional[QMouseEvent]) -> None:  # noqa: N802  (likewise)
        """Let go of the picture."""
        self.end_pan()


def _is_seen(layer: ShownLayer, seen: Seen) -> bool:
    if seen is Seen.ALL:
        return True
    return (layer.role is Role.FOREGROUND) == (seen is Seen.LIFTED)
