"""The connection to the backend: finds it, starts it when needed, notices when it has gone."""

import os
import signal
from enum import Enum
from typing import Callable, Dict, List, Optional, Tuple

from krita import Document

from layerpeel.plugin.backend.backend_process import BackendStart, backend_command
from layerpeel.plugin.backend.client import Client
from layerpeel.plugin.backend.http_calls import Problem
from layerpeel.plugin.engine_names import find_engine, no_such_engine
from layerpeel.plugin.qt import QObject, pyqtSignal
from layerpeel.plugin.stored_settings import read_settings
from layerpeel.plugin.texts import i18n
from layerpeel.shared.jobs import AutoInfo, EngineInfo, Health, JobsInLine
from layerpeel.shared.places import ServerAddress, read_server_file
from layerpeel.shared.version import PROTOCOL, VERSION


class ConnectionState(Enum):
    """Whether there is a backend."""

    UNKNOWN = "unknown"
    STOPPED = "stopped"  # one will be started when needed
    MISSING = "missing"  # there is no command to start one
    STARTING = "starting"
    READY = "ready"
    REFUSED = "refused"  # one answers, but refuses us


class Connection(QObject):
    """The connection of a Krita to its one backend.

    changed: emitted when `state`, `message` or `engines` may have changed.
    message: why the engine in the settings cannot peel now; empty when it can.
    engines: those of the backend that answered last; empty before the first answer. auto_info:
        likewise, what its engine Automatic takes, and can be told.
    failed_to_start: whether the last attempt to start a backend has failed.
    was_ended: whether the backend was ended on purpose, and none has answered since.
    line: the jobs that run and wait there, also those of other programs. line_changed: emitted
        when that changes.
    """

    changed = pyqtSignal()
    line_changed = pyqtSignal()

    def __init__(self, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self.state = ConnectionState.UNKNOWN
        self.message = ""
        self.engines: Tuple[EngineInfo, ...] = ()
        self.auto_info = AutoInfo("", ())
        self.failed_to_start = False
        self.was_ended = False
        self.line = JobsInLine()
        self._own_jobs: Dict[str, Document] = {}
        self._client: Optional[Client] = None
        self._other_version: Optional[Client] = None  # Of a backend whose protocol is not ours.
        self._start: Optional[BackendStart] = None
        self._waiting: List[Tuple[Callable[[Client], None], Callable[[str], None]]] = []

    def look(self) -> None:
        """Find out whether a backend runs, and what it can do, without starting one."""
        if self.state is ConnectionState.STARTING:
            return
        address = _known_address()
        if address is None:
            self._not_running()
        else:
            self._try(address, self._not_running)

    def when_ready(self, done: Callable[[Client], None], failed: Callable[[str], None]) -> None:
        """Call `done` with a backend that answers, started if needed; else `failed`, saying why."""
        address = _known_address()
        known = self._client if self.state is ConnectionState.READY and not self.message else None
        if known is not None and known.address == address:
            # `Client.stay` would have told us if it had gone. Only one that lacked something is
            # asked again, since it may lack nothing by now.
            done(known)
            return
        self._waiting.append((done, failed))
        if self.state is ConnectionState.STARTING:
            return
        if address is None:
            self._start_one()
        else:
            self._try(address, self._start_one)

    @property
    def client(self) -> Optional[Client]:
        """The backend that answers; None without one."""
        return self._client

    def note_own_job(self, job: str, document: Document) -> None:
        """Remember that a job is this Krita's, and of which document."""
        self._own_jobs[job] = document
        # The line may have told of it before its own answer has come.
        self.line_changed.emit()

    def document_of(self, job: str) -> Optional[Document]:
        """Return the document that a job of this Krita was submitted for; None of any other job."""
        return self._own_jobs.get(job)

    def doubt(self, client: Client) -> None:
        """Ask a backend whether it is still there before it is used again: a call to it failed."""
        if client is self._client:
            client.leave()
            self._client = None
            self._hear_line(JobsInLine())
            self._set(ConnectionState.UNKNOWN, "")

    def end_backend(self) -> None:
        """End the backend that has answered last, if it was not set by its address.

        Also one of another version, which has proved that it is the user's.
        """
        client = self._client or self._other_version
        self._client = self._other_version = None
        self.was_ended = True
        # Another program may have the process id of one that has ended.
        if client is None or client.address != read_server_file():
            return
        if client.address.process and not read_settings().address:
            try:
                os.kill(client.address.process, signal.SIGTERM)
            except OSError:
                return  # It has ended already.

    def forget(self) -> None:
        """Look again after the settings have changed."""
        if self._client is not None:
            self._client.leave()
        self._client = self._other_version = None
        self._hear_line(JobsInLine())
        self.failed_to_start = False
        self._set(ConnectionState.UNKNOWN, "")
        self.look()

    def _try(self, address: ServerAddress, silent: Callable[[], None]) -> None:
        """Ask whether a backend answers at an address; call `silent` when none does."""
        same = self._client is not None and self._client.address == address
        client = self._client if same and self._client else Client(address, self)

        def answered(health: Health) -> None:
            self._meet(client, health)

        def failed(problem: Problem) -> None:
            if problem.unreachable and not read_settings().address:
                silent()
            else:
                self._refuse(problem.message)

        client.health(answered, failed)

    def _meet(self, client: Client, health: Health) -> None:
        if health.protocol != PROTOCOL:
            self._other_version = client
            self._refuse(_which_to_update(health))
            return
        self._other_version = None
        self.engines = health.engines
        self._ask_about_auto(client)
        self.was_ended = False
        if client is not self._client:
            self._client = client

            def hear(line: JobsInLine) -> None:
                if client is self._client:
                    self._hear_line(line)

            client.stay(hear, lambda: self._lost(client))
        chosen = read_settings().engine
        engine = find_engine(chosen, health.engines)
        self._set(
            ConnectionState.READY, no_such_engine(chosen) if engine is None else engine.missing
        )
        waiting, self._waiting = self._waiting, []
        for done, _failed in waiting:
            done(client)

    def _ask_about_auto(self, client: Client) -> None:
        def answered(info: AutoInfo) -> None:
            if client is self._client and info != self.auto_info:
                self.auto_info = info
                self.changed.emit()

        # Without an answer nothing can be chosen, and nothing peels otherwise.
        client.auto_info(answered, _ignore)

    def _lost(self, client: Client) -> None:
        if client is self._client:
            self._client = None
            self._hear_line(JobsInLine())
            self._not_running()

    def _hear_line(self, line: JobsInLine) -> None:
        if line != self.line:
            self.line = line
            self.line_changed.emit()

    def _not_running(self) -> None:
        if command_of_backend():
            self._set(ConnectionState.STOPPED, "")
        else:
            self._set(ConnectionState.MISSING, _how_to_register())

    def _start_one(self) -> None:
        command = command_of_backend()
        if not command:
            self._refuse(_how_to_register(), ConnectionState.MISSING)
            return
        self.failed_to_start = False
        self._set(ConnectionState.STARTING, "")
        self._start = BackendStart(
            command,
            read_settings().options_of_backend,
            self._started,
            self._not_started,
            self,
        )

    def _not_started(self, message: str) -> None:
        self.failed_to_start = True
        self._refuse(message)

    def _started(self, address: ServerAddress) -> None:
        self._try(address, lambda: self._refuse(i18n("The backend stopped as soon as it started.")))

    def _refuse(self, message: str, state: ConnectionState = ConnectionState.REFUSED) -> None:
        self._set(state, message)
        waiting, self._waiting = self._waiting, []
        for _done, failed in waiting:
            failed(message)

    def _set(self, state: ConnectionState, message: str) -> None:
        self.state, self.message = state, message
        self.changed.emit()


def _ignore(_problem: Problem) -> None:
    """Do nothing: whatever is asked next says what is wrong."""


def command_of_backend() -> List[str]:
    """Return the command that starts the backend; empty when there is none."""
    return backend_command(_configured_command())


def _known_address() -> Optional[ServerAddress]:
    settings = read_settings()
    if settings.address:
        return ServerAddress(settings.address.rstrip("/"), settings.token)
    return read_server_file()


def _configured_command() -> List[str]:
    try:
        return read_settings().command_parts()
    except ValueError:
        return []


def _how_to_register() -> str:
    return i18n(
        "No backend was found: run “layerpeel register” once, or set its command in Settings."
    )


def _which_to_update(health: Health) -> str:
    versions = {"backend": health.version, "plugin": VERSION}
    if health.protocol < PROTOCOL:
        text = i18n(
            "The backend ({backend}) is older than this plugin ({plugin}): update the backend."
        )
    else:
        text = i18n(
            "This plugin ({plugin}) is older than the backend ({backend}): update the plugin."
        )
    return text.format(**versions)
