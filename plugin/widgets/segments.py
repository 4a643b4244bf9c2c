"""A row of adjacent buttons of which one is chosen."""

from typing import Dict, List, Optional, Tuple

from layerpeel.plugin.qt import (
    QButtonGroup,
    QHBoxLayout,
    QSizePolicy,
    QToolButton,
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
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
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
            layout.addWidget(button)
        self._group.buttonToggled.connect(self._toggled)

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
