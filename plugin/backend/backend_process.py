"""Starts the backend and waits until it says how to reach it."""

import shutil
from typing import Callable, List, Optional

from layerpeel.plugin.backend.client import Client
from layerpeel.plugin.backend.http_calls import Problem
from layerpeel.plugin.qt import QObject, QProcess, QProcessEnvironment, QTimer
from layerpeel.plugin.texts import i18n, path_text
from layerpeel.shared.jobs import Health
from layerpeel.shared.places import (
    ServerAddress,
    log_file,
    read_command,
    read_server_file,
)

LOOK_EVERY = 200  # milliseconds
WAIT_AT_MOST = 90_000  # milliseconds: on a cold disk, the first start reads many large libraries


def backend_command(configured: List[str]) -> List[str]:
    """Return the command that starts a backend: the artist's, the registered, or one on the PATH.

    Empty when there is none.
    """
    if configured:
        return configured
    registered = read_command()
    if registered:
        return registered
    found = shutil.which("layerpeel")
    return [found] if found else []


class BackendStart(QObject):
    """One attempt to start the backend."""

    def __init__(
        self,
        command: List[str],
        ready: Callable[[ServerAddress], None],
        failed: Callable[[str], None],
        parent: Optional[QObject] = None,
    ) -> None:
        super().__init__(parent)
        self._ready, self._failed = ready, failed
        self._waited = 0
        self._client: Optional[Client] = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        if _start_detached([*command, "serve", "--with-clients"]):
            self._timer.start(LOOK_EVERY)
        else:
            QTimer.singleShot(0, lambda: self._fail(command))

    def _look(self) -> None:
        self._waited += LOOK_EVERY
        if self._waited > WAIT_AT_MOST:
            self._timer.stop()
            self._failed(
                i18n("The backend did not start. Its log says why: {}").format(
                    path_text(log_file())
                )
            )
            return
        address = read_server_file()
        if address is None or self._client is not None:
            return
        self._client = Client(address, self)
        self._client.health(self._answered, self._silent)

    def _answered(self, _health: Health) -> None:
        self._timer.stop()
        if self._client is not None:
            self._ready(self._client.address)

    def _silent(self, _problem: Problem) -> None:
        # It is still starting, or the file was left behind by a backend that was killed.
        if self._client is not None:
            self._client.deleteLater()
        self._client = None

    def _fail(self, command: List[str]) -> None:
        self._failed(
            i18n("The backend cannot be started with “{}”. Set its command in Settings.").format(
                " ".join(command)
            )
        )


def _start_detached(command: List[str]) -> bool:
    """Start a process that outlives this Krita, since another may use it; return whether it did."""
    process = QProcess()
    process.setProgram(command[0])
    process.setArguments(command[1:])
    environment = QProcessEnvironment.systemEnvironment()
    # These would point the backend to Krita's own Python.
    environment.remove("PYTHONPATH")
    environment.remove("PYTHONHOME")
    process.setProcessEnvironment(environment)
    process.setStandardOutputFile(QProcess.nullDevice())
    process.setStandardErrorFile(QProcess.nullDevice())
    started = process.startDetached()
    return bool(started[0] if isinstance(started, tuple) else started)
