"""Buttons for what can be done when the backend is too old, or does not start."""

from pathlib import Path
from typing import Callable, Dict, List, Optional

from layerpeel.plugin.backend.connection import Connection, ConnectionState
from layerpeel.plugin.bug_report.copy_button import CopyButton
from layerpeel.plugin.qt import QHBoxLayout, QPushButton, QWidget
from layerpeel.plugin.setup.setting_up import SettingUp
from layerpeel.plugin.stored_settings import read_settings
from layerpeel.plugin.texts import i18n
from layerpeel.plugin.widgets.log_dialog import show_log
from layerpeel.plugin.widgets.notice import Remedy
from layerpeel.shared.jobs import Cause
from layerpeel.shared.places import log_file, start_log_file


class Remedies(QWidget):
    """Shows itself when there is something to do."""

    def __init__(
        self,
        connection: Connection,
        setting_up: SettingUp,
        said: Callable[[], List[str]],
        parent: Optional[QWidget] = None,
    ) -> None:
        """said: returns the lines that the docker shows, for a bug report."""
        super().__init__(parent)
        self._connection = connection
        self._setting_up = setting_up
        self._set_up = QPushButton()
        self._set_up.setObjectName("layerpeel_remedy_set_up")
        self._log = QPushButton(i18n("Show log"))
        self._log.setObjectName("layerpeel_remedy_log")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._set_up)
        layout.addWidget(self._log)
        self._set_up.clicked.connect(lambda _checked=False: setting_up.ask_for())
        self._log.clicked.connect(
            lambda _checked=False: show_log(_newest_log(), CopyButton(connection, said), self)
        )
        connection.changed.connect(self.refresh)
        setting_up.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what can be done now."""
        setting_up = self._setting_up
        is_refused = self._connection.state is ConnectionState.REFUSED
        has_failed = is_refused and self._connection.failed_to_start
        can_mend = setting_up.is_possible and has_failed
        self._set_up.setText(
            i18n("Update the backend") if setting_up.has_update else i18n("Set up again")
        )
        self._set_up.setVisible(can_mend or setting_up.has_update)
        self._log.setVisible(has_failed)
        is_something = not self._set_up.isHidden() or not self._log.isHidden()
        self.setVisible(is_something and not setting_up.is_shown)


def remedies_of_jobs(
    connection: Connection,
    setting_up: SettingUp,
    said: Callable[[], List[str]],
    parent: QWidget,
) -> Dict[Cause, Remedy]:
    """Return what helps where a job fails, whatever it was to do. said: as `Remedies` has it."""

    def can_repair() -> bool:
        # Models of another backend are not set-up's to bring.
        is_ours = setting_up.installed is not None and not read_settings().address
        return setting_up.is_possible and is_ours

    def show_backend_log() -> None:
        show_log(log_file(), CopyButton(connection, said), parent)

    return {
        Cause.MODEL: Remedy(i18n("Set up again"), setting_up.ask_for, can_repair),
        Cause.UNFORESEEN: Remedy(i18n("Show log"), show_backend_log),
    }


def remedy_of_torch(setting_up: SettingUp) -> Remedy:
    """Return what helps where torch is missing: a set-up with it, where set-up made the backend."""

    def can_help() -> bool:
        is_ours = setting_up.installed is not None and not read_settings().address
        return setting_up.is_possible and is_ours and setting_up.can_have_torch

    return Remedy(i18n("Install torch …"), lambda: setting_up.ask_for(with_torch=True), can_help)


def _newest_log() -> Path:
    """Return the log that says why the backend did not start."""
    try:
        told_at_start = start_log_file().stat().st_size > 0
    except OSError:
        told_at_start = False
    return start_log_file() if told_at_start else log_file()
