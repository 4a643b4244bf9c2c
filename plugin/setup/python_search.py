"""Looks for a Python that the backend can be installed with."""

import os
from typing import Callable, List, Optional

from layerpeel.plugin.backend.printing_process import PrintingProcess
from layerpeel.plugin.backend.programs import find_program
from layerpeel.plugin.qt import QObject, QTimer
from layerpeel.plugin.setup.python_facts import (
    ASK_IT,
    UnusablePython,
    UsablePython,
    judge,
)
from layerpeel.plugin.setup.systems import System, pythons_to_try

_LONGEST_ANSWER = 15_000  # milliseconds

# Windows' newer launcher would otherwise fetch the Python that it is asked for and lacks.
_VARIABLES = {"PYTHON_MANAGER_AUTOMATIC_INSTALL": "false"}


class PythonSearch(QObject):
    """Asks one Python after the other, on creation, until one can be used.

    found: called with that one; None when there is none, and why those that answered cannot be
        used.
    """

    def __init__(
        self,
        system: System,
        found: Callable[[Optional[UsablePython], List[UnusablePython]], None],
        parent: Optional[QObject] = None,
    ) -> None:
        super().__init__(parent)
        self._found = found
        self._left = pythons_to_try(system, os.environ)
        self._refused: List[UnusablePython] = []
        self._is_stopped = False
        self._asked: Optional[PrintingProcess] = None
        QTimer.singleShot(0, self._ask_next)

    def stop(self) -> None:
        """Ask no more; `found` is not called."""
        self._is_stopped = True
        if self._asked is not None:
            self._asked.kill()

    def _ask_next(self) -> None:
        if self._is_stopped:
            return
        while self._left:
            name, *words = self._left.pop(0)
            program = find_program(name)
            if program is not None:
                self._ask([str(program), *words, "-I", "-c", ASK_IT])
                return
        self._found(None, self._refused)

    def _ask(self, command: List[str]) -> None:
        self._asked = PrintingProcess(command, lambda _line: None, self._told, _VARIABLES, self)
        self._asked.end_after(_LONGEST_ANSWER)

    def _told(self, code: int, printed: str) -> None:
        if self._asked is not None:
            self._asked.deleteLater()
            self._asked = None
        lines = printed.strip().splitlines()
        verdict = judge(lines[-1]) if code == 0 and lines else None
        if isinstance(verdict, UsablePython):
            self._found(verdict, self._refused)
            return
        if verdict is not None and verdict not in self._refused:
            self._refused.append(verdict)
        self._ask_next()
