"""The generators that the backend has, as it said last."""

from typing import Optional

from layerpeel.plugin.backend.client import Client, Problem
from layerpeel.plugin.backend.connection import Connection
from layerpeel.plugin.qt import QObject, pyqtSignal
from layerpeel.shared.generators import Generators


class Shelf(QObject):
    """Asks, and remembers.

    changed: emitted when the backend has answered, or could not.
    known: what it said last; None before that. problem: why it could not; else empty.
    """

    changed = pyqtSignal()

    def __init__(self, connection: Connection, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._connection = connection
        self.known: Optional[Generators] = None
        self.problem = ""

    def ask(self) -> None:
        """Ask anew; a backend is started if none runs."""
        self._connection.when_ready(self._ask, self._say)

    def can_paint(self) -> bool:
        """Whether there is any style that can be used."""
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
