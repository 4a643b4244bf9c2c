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
from layerpeel.plugin.pointing.zoom import Zoom, fitted, panned, zoomed
from layerpeel.plugin.qt import (
    QApplication,
    QEvent,
    QKeyEvent,
    QLineEdit,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPlainTextEdit,
    QPoint,
    QResizeEvent,
    QSize,
    QSizePolicy,
    Qt,
    QWheelEvent,
    QWidget,
)

LEAST_HEIGHT, MOST_HEIGHT = 140, 220  # logical pixels, where the view takes the picture's shape
NOTCH = 120  # of a mouse wheel
ZOOM_OF_A_NOTCH = 1.25
# Moving less than this far is no drag.
STILL = 4  # logical pixels


class PictureView(QWidget):
    """Shows a `Pointing`'s picture with its marks and outline.

    Click keeps, right-click or Ctrl+click removes; dragging draws what `tool` says, or the other
    one with Shift held. The wheel zooms; the middle button, or Space, moves the picture.

    tool: what dragging draws.
    """

    def __init__(
        self, pointing: Pointing, takes_its_shape: bool, parent: Optional[QWidget] = None
    ) -> None:
        """takes_its_shape: whether the view is as high as the picture is at the view's width."""
        super().__init__(parent)
        self.tool = Tool.BOX
        self._pointing = pointing
        self._takes_its_shape = takes_its_shape
        self._outline = outline_path(())
        self._zoom: Optional[Zoom] = None  # None shows the whole picture.
        self._gesture: Optional[Gesture] = None
        self._pressed = QPoint()
        self._panned_from: Optional[QPoint] = None
        self._space = False
        self._focus_before: Optional[QWidget] = None
        self._size: Optional[Tuple[int, int]] = None
        policy = QSizePolicy.Policy.Fixed if takes_its_shape else QSizePolicy.Policy.Expanding
        self.setSizePolicy(QSizePolicy.Policy.Expanding, policy)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        pointing.changed.connect(self._show)
        self._show()

    def fit(self) -> None:
        """Show the whole picture."""
        self._zoom = None
        self.update()

    def place_on_widget(self, x: float, y: float) -> Tuple[float, float]:
        """Return where a place of the picture is shown."""
        return self._present_zoom().to_widget(x, y)

    # Layout ----------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:  # noqa: N802  (Qt calls it so)
        """Return a height at which the picture fills the present width."""
        if not self._takes_its_shape:
            return QSize(640, 480)
        width, height = self._size or (4, 3)
        wished = round(self.width() * height / width)
        return QSize(200, max(LEAST_HEIGHT, min(MOST_HEIGHT, wished)))

    def minimumSizeHint(self) -> QSize:  # noqa: N802  (likewise)
        """Return the least size at which one can point at something."""
        return QSize(120, self.sizeHint().height() if self._takes_its_shape else LEAST_HEIGHT)

    def resizeEvent(self, event: Optional[QResizeEvent]) -> None:  # noqa: N802  (likewise)
        """Keep the picture within the widget, and ask for another height."""
        self._pan(0, 0)
        if event is not None and event.oldSize().width() != event.size().width():
            self.updateGeometry()

    # Display ---------------------------------------------------------------------------------

    def paintEvent(self, _event: Optional[QPaintEvent]) -> None:  # noqa: N802  (likewise)
        """Draw the picture, the outline, the marks, and the one that is being drawn."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
        picture = self._pointing.picture
        if picture is not None:
            zoom = self._present_zoom()
            draw_picture(painter, picture, zoom, self.devicePixelRatioF())
            draw_outline(painter, self._outline, picture.size, zoom)
            draw_hints(painter, self._pointing.hints.points, zoom)
            draws = self._gesture is not None and self._pointing.most is None
            drawn = self._gesture.mark() if self._gesture is not None and draws else None
            new = () if drawn is None else (drawn,)
            draw_marks(painter, (*self._pointing.marks, *new), zoom)
        painter.end()

    def _show(self) -> None:
        picture = self._pointing.picture
        self._outline = outline_path(self._pointing.rings)
        size = self._size if picture is None else picture.size
        if size != self._size:
            self._size = size
            self._zoom = self._gesture = None
            self.updateGeometry()
        self.update()

    def _present_zoom(self) -> Zoom:
        return self._zoom or fitted(self._size or (1, 1), self._room())

    def _room(self) -> Tuple[int, int]:
        return max(1, self.width()), max(1, self.height())

    def _pan(self, right: int, down: int) -> None:
        if self._zoom is not None and self._size is not None:
            self._zoom = panned(self._zoom, right, down, self._size, self._room())
        self.update()

    # Mouse -----------------------------------------------------------------------------------

    def mousePressEvent(self, event: Optional[QMouseEvent]) -> None:  # noqa: N802  (likewise)
        """Begin a click, a box, a stroke, or to move the picture."""
        if event is None or self._pointing.picture is None or self._size is None:
            return
        button, held = event.button(), event.modifiers()
        is_left = button == Qt.MouseButton.LeftButton
        if button == Qt.MouseButton.MiddleButton or (is_left and self._space):
            self._panned_from = event.pos()
            self._show_cursor()
        elif is_left or button == Qt.MouseButton.RightButton:
            keeps = is_left and not held & Qt.KeyboardModifier.ControlModifier
            other = Tool.STROKE if self.tool is Tool.BOX else Tool.BOX
            tool = other if held & Qt.KeyboardModifier.ShiftModifier else self.tool
            self._pressed = event.pos()
            self._gesture = Gesture(self._place(event.pos()), self._size, keeps, tool)
            self.update()

    def mouseMoveEvent(self, event: Optional[QMouseEvent]) -> None:  # noqa: N802  (likewise)
        """Go on with what was begun."""
        if event is None:
            return
        if self._panned_from is not None:
            moved = event.pos() - self._panned_from
            self._panned_from = event.pos()
            if self._zoom is None:
                self._zoom = self._present_zoom()
            self._pan(moved.x(), moved.y())
        elif self._gesture is not None:
            moved = event.pos() - self._pressed
            if self._gesture.is_drag or moved.manhattanLength() >= STILL:
                self._gesture.drag_to(self._place(event.pos()))
            self.update()

    def mouseReleaseEvent(self, _event: Optional[QMouseEvent]) -> None:  # noqa: N802  (likewise)
        """Mark what was clicked or drawn."""
        gesture, self._gesture, self._panned_from = self._gesture, None, None
        self._show_cursor()
        mark = gesture.mark() if gesture is not None else None
        if mark is not None:
            self._pointing.mark(mark)
        self.update()

    def mouseDoubleClickEvent(self, event: Optional[QMouseEvent]) -> None:  # noqa: N802
        """Take the second of two quick clicks for a click like any other."""
        self.mousePressEvent(event)

    def wheelEvent(self, event: Optional[QWheelEvent]) -> None:  # noqa: N802  (likewise)
        """Zoom at the pointer."""
        if event is None or self._size is None:
            return
        factor = ZOOM_OF_A_NOTCH ** (event.angleDelta().y() / NOTCH)
        at = event.position()
        zoom = zoomed(self._present_zoom(), factor, (at.x(), at.y()), self._size, self._room())
        self._zoom = None if zoom == fitted(self._size, self._room()) else zoom
        event.accept()
        self.update()

    def _place(self, at: QPoint) -> Tuple[float, float]:
        return self._present_zoom().to_picture(at.x() + 0.5, at.y() + 0.5)

    def _show_cursor(self) -> None:
        shape = Qt.CursorShape.CrossCursor
        if self._panned_from is not None:
            shape = Qt.CursorShape.ClosedHandCursor
        elif self._space:
            shape = Qt.CursorShape.OpenHandCursor
        self.setCursor(shape)

    # Keyboard --------------------------------------------------------------------------------

    def event(self, event: Optional[QEvent]) -> bool:
        """Take the keys while the pointer is here, and keep those of the picture from Krita."""
        if event is None:
            return False
        if event.type() == QEvent.Type.Enter:
            self._take_keys()
        elif event.type() == QEvent.Type.Leave:
            self._give_keys_back()
        elif event.type() == QEvent.Type.ShortcutOverride and _is_for_the_picture(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: Optional[QKeyEvent]) -> None:  # noqa: N802  (likewise)
        """Ctrl+Z takes the last mark back, Escape what is being drawn, Space moves the picture."""
        if event is None:
            return
        if _is_undo(event):
            self._pointing.undo()
        elif event.key() == Qt.Key.Key_Escape:
            self._gesture = None
            self.update()
        elif event.key() == Qt.Key.Key_Space:
            self._space = True
            self._show_cursor()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: Optional[QKeyEvent]) -> None:  # noqa: N802  (likewise)
        """Space is let go."""
        if event is None:
            return
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
            self._show_cursor()
        else:
            super().keyReleaseEvent(event)

    def _take_keys(self) -> None:
        focus = QApplication.focusWidget()
        if isinstance(focus, (QLineEdit, QPlainTextEdit)) or not self.isActiveWindow():
            return
        self._focus_before = focus
        self.setFocus(Qt.FocusReason.MouseFocusReason)

    def _give_keys_back(self) -> None:
        self._space = False
        self._show_cursor()
        before, self._focus_before = self._focus_before, None
        if self.hasFocus():
            self.clearFocus()
            # Krita may have deleted that widget meanwhile, which Python does not notice.
            still_there = any(each is before for each in QApplication.allWidgets())
            if before is not None and before is not self and still_there:
                before.setFocus(Qt.FocusReason.OtherFocusReason)


def _is_for_the_picture(event: QEvent) -> bool:
    """Whether a key that Krita may have a shortcut for is the picture's."""
    if not isinstance(event, QKeyEvent):
        return False
    return _is_undo(event) or event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Escape)


def _is_undo(event: QKeyEvent) -> bool:
    held = event.modifiers() == Qt.KeyboardModifier.ControlModifier
    return held and event.key() == Qt.Key.Key_Z
