"""A row of adjacent buttons of which one is chosen; two rows where one would be too wide."""

from typing import Dict, List, Optional, Tuple

from layerpeel.plugin.qt import (
    QButtonGroup,
    QHBoxLayout,
    QResizeEvent,
    QSize,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
    pyqtSignal,
)

# In Krita's themes a checked button hardly differs from others.
SHOW_CHECKED = (
    "QToolButton:checked {background: palette(highlight); color: palette(highlighted-text);}"
)


class Segments(QWidget):
    """A choice between a few values, initially the first.

    chosen: emitted when the choice has changed.
    """

    chosen = pyqtSignal()

    def __init__(
        self, name: str, choices: List[Tuple[str, str, str]], parent: Optional[QWidget] = None
    ) -> None:
        """name: prefix of the buttons' object names. choices: value, text and tip of each."""
        super().__init__(parent)
        self._group = QButtonGroup(self)
        self._buttons: Dict[str, QToolButton] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._rows = QHBoxLayout(), QHBoxLayout()
        for row in self._rows:
            row.setSpacing(0)
            layout.addLayout(row)
        for value, text, tip in choices:
            button = QToolButton()
            button.setObjectName(f"{name}_{value}")
            button.setText(text)
            button.setToolTip(tip)
            button.setCheckable(True)
            button.setChecked(not self._buttons)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.setStyleSheet(SHOW_CHECKED)
            self._group.addButton(button)
            self._buttons[value] = button
            self._rows[0].addWidget(button)
        self._group.buttonToggled.connect(self._toggled)

    def minimumSizeHint(self) -> QSize:  # noqa: N802  (Qt calls it so)
        """Return the width of the buttons in two rows, and the height that they take now."""
        widths = [button.sizeHint().width() for button in self._buttons.values()]
        half = (len(widths) + 1) // 2
        return QSize(
            max(sum(widths[:half]), sum(widths[half:])), super().minimumSizeHint().height()
        )

    def resizeEvent(self, event: Optional[QResizeEvent]) -> None:  # noqa: N802  (likewise)
        """Put the buttons into as few rows as have room."""
        if event is not None:
            super().resizeEvent(event)
        buttons = list(self._buttons.values())
        is_wide = self.width() >= sum(button.sizeHint().width() for button in buttons)
        first = len(buttons) if is_wide else (len(buttons) + 1) // 2
        if self._rows[0].count() != first:
            for index, button in enumerate(buttons):
                self._rows[index >= first].addWidget(button)

    def value(self) -> str:
        """Return the chosen value."""
        return next(value for value, button in self._buttons.items() if button.isChecked())

    def choose(self, value: str) -> None:
        """Choose a value, as a click would."""
        self._buttons[value].setChecked(True)

    def button(self, value: str) -> QToolButton:
        """Return the button of a choice."""
        return self._buttons[value]

    def follow_theme(self) -> None:
        """Take on the colours of the theme: a style sheet keeps those that it was set with."""
        for button in self._buttons.values():
            button.setStyleSheet("")
            button.setStyleSheet(SHOW_CHECKED)

    def _toggled(self, _button: QToolButton, is_on: bool) -> None:
        # Two buttons change; the one that is switched on comes last.
        if is_on:
            self.chosen.emit()
