"""Parts that forms of the docker are made of."""

from typing import Dict, Optional, Tuple

from layerpeel.plugin.qt import (
    QComboBox,
    QGridLayout,
    QLabel,
    QSizePolicy,
    QStandardItemModel,
    Qt,
    QWidget,
)

FEWEST_LETTERS = 8


class Rows(QGridLayout):
    """Fields below each other, each with a word before it.

    Of a row that is hidden nothing is left: Qt's own form keeps the room between rows.
    """

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setContentsMargins(0, 0, 0, 0)
        self.setColumnStretch(1, 1)
        self._words: Dict[QWidget, QLabel] = {}

    def add(self, text: str, field: QWidget) -> None:
        """Add a row."""
        row = self.rowCount()
        self._words[field] = QLabel(text)
        self.addWidget(self._words[field], row, 0)
        self.addWidget(field, row, 1)

    def add_wide(self, widget: QWidget) -> None:
        """Add something that takes both columns."""
        self.addWidget(widget, self.rowCount(), 0, 1, 2)

    def show_row(self, field: QWidget, is_shown: bool) -> None:
        """Show or hide a field and the word before it."""
        field.setVisible(is_shown)
        self._words[field].setVisible(is_shown)


def combo_of(name: str, tip: str, *items: Tuple[str, str]) -> QComboBox:
    """Make a list of choices that takes the docker's width. items: value and text of each."""
    combo = QComboBox()
    combo.setObjectName(name)
    combo.setToolTip(tip)
    for value, text in items:
        combo.addItem(text, value)
    combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    combo.setMinimumContentsLength(FEWEST_LETTERS)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    return combo


def enable_item(combo: QComboBox, index: int, why_not: str) -> None:
    """Let an item be chosen, or not, for the reason that its tip then says."""
    model = combo.model()
    item = model.item(index) if isinstance(model, QStandardItemModel) else None
    if item is not None:
        item.setEnabled(not why_not)
    combo.setItemData(index, why_not, Qt.ItemDataRole.ToolTipRole)
