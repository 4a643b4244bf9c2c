"""Setting the backend up: whether it is wanted, possible, at work, or has failed."""

import contextlib
import platform
import shutil
from enum import Enum
from pathlib import Path
from typing import List, Optional

from layerpeel.plugin.backend.connection import Connection, ConnectionState
from layerpeel.plugin.backend.native_words import path_for_python, word_for_qt
from layerpeel.plugin.qt import QLockFile, QObject, pyqtSignal
from layerpeel.plugin.setup.costs import Costs, room_lacking
from layerpeel.plugin.setup.environments import (
    Environment,
    fresh_environment,
    holds,
    installed_folders,
    known_environments,
    scratch_folder,
    wheels_folder,
)
from layerpeel.plugin.setup.failures import Failure, failure_in, failure_of
from layerpeel.plugin.setup.payload import Payload, PayloadError, read_payload
from layerpeel.plugin.setup.python_facts import UnusablePython, UsablePython
from layerpeel.plugin.setup.python_search import PythonSearch
from layerpeel.plugin.setup.removal import remove_in_turns
from layerpeel.plugin.setup.setup_run import UNKNOWN, SetupRun
from layerpeel.plugin.setup.steps import STEPS, Plan, Step, can_go_on, is_whole
from layerpeel.plugin.setup.systems import MACOS, this_system
from layerpeel.plugin.texts import i18n, number_text, path_text
from layerpeel.plugin.turns import run_in_turns
from layerpeel.shared.places import command_file, read_command, setup_folder
from layerpeel.shared.translatable import Translatable


class SetupState(Enum):
    """Where a set-up stands."""

    IDLE = "idle"  # nobody has asked for one
    SEARCHING = "searching"  # for a Python
    NO_PYTHON = "no python"
    OFFERED = "offered"
    RUNNING = "running"
    FAILED = "failed"
    REMOVING = "removing"


class SettingUp(QObject):
    """The one set-up of a Krita.

    changed: emitted when anything below may have changed.
    said: emitted with each line for the log.
    finished: emitted when a backend has been set up, or removed, with a line that says so.

    python: the one to install with. refused: why others cannot be used.
    with_torch: whether torch is wanted along, for models that compute with it.
    step, detail, done: what is at work, as `SetupRun.progressed`. failure: why it has stopped.
    lines: the log of the last run.
    """

    changed = pyqtSignal()
    said = pyqtSignal(str)
    finished = pyqtSignal(str)

    def __init__(self, connection: Connection, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._connection = connection
        self._system = this_system()
        self.state = SetupState.IDLE
        self.python: Optional[UsablePython] = None
        self.refused: List[UnusablePython] = []
        self.with_torch = False
        self.step: Optional[Step] = None
        self.detail, self.done = "", UNKNOWN
        self.failure: Optional[Failure] = None
        self.lines: List[str] = []
        self._payload: Optional[Payload] = None
        self._damage = ""
        self._folder: Optional[Path] = None
        self._has_removed = False
        self._into: Optional[Path] = None
        self._run: Optional[SetupRun] = None
        self._search: Optional[PythonSearch] = None
        self._lock: Optional[QLockFile] = None
        self._is_asked_for = False
        try:
            self._payload = read_payload()
        except PayloadError as error:
            self._damage = str(error)
        connection.changed.connect(self._connection_changed)

    # What there is ---------------------------------------------------------------------------

    @property
    def is_possible(self) -> bool:
        """Whether the plugin carries a backend."""
        return self._payload is not None or bool(self._damage)

    @property
    def is_shown(self) -> bool:
        """Whether the artist should see it: there is no backend, or it was asked for."""
        if not self.is_possible:
            return False
        is_busy = self.state in (SetupState.RUNNING, SetupState.REMOVING)
        is_missing = self._connection.state is ConnectionState.MISSING
        return is_busy or is_missing or self._is_asked_for

    @property
    def is_asked_for(self) -> bool:
        """Whether the artist asked for it, though there is a backend, and may go back."""
        return self._is_asked_for and self._connection.state is not ConnectionState.MISSING

    @property
    def installed(self) -> Optional[Environment]:
        """The environment that the registered backend is in; None when set-up has made none."""
        command = read_command()
        if not holds(command):
            return None
        whole = [each for each in known_environments() if is_whole(each.done)]
        program = path_for_python(command[0])
        return next((each for each in whole if each.folder in program.parents), None)

    @property
    def has_lost_its_python(self) -> bool:
        """Whether the Python that the installed backend was made with has been removed."""
        installed = self.installed
        return installed is not None and not installed.python(self._system).exists()

    @property
    def has_update(self) -> bool:
        """Whether the plugin carries another backend than the one that it has installed."""
        installed = self.installed
        if installed is None or self._payload is None:
            return False
        return installed.fingerprint != self._payload.fingerprint

    @property
    def version(self) -> str:
        """The version that the plugin carries."""
        return "" if self._payload is None else self._payload.version

    @property
    def is_unfinished(self) -> bool:
        """Whether an earlier set-up has stopped before its end, and goes on from there."""
        return self._to_continue() is not None

    @property
    def repeats_removal(self) -> bool:
        """Whether trying again removes the backend."""
        return self._has_removed

    @property
    def repeats_another_way(self) -> bool:
        """Whether trying again is not a set-up over the internet: from a folder, or a removal."""
        return self._has_removed or self._folder is not None

    @property
    def costs(self) -> Costs:
        """What is fetched if nothing of it is there; an installed backend has its models."""
        is_new = not self.is_unfinished
        needs_npm = is_new and shutil.which("npm") is None
        needs_torch = is_new and self.with_torch
        return Costs(is_new, self.installed is None, needs_npm, needs_torch)

    @property
    def can_have_torch(self) -> bool:
        """Whether there is a torch for this machine."""
        return self._system is not MACOS or platform.machine() != "x86_64"

    # Actions of the artist -------------------------------------------------------------------

    def ask_for(self, with_torch: bool = False) -> None:
        """Show it, though there is a backend: to install it again, or a newer one.

        with_torch: whether torch is offered along; what has it keeps it in any case.
        """
        if self.state in (SetupState.RUNNING, SetupState.REMOVING):
            return
        self._is_asked_for = True
        self.want_torch(with_torch or self._had_torch())
        self.look()

    def want_torch(self, is_wanted: bool) -> None:
        """Choose whether torch is installed along."""
        self.with_torch = is_wanted and self.can_have_torch
        self.changed.emit()

    def leave(self) -> None:
        """Go back to the backend that there is."""
        self._is_asked_for = False
        self._stop_search()
        self.failure = None
        self._set(SetupState.IDLE)

    def look(self) -> None:
        """Look for a Python that the backend can be installed with."""
        self._stop_search()
        self.failure = None
        if self._damage:
            self._stopped(failure_in(f"bad zip: {self._damage}", 1))
            return
        self._set(SetupState.SEARCHING)
        self._search = PythonSearch(self._system, self._found, self)

    def start(self, folder: Optional[Path] = None) -> None:
        """Set the backend up; go on where the last attempt stopped.

        folder: of wheels and models that all is taken from; None to fetch it.
        """
        if self._payload is None or self.python is None or self.state is SetupState.RUNNING:
            return
        if not path_for_python(self.python.path).exists():
            self.look()  # It has been removed since it was found.
            return
        self.failure = None
        self.lines = []
        self._folder, self._has_removed = folder, False
        if not self._take_lock():
            return
        lack = self._lack_of_room()
        if lack is not None:
            self._release_lock()
            self._stopped(lack)
            return
        told = (self._payload.fingerprint, self._payload.version)
        fresh = fresh_environment(*told, with_torch=self.with_torch)
        environment = self._to_continue() or fresh
        self._into = environment.folder
        plan = Plan(
            Path(self.python.path),
            environment.folder,
            environment.python(self._system),
            wheels_folder(),
            scratch_folder(),
            self._payload,
            folder,
            with_npm=folder is None and shutil.which("npm") is None,
            with_torch=self.with_torch,
        )
        run = SetupRun(plan, environment, self)
        run.progressed.connect(self._progressed)
        run.said.connect(self._say)
        run.ended.connect(self._ended)
        self._run = run
        self._set(SetupState.RUNNING)
        run.start()

    def try_again(self) -> None:
        """Repeat what has failed, from the same folder if it was from one."""
        if self._has_removed:
            self.remove()
        else:
            self.start(self._folder)

    def cancel(self) -> None:
        """Stop; what was fetched stays, and the next attempt goes on from there."""
        if self._run is not None:
            self._run.cancel()
            self._forget_run()
            self._release_lock()
            self._set(SetupState.OFFERED)

    def remove(self) -> None:
        """Remove the backend that set-up has installed. Models stay."""
        if self.state in (SetupState.RUNNING, SetupState.REMOVING):
            return
        self.failure = None
        self.lines = []
        self._has_removed = True
        if not self._take_lock():
            return
        if holds(read_command()):
            try:
                command_file().unlink()
            except OSError as error:
                self._release_lock()
                self._stopped(failure_of(error))
                return
        self._set(SetupState.REMOVING)
        self._connection.end_backend()
        run_in_turns(
            remove_in_turns(installed_folders()), self._removed, lambda _error: None, expected=()
        )

    # Events ----------------------------------------------------------------------------------

    def _connection_changed(self) -> None:
        if self._connection.state is ConnectionState.MISSING and self.state is SetupState.IDLE:
            if self.is_possible:
                self.want_torch(self._had_torch())
                self.look()
        else:
            self.changed.emit()

    def _found(self, python: Optional[UsablePython], refused: List[UnusablePython]) -> None:
        if self.state is not SetupState.SEARCHING:
            return
        self.python, self.refused = python, refused
        self._set(SetupState.NO_PYTHON if python is None else SetupState.OFFERED)

    def _progressed(self, step: Step, detail: str, done: float) -> None:
        self.step, self.detail, self.done = step, detail, done
        self.changed.emit()

    def _say(self, line: str) -> None:
        self.lines.append(line)
        self.said.emit(line)

    def _ended(self, failure: Optional[Failure]) -> None:
        self._forget_run()
        if failure is not None:
            self._release_lock()
            self._stopped(failure)
            return
        # The one that runs may be the old one; its files are about to go.
        self._connection.end_backend()
        others = [folder for folder in installed_folders() if folder != self._into]
        self._set(SetupState.REMOVING)
        run_in_turns(remove_in_turns(others), self._tidied, lambda _error: None, expected=())

    def _tidied(self, _problems: List[str]) -> None:
        # What Windows still uses goes with the next set-up.
        self._release_lock()
        self._finish(i18n("The backend is set up."))

    def _removed(self, problems: List[str]) -> None:
        self._release_lock()
        if problems:
            self._stopped(
                Failure(Translatable("Not all could be removed: {}"), word_for_qt(problems[0]))
            )
            self._connection.forget()
            return
        # What somebody has put beside it stays, and the folder with it.
        with contextlib.suppress(OSError):
            setup_folder().rmdir()
        self._finish(i18n("The backend is removed. Models stay, for the next one."))

    def _finish(self, line: str) -> None:
        self._is_asked_for = False
        self._set(SetupState.IDLE)
        self._connection.forget()
        self.finished.emit(line)

    def _stopped(self, failure: Failure) -> None:
        self.failure = failure
        self._set(SetupState.FAILED)

    # Parts -----------------------------------------------------------------------------------

    def _to_continue(self) -> Optional[Environment]:
        if self._payload is None:
            return None
        newest = known_environments()[-1:]
        wanted = (self._payload.fingerprint, self.with_torch)
        fits = [each for each in newest if (each.fingerprint, each.with_torch) == wanted]
        whole = [each for each in fits if each.python(self._system).exists()]
        return next((each for each in whole if can_go_on(each.done)), None)

    def _had_torch(self) -> bool:
        """Whether torch is installed, or a set-up with it has stopped before its end."""
        stopped = [each for each in known_environments()[-1:] if not is_whole(each.done)]
        there = [*stopped, *([self.installed] if self.installed is not None else [])]
        return any(each.with_torch for each in there)

    def _lack_of_room(self) -> Optional[Failure]:
        """Say that the disk is too full for what was chosen; None when it is not."""
        try:
            needed = room_lacking(self.costs, is_fetched=self._folder is None)
        except OSError as error:
            return failure_of(error)
        if needed is None:
            return None
        text = Translatable(
            "There is not enough room on the disk: set-up needs {} GB while it works."
        )
        return Failure(text, number_text(needed))

    def _take_lock(self) -> bool:
        """Let no other Krita set up at the same time; return whether it is ours to do."""
        try:
            setup_folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            self._stopped(failure_of(error))
            return False
        lock = QLockFile(path_text(setup_folder().with_name("setup.lock")))
        lock.setStaleLockTime(0)  # However long it takes, it is ours while this Krita runs.
        if lock.tryLock(0):
            self._lock = lock
            return True
        if lock.error() == QLockFile.LockError.LockFailedError:
            self._stopped(
                Failure(Translatable("Another Krita is setting the backend up: wait for it."))
            )
        else:
            self._stopped(failure_in(f"permission denied: {path_text(setup_folder())}", 1))
        return False

    def _forget_run(self) -> None:
        if self._run is not None:
            self._run.deleteLater()
        self._run = None

    def _stop_search(self) -> None:
        if self._search is not None:
            self._search.stop()
            self._search.deleteLater()
        self._search = None

    def _release_lock(self) -> None:
        if self._lock is not None:
            self._lock.unlock()
        self._lock = None

    def _set(self, state: SetupState) -> None:
        self.state = state
        self.changed.emit()


def number_of(step: Step) -> int:
    """Return a step's number, from 1."""
    return STEPS.index(step) + 1
