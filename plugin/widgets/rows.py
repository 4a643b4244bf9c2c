"""Parts of the docker's forms."""

from typing import Dict, Optional, Tuple

from layerpeel.plugin.qt import (
    QComboBox,
    QEvent,
    QGridLayout,
    QLabel,
    QPaintEvent,
    QSizePolicy,
    QStandardItemModel,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    Qt,
    QWidget,
)
from layerpeel.plugin.texts import tip_text

FEWEST_LETTERS = 8
_BESIDE_TEXT = 2  # logical pixels, that styles leave free on either side


class ElidedCombo(QComboBox):
    """A combo box that shows the beginning and the end of what is too long; its tip has it all."""

    def __init__(self, tip: str, parent: Optional[QWidget] = None) -> None:
        """tip: what it is about."""
        super().__init__(parent)
        self._tip = tip
        view = self.view()
        if view is not None:
            view.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setToolTip(tip)

    def shown_text(self) -> str:
        """Return the text as it is shown."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        return self._elided(option)

    def event(self, event: Optional[QEvent]) -> bool:
        """Say the whole text in the tip, where it is cut."""
        if event is not None and event.type() == QEvent.Type.ToolTip:
            is_cut = self.shown_text() != self.currentText()
            tip = f"{self._tip}: {self.currentText()}" if is_cut else self._tip
            self.setToolTip(tip_text(tip))
        return bool(super().event(event))

    def paintEvent(self, _event: Optional[QPaintEvent]) -> None:  # noqa: N802  (Qt calls it so)
        """Draw it as the style does."""
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        option.currentText = self._elided(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def _elided(self, option: QStyleOptionComboBox) -> str:
        style = self.style()
        if style is None:
            return self.currentText()
        room = style.subControlRect(
            QStyle.ComplexControl.CC_ComboBox,
            option,
            QStyle.SubControl.SC_ComboBoxEditField,
            self,
        )
        return option.fontMetrics.elidedText(
            self.currentText(), Qt.TextElideMode.ElideMiddle, room.width() - 2 * _BESIDE_TEXT
        )


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
    combo = ElidedCombo(tip)
    combo.setObjectName(name)
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
