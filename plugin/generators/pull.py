"""Downloads models one after the other, and reports progress."""

from typing import List, Optional

from layerpeel.plugin.backend.client import Client
from layerpeel.plugin.backend.connection import Connection
from layerpeel.plugin.backend.http_calls import Problem
from layerpeel.plugin.backend.job import UNKNOWN
from layerpeel.plugin.qt import QObject, pyqtSignal
from layerpeel.plugin.texts import i18n, stage_text
from layerpeel.shared.generators import PullModel, PullSummary
from layerpeel.shared.jobs import Cancelled, Failed, Finished, Progress


class Pull(QObject):
    """A download that the artist has agreed to.

    progressed: stage in words, and how much is done (0–1, or UNKNOWN).
    ended: one line about how it ended; empty when it is complete.
    """

    progressed = pyqtSignal(str, float)
    ended = pyqtSignal(str)

    def __init__(self, connection: Connection, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._connection = connection
        self._models: List[str] = []
        self._is_cancelled = False
        self._is_told = False
        self.is_running = False

    @property
    def is_cancelled(self) -> bool:
        """Whether the artist has stopped it, or the last one."""
        return self._is_cancelled

    def start(self, models: List[str]) -> None:
        """Download these models."""
        self._begin(models)
        self._next()

    def join(self) -> None:
        """Follow a download that already runs."""
        self._begin([])
        self._connection.when_ready(self._follow, self._end)

    def cancel(self) -> None:
        """Stop; what was downloaded so far is kept and not downloaded again."""
        if self.is_running and not self._is_cancelled:
            self._is_cancelled = True
            self.progressed.emit(i18n("Cancelling"), UNKNOWN)
            self._connection.when_ready(
                lambda client: client.cancel_pull(lambda _summary: None, self._refused), self._end
            )

    def _begin(self, models: List[str]) -> None:
        self._models = list(models)
        self._is_cancelled = False
        self.is_running = True
        self.progressed.emit(i18n("Waiting for the backend"), UNKNOWN)

    def _next(self) -> None:
        if self._is_cancelled:
            self._end(i18n("Cancelled. What has been downloaded is kept."))
        elif not self._models:
            self._end("")
        else:
            model = PullModel(self._models.pop(0))
            self._connection.when_ready(
                lambda client: client.pull(
                    model, lambda summary: self._begun(client, summary), self._refused
                ),
                self._end,
            )

    def _begun(self, client: Client, _summary: PullSummary) -> None:
        if self._is_cancelled:
            client.cancel_pull(lambda _summary: None, self._refused)
        self._follow(client)

    def _follow(self, client: Client) -> None:
        self._is_told = False
        client.follow_pull(self._hear, self._stream_ended)

    def _hear(self, event: object) -> None:
        if isinstance(event, Progress):
            if not self._is_cancelled:
                self.progressed.emit(stage_text(event.stage), event.done)
        elif isinstance(event, Finished):
            self._is_told = True
            self._next()
        elif isinstance(event, Cancelled):
            self._is_told = True
            self._end(i18n("Cancelled. What has been downloaded is kept."))
        elif isinstance(event, Failed):
            self._is_told = True
            self._end(event.message)

    def _stream_ended(self, problem: Optional[Problem]) -> None:
        if not self._is_told:
            lost = i18n("The backend stopped. Press Download again: it continues from there.")
            self._end(lost if problem is None or problem.broken else problem.message)

    def _refused(self, problem: Problem) -> None:
        self._end(problem.message)

    def _end(self, line: str) -> None:
        if self.is_running:
            self.is_running = False
            self.ended.emit(line)
