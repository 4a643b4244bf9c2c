"""Starts the backend and waits until it says how to reach it."""

from typing import Callable, List, Optional

from layerpeel.plugin.backend.child_environment import child_environment
from layerpeel.plugin.backend.client import Client
from layerpeel.plugin.backend.http_calls import Problem
from layerpeel.plugin.backend.native_words import word_for_qt
from layerpeel.plugin.backend.programs import find_program
from layerpeel.plugin.qt import QObject, QProcess, QTimer
from layerpeel.plugin.texts import i18n, path_text
from layerpeel.shared.jobs import Health
from layerpeel.shared.places import (
    ServerAddress,
    is_gone,
    log_file,
    read_command,
    read_server_file,
    start_log_file,
)

LOOK_EVERY = 200  # milliseconds
WAIT_AT_MOST = 90_000  # milliseconds: on a cold disk, the first start reads many large libraries
# It has ended, but may have done so because another one, just starting, was quicker.
WAIT_FOR_ANOTHER = 3_000  # milliseconds
_MOST_SAID = 300  # letters


def backend_command(configured: List[str]) -> List[str]:
    """Return the command that starts a backend: the artist's, the registered, or one on the PATH.

    Empty when there is none, also where what is registered has been removed.
    """
    if configured:
        return configured
    registered = read_command()
    if registered and find_program(registered[0]):
        return registered
    found = find_program("layerpeel")
    return [str(found)] if found else []


class BackendStart(QObject):
    """One attempt to start the backend."""

    def __init__(
        self,
        command: List[str],
        options: List[str],
        ready: Callable[[ServerAddress], None],
        failed: Callable[[str], None],
        parent: Optional[QObject] = None,
    ) -> None:
        """options: of `layerpeel serve`, beside those that it always has."""
        super().__init__(parent)
        self._ready, self._failed = ready, failed
        self._waited, self._gone_for = 0, 0
        self._client: Optional[Client] = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self._process = _start_detached([*command, "serve", "--with-clients", *options])
        if self._process:
            self._timer.start(LOOK_EVERY)
        else:
            QTimer.singleShot(0, lambda: self._fail(command))

    def _look(self) -> None:
        self._waited += LOOK_EVERY
        if self._waited > WAIT_AT_MOST:
            self._give_up(
                i18n("The backend did not start. Its log says why: {}").format(
                    path_text(log_file())
                )
            )
            return
        self._gone_for += LOOK_EVERY if is_gone(self._process) else 0
        if self._gone_for > WAIT_FOR_ANOTHER and self._client is None:
            self._give_up(
                i18n("The backend ended as soon as it was started: {}").format(_last_words())
            )
            return
        address = read_server_file()
        if address is None or self._client is not None:
            return
        self._client = Client(address, self)
        self._client.health(self._answered, self._silent)

    def _give_up(self, line: str) -> None:
        self._timer.stop()
        self._failed(line)

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


def _last_words() -> str:
    """Return the last line that the backend printed: its message, or what Python lacked."""
    try:
        text = start_log_file().read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:_MOST_SAID] if lines else i18n("it said nothing.")


def _start_detached(command: List[str]) -> int:
    """Start a process that outlives this Krita, since another may use it.

    Returns its process id; 0 when it cannot be started.
    """
    program = find_program(command[0])
    if program is None:
        return 0
    process = QProcess()
    process.setProgram(word_for_qt(str(program)))
    process.setArguments([word_for_qt(word) for word in command[1:]])
    process.setProcessEnvironment(child_environment())
    process.setStandardOutputFile(QProcess.nullDevice())
    process.setStandardErrorFile(_place_for_last_words())
    started, number = process.startDetached()
    return int(number or 0) if started else 0


def _place_for_last_words() -> str:
    try:
        start_log_file().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        start_log_file().write_bytes(b"")
    except OSError:
        return str(QProcess.nullDevice())
    return path_text(start_log_file())
