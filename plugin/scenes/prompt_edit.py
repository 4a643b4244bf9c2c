"""The prompt's field, which checks the prompt while it is typed and marks errors."""

import math
from typing import Optional

from layerpeel.plugin.qt import (
    QPlainTextEdit,
    QResizeEvent,
    QSizePolicy,
    Qt,
    QTextCharFormat,
    QTextCursor,
    QTextEdit,
    QVBoxLayout,
    QWidget,
    pyqtSignal,
)
from layerpeel.plugin.widgets.content_height import WrappedLabel
from layerpeel.shared.scene_prompt import PromptError, read_scene_prompt

FEWEST_LINES = 2
MOST_LINES = 4


class PromptEdit(QWidget):
    """A text field of a few lines, and below it what is wrong with the prompt.

    changed: emitted when the text has changed.
    """

    changed = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._text = QPlainTextEdit()
        self._text.setObjectName("layerpeel_prompt")
        self._text.setTabChangesFocus(True)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._problem = WrappedLabel("layerpeel_prompt_problem")
        self._problem.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._text)
        layout.addWidget(self._problem)
        self._text.textChanged.connect(self._read)
        self._fit()

    def text(self) -> str:
        """Return the text."""
        return self._text.toPlainText()

    def explain(self, placeholder: str, tip: str) -> None:
        """Set the placeholder and the tip."""
        self._text.setPlaceholderText(placeholder)
        self._text.setToolTip(tip)

    def problem(self) -> Optional[PromptError]:
        """Return what is wrong with the prompt; None when it can be read."""
        try:
            read_scene_prompt(self.text())
        except PromptError as error:
            return error
        return None

    def show_problem(self) -> bool:
        """Show what is wrong, including an empty prompt; return whether anything is."""
        error = self.problem()
        self._show(error)
        if error is not None:
            self._text.setFocus()
        return error is not None

    def resizeEvent(self, event: Optional[QResizeEvent]) -> None:  # noqa: N802  (Qt calls it so)
        """Fit the height again: another width wraps the lines elsewhere."""
        if event is not None:
            super().resizeEvent(event)
        self._fit()

    def _read(self) -> None:
        self._fit()
        # Do not complain about an empty prompt before anything was typed.
        self._show(self.problem() if self.text().strip() else None)
        self.changed.emit()

    def _show(self, error: Optional[PromptError]) -> None:
        self._problem.setText("" if error is None else str(error))
        self._problem.setVisible(error is not None)
        marks = []
        if error is not None and error.position < len(self.text()):
            mark = QTextEdit.ExtraSelection()
            mark.cursor = self._text.textCursor()
            # Qt counts in UTF-16 code units.
            start = len(self.text()[: error.position].encode("utf-16-le")) // 2
            mark.cursor.setPosition(start)
            mark.cursor.movePosition(
                QTextCursor.MoveOperation.NextCharacter, QTextCursor.MoveMode.KeepAnchor
            )
            colours = QTextCharFormat()
            colours.setBackground(self.palette().highlight())
            colours.setForeground(self.palette().highlightedText())
            mark.format = colours
            marks.append(mark)
        self._text.setExtraSelections(marks)

    def _fit(self) -> None:
        """Make the field as high as its text, within limits; beyond them it scrolls."""
        document = self._text.document()
        if document is None:
            return
        # The height of a plain text document is counted in lines.
        written = round(document.size().height())
        lines = min(max(written, FEWEST_LINES), MOST_LINES)
        around = 2 * (document.documentMargin() + self._text.frameWidth())
        height = lines * self._text.fontMetrics().lineSpacing() + around
        self._text.setFixedHeight(math.ceil(height) + 1)
        bars = Qt.ScrollBarPolicy
        self._text.setVerticalScrollBarPolicy(
            bars.ScrollBarAsNeeded if written > MOST_LINES else bars.ScrollBarAlwaysOff
        )
