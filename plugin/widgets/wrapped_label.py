"""Lines of text that wrap, and keep the room that takes."""

from typing import Optional

from layerpeel.plugin.qt import QLabel, QResizeEvent, QSize


class WrappedLabel(QLabel):
    """A label that makes a docker which is too low for its text grow.

    Qt's own does not: there it squeezes whatever is round it.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setWordWrap(True)

    def minimumSizeHint(self) -> QSize:  # noqa: N802  (Qt calls it so)
        """As wide as Qt says, and as high as that takes."""
        return QSize(super().minimumSizeHint().width(), self.heightForWidth(self.width()))

    def resizeEvent(self, event: Optional[QResizeEvent]) -> None:  # noqa: N802  (likewise)
        """Another width takes another height."""
        if event is not None:
            super().resizeEvent(event)
        self.updateGeometry()
