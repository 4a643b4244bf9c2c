"""The backend's generators, as of its latest answer."""

from typing import Optional

from layerpeel.plugin.backend.client import Client
from layerpeel.plugin.backend.connection import Connection
from layerpeel.plugin.backend.http_calls import Problem
from layerpeel.plugin.qt import QObject, pyqtSignal
from layerpeel.shared.generators import Generators


class Shelf(QObject):
    """Asks the backend for its generators and keeps its latest answer.

    changed: emitted when the backend has answered or failed.
    known: the latest answer; None before the first. problem: why it failed; else empty.
    """

    changed = pyqtSignal()

    def __init__(self, connection: Connection, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._connection = connection
        self.known: Optional[Generators] = None
        self.problem = ""

    def ask(self) -> None:
        """Ask again; start a backend if none runs."""
        self._connection.when_ready(self._ask, self._say)

    def can_paint(self) -> bool:
        """Whether any style can be used."""
        return self.known is not None and any(not style.missing for style in self.known.styles)

    def _ask(self, client: Client) -> None:
        client.generators(self._answered, self._failed)

    def _answered(self, known: Generators) -> None:
        self.known, self.problem = known, ""
        self.changed.emit()

    def _failed(self, problem: Problem) -> None:
        self._say(problem.message)

    def _say(self, problem: str) -> None:
        self.problem = problem
        self.changed.emit()
