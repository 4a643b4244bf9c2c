"""A line for the artist; a problem looks like one, and brings what helps against it as a button."""

from dataclasses import dataclass
from typing import Callable, Optional

from layerpeel.plugin.qt import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStyle,
    Qt,
    QVBoxLayout,
    QWidget,
)
from layerpeel.plugin.widgets.content_height import WrappedLabel

_ICON = 16  # logical pixels


@dataclass(frozen=True)
class Remedy:
    """What can be done about a problem. do: does it, when the button that says `text` is pressed.

    is_possible: asked when the problem comes up; where it is not, there is no button.
    """

    text: str
    do: Callable[[], None]
    is_possible: Callable[[], bool] = lambda: True


class Notice(QWidget):
    """Shows one line at a time, and itself while there is one."""

    def __init__(self, name: str, parent: Optional[QWidget] = None) -> None:
        """name: object name of the line; the icon and the button have it too, with an ending."""
        super().__init__(parent)
        self._remedy: Optional[Remedy] = None
        self._line = WrappedLabel(name)
        self._icon = QLabel()
        self._icon.setObjectName(name + "_icon")
        self._button = QPushButton()
        self._button.setObjectName(name + "_remedy")
        self._button.clicked.connect(lambda _checked=False: self._help())
        said = QHBoxLayout()
        said.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        said.addWidget(self._line, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(said)
        layout.addWidget(self._button)
        self.say("")

    def say(self, line: str) -> None:
        """Show a line; an empty one hides all."""
        self._show(line, is_problem=False, remedy=None)

    def complain(self, line: str, remedy: Optional[Remedy] = None) -> None:
        """Show a line that says what went wrong, and what can be done about it."""
        self._show(line, is_problem=True, remedy=remedy)

    def text(self) -> str:
        """Return the line."""
        return self._line.text()

    def _show(self, line: str, is_problem: bool, remedy: Optional[Remedy]) -> None:
        self._remedy = remedy if remedy is not None and remedy.is_possible() else None
        self._line.setText(line)
        self._icon.setVisible(is_problem)
        if is_problem and (style := self.style()) is not None:
            icon = style.standardIcon(QStyle.StandardPixmap.SP_MessageBoxWarning)
            self._icon.setPixmap(icon.pixmap(_ICON, _ICON))
        self._button.setVisible(self._remedy is not None)
        if self._remedy is not None:
            self._button.setText(self._remedy.text)
        self.setVisible(bool(line))

    def _help(self) -> None:
        if self._remedy is not None:
            self._remedy.do()
