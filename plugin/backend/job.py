"""One job of the backend, from submitting it to its result in the document."""

from typing import Optional

from krita import Document

from layerpeel.plugin.backend.client import Client
from layerpeel.plugin.backend.connection import Connection
from layerpeel.plugin.backend.http_calls import Problem
from layerpeel.plugin.backend.result_delivery import Delivered, deliver
from layerpeel.plugin.canvas.meanwhile import Before, keep_before
from layerpeel.plugin.canvas.placement import Placement
from layerpeel.plugin.engine_names import find_engine, no_such_engine
from layerpeel.plugin.qt import QObject, pyqtSignal
from layerpeel.plugin.texts import i18n, stage_text
from layerpeel.plugin.turns import TIMINGS
from layerpeel.shared.jobs import (
    Cancelled,
    Cause,
    Failed,
    Finished,
    JobSummary,
    Preview,
    Progress,
    Queued,
)
from layerpeel.shared.wire import Packed

UNKNOWN = -1.0
"""Progress of unknown amount."""


class Job(QObject):
    """One job.

    accepted: the backend has queued it.
    progressed: stage in words, and how much is done (0–1, or UNKNOWN).
    previewed: a PNG of what the result will be.
    finished: the backend has finished; the result can be inserted.
    inserted: the `Delivered` layers that are now in the document.
    ended: one line for the artist about why there is no result, or none in the document, and the
        `Cause` of that; None where it was cancelled.
    """

    accepted = pyqtSignal()
    progressed = pyqtSignal(str, float)
    previewed = pyqtSignal(bytes)
    finished = pyqtSignal()
    inserted = pyqtSignal(object)
    ended = pyqtSignal(str, object)

    def __init__(
        self,
        connection: Connection,
        document: Document,
        engine: str,
        parent: Optional[QObject] = None,
    ) -> None:
        """engine: name of the engine that peels."""
        super().__init__(parent)
        self._connection = connection
        self._document = document
        self._engine = engine
        self._placement: Optional[Placement] = None
        self._before: Optional[Before] = None
        self._client: Optional[Client] = None
        self._id = ""
        self._cancelled = False
        self._begun = False
        self._finished = False
        self._over = False

    def hand_in(
        self, message: Packed, placement: Placement, before: Optional[Before] = None
    ) -> None:
        """Submit a packed `SubmitJob` and follow the job.

        before: what was read, so that what is painted meanwhile stays in sight.
        """
        self._placement, self._before = placement, before
        if self._stopped():
            return
        self.progressed.emit(i18n("Waiting for the backend"), UNKNOWN)

        def submit(client: Client) -> None:
            if self._stopped():
                return
            if find_engine(self._engine, self._connection.engines) is None:
                self._end(no_such_engine(self._engine))
                return
            self._client = client
            self.tell(i18n("Handing over the picture"), UNKNOWN)
            client.submit(message, self._follow, self._refused)

        self._connection.when_ready(submit, self._end)

    def insert(self) -> None:
        """Insert the result of a finished job into the document; may be called again."""
        placement = self._placement
        if self._stopped() or self._client is None or placement is None:
            return
        self.tell(i18n("Fetching the layers"), UNKNOWN)
        deliver(
            self._client,
            self._id,
            self._document,
            placement,
            lambda: not self._cancelled,
            self._arrived,
            self._not_inserted,
            tell=lambda line: self.tell(line, UNKNOWN),
            before=self._before,
        )

    def cancel(self) -> None:
        """Stop as soon as possible; nothing in the document changes."""
        if self._over or self._cancelled:
            return
        self._cancelled = True
        if self._client is None:
            # Nothing has been submitted yet, or it is cancelled in the backend that starts now
            # (`_wait_for_restart`), which is kept for the next job.
            self._end(i18n("Cancelled."), None)
            return
        self.progressed.emit(i18n("Cancelling"), UNKNOWN)
        if self._id and not self._finished:
            self._client.cancel(self._id, _ignore, self._cancel_refused)

    def tell(self, stage: str, done: float) -> None:
        """Report progress, unless the job was cancelled."""
        if not self._cancelled:
            self.progressed.emit(stage, done)

    def fail(self, error: Exception) -> None:
        """End the job without a result in the document."""
        self._end(str(error))

    @property
    def document(self) -> Document:
        """The document that the result is for."""
        return self._document

    @property
    def id(self) -> str:
        """The backend's name of it; empty before it was accepted."""
        return self._id

    @property
    def client(self) -> Optional[Client]:
        """The client of the backend that has it; None before it was submitted."""
        return self._client

    @property
    def is_read(self) -> bool:
        """Whether the canvas has been read."""
        return self._placement is not None

    @property
    def is_cancelled(self) -> bool:
        """Whether it is to stop, or has."""
        return self._cancelled

    @property
    def is_over(self) -> bool:
        """Whether it has ended and emitted so."""
        return self._over

    def _follow(self, job: JobSummary) -> None:
        self._id = job.id
        self._connection.note_own_job(job.id, self._document)
        if self._before is not None:
            keep_before(job.id, self._document, self._before)
        if self._client is None:
            return
        if self._cancelled:
            self._client.cancel(job.id, _ignore, self._cancel_refused)
        self._client.follow(job.id, self._hear, self._stream_ended)
        self.accepted.emit()

    def _hear(self, event: object) -> None:
        if self._over:
            return
        if isinstance(event, Queued):
            self._tell_queued(event.position)
        elif isinstance(event, Progress):
            self._begun = True
            self.tell(stage_text(event.stage), event.done)
        elif isinstance(event, Preview):
            self.previewed.emit(event.png)
        elif isinstance(event, Failed):
            self._end(event.message, event.cause)
        elif isinstance(event, Cancelled):
            self._end(i18n("Cancelled."), None)
        elif isinstance(event, Finished):
            TIMINGS.note_moment("answered")
            self._finished = True
            if not self._stopped():
                self.finished.emit()

    def _tell_queued(self, position: int) -> None:
        if position == 0:
            self.tell(i18n("Starting"), UNKNOWN)
        else:
            self.tell(i18n("Waiting: {count} ahead in the queue").format(count=position), UNKNOWN)

    def _stream_ended(self, problem: Optional[Problem]) -> None:
        if self._finished or self._over:
            return
        if problem is not None and not _is_gone(problem):
            self._end(problem.message)
        elif self._begun:
            if not self._stopped():
                self._end(
                    i18n(
                        "The backend stopped while it was working. Try again: it will be restarted."
                    )
                )
        elif self._connection.was_ended:
            if not self._stopped():
                self._end(
                    i18n(
                        "The backend was ended before this began. It goes on when the backend "
                        "starts again, and comes to Results."
                    )
                )
        else:
            self._wait_for_restart()
            return
        self._connection.look()

    def _wait_for_restart(self) -> None:
        """Go on waiting in another backend: what waited in one that ended waits there again.

        What is cancelled meanwhile is cancelled there.
        """
        self.tell(i18n("Waiting for the backend"), UNKNOWN)
        if self._client is not None:
            self._connection.doubt(self._client)
        self._client = None

        def follow(client: Client) -> None:
            self._client = client
            if self._cancelled:
                client.cancel(self._id, _ignore, _ignore)
                self._stopped()
            else:
                client.follow(self._id, self._hear, self._stream_ended)

        self._connection.when_ready(follow, self._end)

    def _arrived(self, delivered: Delivered) -> None:
        self._note_over()
        self.inserted.emit(delivered)

    def _not_inserted(self, error: Exception) -> None:
        self._note_over()
        self.ended.emit(str(error), Cause.OTHER)

    def _stopped(self) -> bool:
        if self._cancelled:
            self._end(i18n("Cancelled."), None)
        return self._cancelled

    def _cancel_refused(self, problem: Problem) -> None:
        # A backend that has gone may have kept the job: the stream of events ends as well.
        if not _is_gone(problem):
            self._refused(problem)

    def _refused(self, problem: Problem) -> None:
        self._end(problem.message)

    def _end(self, message: str, cause: Optional[Cause] = Cause.OTHER) -> None:
        if not self._over:
            self._note_over()
            self.ended.emit(message, cause)

    def _note_over(self) -> None:
        self._over = True
        # It may be large.
        self._before = None


def _is_gone(problem: Problem) -> bool:
    # When a backend is killed, either may be noticed first.
    return problem.unreachable or problem.broken


def _ignore(_answer: object) -> None:
    """Do nothing: the stream of events reports the same."""
