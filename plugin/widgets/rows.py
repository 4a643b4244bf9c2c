"""Parts of the docker's forms."""

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
    """Labelled fields below each other.

    A hidden row takes no space, while Qt's own form keeps the spacing around it.
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
        """Add a widget that spans both columns."""
        self.addWidget(widget, self.rowCount(), 0, 1, 2)

    def show_row(self, field: QWidget, is_shown: bool) -> None:
        """Show or hide a field and its label."""
        field.setVisible(is_shown)
        self._words[field].setVisible(is_shown)


def combo_of(name: str, tip: str, *items: Tuple[str, str]) -> QComboBox:
    """Make a combo box that takes the docker's width. items: value and text of each."""
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
    """Enable an item, or disable it and show the reason `why_not` as its tip."""
    model = combo.model()
    item = model.item(index) if isinstance(model, QStandardItemModel) else None
    if item is not None:
        item.setEnabled(not why_not)
    combo.setItemData(index, why_not, Qt.ItemDataRole.ToolTipRole)
