"""The widget that shows the picture to point at, and takes clicks, boxes and strokes."""

from typing import Optional, Tuple

from layerpeel.plugin.pointing.drawing import (
    draw_hints,
    draw_marks,
    draw_outline,
    draw_picture,
    outline_path,
)
from layerpeel.plugin.pointing.gestures import Gesture, Tool
from layerpeel.plugin.pointing.pointed_picture import Pointing
from layerpeel.plugin.qt import QKeyEvent, QMouseEvent, QPainter, QPoint, Qt, QWidget
from layerpeel.plugin.widgets.zoomed_view import ZoomedView

# Moving less than this far is no drag.
STILL = 4  # logical pixels


class PictureView(ZoomedView):
    """Shows a `Pointing`'s picture with its marks and outline.

    Click keeps, right-click or Ctrl+click removes; dragging draws what `tool` says, or the other
    one with Shift held.

    tool: what dragging draws.
    """

    def __init__(
        self, pointing: Pointing, takes_its_shape: bool, parent: Optional[QWidget] = None
    ) -> None:
        """takes_its_shape: whether the view is as high as the picture is at the view's width."""
        super().__init__(takes_its_shape, Qt.CursorShape.CrossCursor, parent)
        self.tool = Tool.BOX
        self._pointing = pointing
        self._outline = outline_path(())
        self._gesture: Optional[Gesture] = None
        self._pressed = QPoint()
        pointing.changed.connect(self._show)
        self._show()

    # Display ---------------------------------------------------------------------------------

    def draw(self, painter: QPainter) -> None:
        """Draw the picture, the outline, the marks, and the one that is being drawn."""
        picture = self._pointing.picture
        if picture is None:
            return
        zoom = self.zoom
        draw_picture(painter, picture, zoom, self.devicePixelRatioF())
        draw_outline(painter, self._outline, picture.size, zoom)
        draw_hints(painter, self._pointing.hints.points, zoom)
        draws = self._gesture is not None and self._pointing.most is None
        drawn = self._gesture.mark() if self._gesture is not None and draws else None
        new = () if drawn is None else (drawn,)
        draw_marks(painter, (*self._pointing.marks, *new), zoom)

    def _show(self) -> None:
        picture = self._pointing.picture
        self._outline = outline_path(self._pointing.rings)
        if self.show_size(self.picture_size if picture is None else picture.size):
            self._gesture = None

    # Mouse -----------------------------------------------------------------------------------

    def mousePressEvent(self, event: Optional[QMouseEvent]) -> None:  # noqa: N802  (Qt calls it so)
        """Begin a click, a box, a stroke, or to move the picture."""
        size = self.picture_size
        if event is None or self._pointing.picture is None or size is None:
            return
        button, held = event.button(), event.modifiers()
        is_left = button == Qt.MouseButton.LeftButton
        if not self.begin_pan(event) and (is_left or button == Qt.MouseButton.RightButton):
            keeps = is_left and not held & Qt.KeyboardModifier.ControlModifier
            other = Tool.STROKE if self.tool is Tool.BOX else Tool.BOX
            tool = other if held & Qt.KeyboardModifier.ShiftModifier else self.tool
            self._pressed = event.pos()
            self._gesture = Gesture(self._place(event.pos()), size, keeps, tool)
            self.update()

    def mouseMoveEvent(self, event: Optional[QMouseEvent]) -> None:  # noqa: N802  (likewise)
        """Go on with what was begun."""
        if event is None:
            return
        if not self.go_on_panning(event) and self._gesture is not None:
            moved = event.pos() - self._pressed
            if self._gesture.is_drag or moved.manhattanLength() >= STILL:
                self._gesture.drag_to(self._place(event.pos()))
            self.update()

    def mouseReleaseEvent(self, _event: Optional[QMouseEvent]) -> None:  # noqa: N802  (likewise)
        """Mark what was clicked or drawn."""
        gesture, self._gesture = self._gesture, None
        self.end_pan()
        mark = gesture.mark() if gesture is not None else None
        if mark is not None:
            self._pointing.mark(mark)
        self.update()

    def mouseDoubleClickEvent(self, event: Optional[QMouseEvent]) -> None:  # noqa: N802
        """Take the second of two quick clicks for a click like any other."""
        self.mousePressEvent(event)

    def _place(self, at: QPoint) -> Tuple[float, float]:
        return self.zoom.to_picture(at.x() + 0.5, at.y() + 0.5)

    # Keyboard --------------------------------------------------------------------------------

    def takes_key(self, event: QKeyEvent) -> bool:
        """Whether a key that Krita may have a shortcut for is the picture's."""
        return _is_undo(event) or event.key() == Qt.Key.Key_Escape or super().takes_key(event)

    def keyPressEvent(self, event: Optional[QKeyEvent]) -> None:  # noqa: N802  (likewise)
        """Ctrl+Z takes the last mark back, Escape what is being drawn."""
        if event is None:
            return
        if _is_undo(event):
            self._pointing.undo()
        elif event.key() == Qt.Key.Key_Escape:
            self._gesture = None
            self.update()
        else:
            super().keyPressEvent(event)


def _is_undo(event: QKeyEvent) -> bool:
    held = event.modifiers() == Qt.KeyboardModifier.ControlModifier
    return held and event.key() == Qt.Key.Key_Z
