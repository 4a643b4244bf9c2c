"""A widget that shows a picture, which the wheel zooms and the middle button or Space moves."""

from typing import Optional, Tuple

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
from layerpeel.plugin.widgets.zoom import Zoom, fitted, panned, zoomed

LEAST_HEIGHT, MOST_HEIGHT = 140, 220  # logical pixels, where the view takes the picture's shape
NOTCH = 120  # of a mouse wheel
ZOOM_OF_A_NOTCH = 1.25


class ZoomedView(QWidget):
    """Shows a picture; what it looks like is `draw`, which subclasses have."""

    def __init__(
        self,
        takes_its_shape: bool,
        cursor: Qt.CursorShape,
        parent: Optional[QWidget] = None,
    ) -> None:
        """takes_its_shape: whether the view is as high as the picture is at the view's width."""
        super().__init__(parent)
        self._takes_its_shape = takes_its_shape
        self._usual_cursor = cursor
        self._zoom: Optional[Zoom] = None  # None shows the whole picture.
        self._panned_from: Optional[QPoint] = None
        self._space = False
        self._focus_before: Optional[QWidget] = None
        self._size: Optional[Tuple[int, int]] = None
        policy = QSizePolicy.Policy.Fixed if takes_its_shape else QSizePolicy.Policy.Expanding
        self.setSizePolicy(QSizePolicy.Policy.Expanding, policy)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setCursor(cursor)

    @property
    def picture_size(self) -> Optional[Tuple[int, int]]:
        """Width and height of the picture; None before there was one."""
        return self._size

    def show_size(self, size: Optional[Tuple[int, int]]) -> bool:
        """Show a picture of this size; return whether the last was of another."""
        differs = size != self._size
        if differs:
            self._size, self._zoom = size, None
            self.updateGeometry()
        self.update()
        return differs

    def fit(self) -> None:
        """Show the whole picture."""
        self._zoom = None
        self.update()

    def place_on_widget(self, x: float, y: float) -> Tuple[float, float]:
        """Return where a place of the picture is shown."""
        return self.zoom.to_widget(x, y)

    @property
    def zoom(self) -> Zoom:
        """Where the picture lies now."""
        return self._zoom or fitted(self._size or (1, 1), self._room())

    def draw(self, painter: QPainter) -> None:
        """Draw the picture, and what is on it."""
        raise NotImplementedError

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

    def paintEvent(self, _event: Optional[QPaintEvent]) -> None:  # noqa: N802  (likewise)
        """Draw what is shown."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
        self.draw(painter)
        painter.end()

    # Mouse -----------------------------------------------------------------------------------

    def begin_pan(self, event: QMouseEvent) -> bool:
        """Begin to move the picture, if that is what a press means; return whether it does."""
        is_left = event.button() == Qt.MouseButton.LeftButton
        if event.button() != Qt.MouseButton.MiddleButton and not (is_left and self._space):
            return False
        self.grab_picture(event.pos())
        return True

    def grab_picture(self, at: QPoint) -> None:
        """Let the picture follow the mouse from now on."""
        self._panned_from = at
        self._show_cursor()

    def go_on_panning(self, event: QMouseEvent) -> bool:
        """Move the picture, if it follows the mouse; return whether it does."""
        if self._panned_from is None:
            return False
        moved = event.pos() - self._panned_from
        self._panned_from = event.pos()
        if self._zoom is None:
            self._zoom = self.zoom
        self._pan(moved.x(), moved.y())
        return True

    def end_pan(self) -> None:
        """Let go of the picture."""
        self._panned_from = None
        self._show_cursor()

    def wheelEvent(self, event: Optional[QWheelEvent]) -> None:  # noqa: N802  (likewise)
        """Zoom at the pointer."""
        if event is None or self._size is None:
            return
        factor = ZOOM_OF_A_NOTCH ** (event.angleDelta().y() / NOTCH)
        at = event.position()
        zoom = zoomed(self.zoom, factor, (at.x(), at.y()), self._size, self._room())
        self._zoom = None if zoom == fitted(self._size, self._room()) else zoom
        event.accept()
        self.update()

    def _room(self) -> Tuple[int, int]:
        return max(1, self.width()), max(1, self.height())

    def _pan(self, right: int, down: int) -> None:
        if self._zoom is not None and self._size is not None:
            self._zoom = panned(self._zoom, right, down, self._size, self._room())
        self.update()

    def _show_cursor(self) -> None:
        shape = self._usual_cursor
        if self._panned_from is not None:
            shape = Qt.CursorShape.ClosedHandCursor
        elif self._space:
            shape = Qt.CursorShape.OpenHandCursor
        self.setCursor(shape)

    # Keyboard --------------------------------------------------------------------------------

    def takes_key(self, event: QKeyEvent) -> bool:
        """Whether a key that Krita may have a shortcut for is the picture's."""
        return event.key() == Qt.Key.Key_Space

    def event(self, event: Optional[QEvent]) -> bool:
        """Take the keys while the pointer is here, and keep those of the picture from Krita."""
        if event is None:
            return False
        if event.type() == QEvent.Type.Enter:
            self._take_keys()
        elif event.type() == QEvent.Type.Leave:
            self._give_keys_back()
        elif event.type() == QEvent.Type.ShortcutOverride and self._takes(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: Optional[QKeyEvent]) -> None:  # noqa: N802  (likewise)
        """Space moves the picture."""
        if event is None:
            return
        if event.key() == Qt.Key.Key_Space:
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

    def _takes(self, event: QEvent) -> bool:
        return isinstance(event, QKeyEvent) and self.takes_key(event)

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
