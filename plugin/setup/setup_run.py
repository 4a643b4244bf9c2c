"""One run of a set-up: its steps, one after the other, until all are done or one has failed."""

from typing import IO, Dict, List, Optional

from layerpeel.plugin.backend.native_words import word_for_qt
from layerpeel.plugin.backend.printing_process import CANNOT_START, PrintingProcess
from layerpeel.plugin.qt import QObject, QTimer, pyqtSignal
from layerpeel.plugin.setup.environments import Environment
from layerpeel.plugin.setup.failures import Failure, failure_in, failure_of
from layerpeel.plugin.setup.payload import count_pins, package_in
from layerpeel.plugin.setup.steps import STEPS, Plan, Step
from layerpeel.shared.places import setup_log_file
from layerpeel.shared.translatable import Translatable

UNKNOWN = -1.0

# What pip begins a line with when it turns to the next package.
_NEXT_PACKAGE = ("Collecting ", "Processing ")

# Words that are not ASCII come as UTF-8, and a user's own pip settings cannot lead elsewhere.
_VARIABLES = {"PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1", "PIP_USER": "0", "NO_COLOR": "1"}


class SetupRun(QObject):
    """Runs the steps that an environment lacks.

    progressed: the step, a detail in words, and how much of the step is done (0–1, or UNKNOWN).
    said: a line for the log.
    ended: a Failure, or None when all is done; not after `cancel`.
    """

    progressed = pyqtSignal(object, str, float)
    said = pyqtSignal(str)
    ended = pyqtSignal(object)

    def __init__(
        self, plan: Plan, environment: Environment, parent: Optional[QObject] = None
    ) -> None:
        super().__init__(parent)
        self._plan = plan
        self._environment = environment
        self._goes_on = bool(environment.done)
        self._steps: List[Step] = [step for step in STEPS if step.key not in environment.done]
        self._commands: List[List[str]] = []
        self._process: Optional[PrintingProcess] = None
        self._log: Optional[IO[str]] = None
        self._packages, self._seen = 0, 0
        self._is_cancelled = False

    def start(self) -> None:
        """Begin."""
        try:
            for folder in (self._plan.wheels, self._plan.temporary, self._plan.cache):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            setup_log_file().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._log = setup_log_file().open("w", encoding="utf-8", errors="replace")
            self._packages = sum(count_pins(lock) for lock in self._plan.locks)
        except OSError as error:
            self._end(failure_of(error))
            return
        self._next_step()

    def cancel(self) -> None:
        """Stop now. What is done stays."""
        self._is_cancelled = True
        if self._process is not None:
            self._process.kill()
        self._close_log()

    def _next_step(self) -> None:
        if self._is_cancelled:
            return
        if not self._steps:
            self._end(None)
            return
        step = self._steps[0]
        self._seen = 0
        self.progressed.emit(step, "", UNKNOWN)
        self._commands = step.commands(self._plan)
        self._next_command()

    def _next_command(self) -> None:
        if self._commands:
            command = self._commands.pop(0)
            self._note("$ " + " ".join(map(word_for_qt, command)))
            more = {**_VARIABLES, **self._places()}
            self._process = PrintingProcess(command, self._hear, self._told, more, self)
            return
        step = self._steps.pop(0)
        try:
            self._environment = self._environment.having_done(step.key)
        except OSError as error:
            self._end(failure_of(error))
            return
        QTimer.singleShot(0, self._next_step)

    def _places(self) -> Dict[str, str]:
        """Variables that let its programs work in set-up's own folder."""
        temporary, cache = (
            word_for_qt(str(folder)) for folder in (self._plan.temporary, self._plan.cache)
        )
        return {"PIP_CACHE_DIR": cache, **dict.fromkeys(("TMPDIR", "TMP", "TEMP"), temporary)}

    def _hear(self, line: str) -> None:
        self._note(line)
        if line.startswith("Installing collected packages"):
            self.progressed.emit(self._steps[0], "", UNKNOWN)
        if line.startswith(_NEXT_PACKAGE):
            self._seen += 1
            done = min(1.0, self._seen / max(1, self._packages))
            self.progressed.emit(self._steps[0], package_in(line), done)

    def _told(self, code: int, printed: str) -> None:
        if self._process is not None:
            self._process.deleteLater()
            self._process = None
        if code == 0:
            self._next_command()
            return
        failure = failure_in(printed, code)
        if code == CANNOT_START:
            failure = Failure(
                Translatable("A Python that was there a moment ago cannot be started any more.")
            )
        if code == CANNOT_START or (self._goes_on and not failure.comes_from_outside):
            self._leave_environment()
        self._end(failure)

    def _leave_environment(self) -> None:
        """Go on in it no more: it may be damaged, and every attempt would stop at this step."""
        try:
            self._environment.leave()
        except OSError as error:
            self._note(word_for_qt(str(error)))

    def _note(self, line: str) -> None:
        if self._log is not None:
            try:
                self._log.write(line + "\n")
                self._log.flush()
            except OSError:
                # The disk is full, which the step itself will tell.
                self._close_log()
        self.said.emit(line)

    def _end(self, failure: Optional[Failure]) -> None:
        self._close_log()
        self.ended.emit(failure)

    def _close_log(self) -> None:
        log, self._log = self._log, None
        if log is not None:
            try:
                log.close()
            except OSError:
                return
