"""How far a download is, and a button that stops it; seen only while one runs."""

from typing import Optional

from layerpeel.plugin.generators.pull import Pull
from layerpeel.plugin.qt import QProgressBar, QPushButton, QVBoxLayout, QWidget
from layerpeel.plugin.texts import i18n
from layerpeel.plugin.widgets.content_height import WrappedLabel

FULL = 1000  # steps of the progress bar


class PullProgress(QWidget):
    """Follows a `Pull`."""

    def __init__(self, pull: Pull, name: str, parent: Optional[QWidget] = None) -> None:
        """name: by which its parts are called."""
        super().__init__(parent)
        self._stage = WrappedLabel(f"layerpeel_{name}_stage")
        self._bar = QProgressBar()
        self._bar.setObjectName(f"layerpeel_{name}_progress")
        self._bar.setTextVisible(False)
        cancel = QPushButton(i18n("Cancel"))
        cancel.setObjectName(f"layerpeel_cancel_{name}")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self._stage, self._bar, cancel):
            layout.addWidget(widget)
        pull.progressed.connect(self._show)
        pull.ended.connect(lambda _line: self.setVisible(False))
        cancel.clicked.connect(lambda _checked=False: pull.cancel())
        self.setVisible(False)

    def _show(self, stage: str, done: float) -> None:
        self._stage.setText(stage + " …")
        self._bar.setRange(0, FULL if done >= 0 else 0)
        self._bar.setValue(round(max(done, 0.0) * FULL))
        self.setVisible(True)
