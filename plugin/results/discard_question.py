"""Asks before a result is removed for good."""

from typing import Optional

from layerpeel.plugin.qt import QHBoxLayout, QPushButton, QVBoxLayout, QWidget, pyqtSignal
from layerpeel.plugin.texts import i18n
from layerpeel.plugin.widgets.content_height import WrappedLabel


class DiscardQuestion(QWidget):
    """A question with two answers, in place of the buttons.

    answered: emitted with the id of the job to discard; empty if it is to be kept.
    """

    answered = pyqtSignal(str)

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._job = ""
        self._words = WrappedLabel("layerpeel_discard_question")
        keep = QPushButton(i18n("Keep"))
        keep.setObjectName("layerpeel_keep_result")
        discard = QPushButton(i18n("Discard"))
        discard.setObjectName("layerpeel_discard_for_good")
        keep.clicked.connect(lambda _checked=False: self.answered.emit(""))
        discard.clicked.connect(lambda _checked=False: self.answered.emit(self._job))
        buttons = QHBoxLayout()
        # Not where Discard … was: a second click there must lose nothing.
        buttons.addWidget(discard)
        buttons.addStretch(1)
        buttons.addWidget(keep)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._words)
        layout.addLayout(buttons)
        self.hide()

    def asks_about(self, job: str) -> bool:
        """Whether it asks about this job's result now."""
        return not self.isHidden() and job == self._job

    def ask(self, job: str, title: str) -> None:
        """Ask whether to discard this job's result."""
        self._job = job
        self._words.setText(
            i18n("Discard “{title}”? The backend keeps no copy; layers in pictures stay.").format(
                title=title
            )
        )
        self.show()
