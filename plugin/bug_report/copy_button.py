"""The button “Copy for a bug report”."""

from typing import Callable, List, Optional

from layerpeel.plugin.backend.connection import Connection
from layerpeel.plugin.bug_report.report import BugReport
from layerpeel.plugin.qt import QApplication, QHideEvent, QPushButton, QWidget
from layerpeel.plugin.texts import i18n


class CopyButton(QPushButton):
    """Puts a report onto the clipboard, some seconds after it was pressed.

    said: returns the lines that the docker shows.
    """

    def __init__(
        self,
        connection: Connection,
        said: Callable[[], List[str]],
        parent: Optional[QWidget] = None,
    ) -> None:
        super().__init__(i18n("Copy for a bug report"), parent)
        self._connection = connection
        self._said = said
        self._report: Optional[BugReport] = None
        self.setObjectName("layerpeel_copy_report")
        self.setAutoDefault(False)  # Return in a dialog is not meant for it.
        self.setToolTip(
            i18n("Versions, what the docker says and what is wrong; no names, prompts or secrets")
        )
        self.clicked.connect(lambda _checked=False: self._collect())

    def hideEvent(self, event: Optional[QHideEvent]) -> None:  # noqa: N802  (Qt calls it so)
        """Ask no longer once the window is closed; one that is minimised comes back."""
        if event is None:
            return
        super().hideEvent(event)
        if self._report is not None and not event.spontaneous():
            self._report.stop()
            self._report = None

    def _collect(self) -> None:
        self.setEnabled(False)
        self.setText(i18n("Looking for what is wrong …"))
        self._report = BugReport(self._connection, self._said(), self._copy, self)

    def _copy(self, report: str) -> None:
        self._report = None
        clipboard = QApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(report)
        self.setText(i18n("Copied: paste it into your report"))
        self.setEnabled(True)
