"""Collects what a bug report needs: versions, what was said last, and what the doctor finds."""

import os
import platform
from pathlib import Path
from typing import Callable, List, Optional

from krita import Krita

from layerpeel.plugin.backend.connection import Connection, command_of_backend
from layerpeel.plugin.backend.native_words import word_for_qt
from layerpeel.plugin.backend.printing_process import CANNOT_START, PrintingProcess
from layerpeel.plugin.backend.programs import find_program
from layerpeel.plugin.qt import PYQT_VERSION_STR, QObject, QTimer, qVersion
from layerpeel.plugin.stored_settings import read_settings
from layerpeel.shared.places import log_file, setup_log_file, start_log_file
from layerpeel.shared.redaction import redacted
from layerpeel.shared.version import PROTOCOL, VERSION

_LONGEST_EXAMINATION = 120_000  # milliseconds: a slow machine takes long to load torch
_MOST_OF_A_LOG = 4_000  # bytes

# The doctor prints letters that Windows' own code pages lack.
_VARIABLES = {"PYTHONIOENCODING": "utf-8"}


class BugReport(QObject):
    """Asks `layerpeel doctor`, which needs no running backend.

    done: called once with the report, in which nothing tells who the artist is; not after `stop`.
    """

    def __init__(
        self,
        connection: Connection,
        said: List[str],
        done: Callable[[str], None],
        parent: Optional[QObject] = None,
    ) -> None:
        """said: the lines that the docker shows."""
        super().__init__(parent)
        self._done = done
        self._facts = [*_versions(), *_state_of(connection), *_told(said)]
        self._asked: Optional[PrintingProcess] = None
        self._is_stopped = False
        command = command_of_backend()
        program = find_program(command[0]) if command else None
        if program is None:
            QTimer.singleShot(0, lambda: self._examined(CANNOT_START, ""))
            return
        words = [str(program), *command[1:], "doctor"]
        self._asked = PrintingProcess(words, lambda _line: None, self._examined, _VARIABLES, self)
        self._asked.end_after(_LONGEST_EXAMINATION)

    def stop(self) -> None:
        """Ask no longer; `done` is not called."""
        self._is_stopped = True
        if self._asked is not None:
            self._asked.kill()

    def _examined(self, code: int, printed: str) -> None:
        if self._is_stopped:
            return
        logs = [start_log_file()] if code == 0 else [start_log_file(), setup_log_file(), log_file()]
        parts = ["\n".join(self._facts), _examination(code, printed), *map(_end_of, logs)]
        self._done(word_for_qt(redacted("\n\n".join(part for part in parts if part) + "\n")))


def _versions() -> List[str]:
    return [
        f"Layerpeel {VERSION}, protocol {PROTOCOL} (plugin)",
        f"Krita {Krita.instance().version()}",
        f"Qt {qVersion()}, PyQt {PYQT_VERSION_STR}",
        f"Python {platform.python_version()} (Krita's)",
        f"System {platform.platform()}",
    ]


def _state_of(connection: Connection) -> List[str]:
    settings = read_settings()
    reached = "by an address that was set" if settings.address else "started when needed"
    return [f"Engine {settings.engine}", f"Backend {connection.state.value}, {reached}"]


def _told(said: List[str]) -> List[str]:
    return [f"The docker says: {line}" for line in said] or ["The docker says nothing."]


def _examination(code: int, printed: str) -> str:
    if code == CANNOT_START:
        return "layerpeel doctor cannot be run: there is no command that starts the backend."
    failed = f"layerpeel doctor ended with {code}.\n" if code else ""
    return failed + printed.strip()


def _end_of(log: Path) -> str:
    """Return a log's name and end; empty where there is none, or nothing in it."""
    try:
        with log.open("rb") as file:
            begin = max(0, file.seek(0, os.SEEK_END) - _MOST_OF_A_LOG)
            file.seek(begin)
            if begin:
                file.readline()  # Of a quotation that is cut nothing would be taken out.
            text = file.read().decode("utf-8", "replace").strip()
    except OSError:
        return ""
    return f"The end of {log.name}:\n{text}" if text else ""
