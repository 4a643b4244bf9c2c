"""Widgets that ask for the height their content takes, which Qt's own do not."""

from typing import Optional

from layerpeel.plugin.qt import (
    QEvent,
    QFrame,
    QLabel,
    QObject,
    QResizeEvent,
    QScrollArea,
    QSize,
    Qt,
    QWidget,
)

LEAST_SCROLLED = 64  # logical pixels


class WrappedLabel(QLabel):
    """A label that makes its docker grow when there is not enough height for its text.

    Qt's own label squeezes its neighbours instead, and takes text with tags for HTML, whose images
    it loads: what is shown may come from a stranger's file.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)

    def minimumSizeHint(self) -> QSize:  # noqa: N802  (Qt calls it so)
        """Return Qt's minimum width, and the height that the text takes at the present width."""
        return QSize(super().minimumSizeHint().width(), self.heightForWidth(self.width()))

    def resizeEvent(self, event: Optional[QResizeEvent]) -> None:  # noqa: N802  (likewise)
        """Ask for another height when the width changes."""
        if event is not None:
            super().resizeEvent(event)
        self.updateGeometry()


class Steady(QWidget):
    """A widget whose least height is its own, so that what comes and goes in it moves no neighbour.

    Something in it has to give room to the rest, such as a scroll area.
    """

    def __init__(self, height: int, parent: Optional[QWidget] = None) -> None:
        """height: in logical pixels."""
        super().__init__(parent)
        self._least = height

    def minimumSizeHint(self) -> QSize:  # noqa: N802  (Qt calls it so)
        """Return the width that the content needs at least, and the height that was given."""
        return QSize(super().minimumSizeHint().width(), self._least)


class Scrolled(QScrollArea):
    """A scroll area as high as its content where there is room, and which gives room to others."""

    def __init__(self, content: QWidget, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._content = content
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidgetResizable(True)
        self.setWidget(content)
        content.installEventFilter(self)

    def eventFilter(self, watched: Optional[QObject], event: Optional[QEvent]) -> bool:  # noqa: N802
        """Ask for another height when the content does."""
        if event is not None and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def minimumSizeHint(self) -> QSize:  # noqa: N802  (Qt calls it so)
        """Return the content's least width, and a height at which it can still be scrolled."""
        wished = self._content.minimumSizeHint()
        bar = self.verticalScrollBar()
        room = bar.sizeHint().width() if bar is not None else 0
        return QSize(wished.width() + room, min(wished.height(), LEAST_SCROLLED))

    def sizeHint(self) -> QSize:  # noqa: N802  (Qt calls it so)
        """Return the content's size hint."""
        return self._content.sizeHint()
