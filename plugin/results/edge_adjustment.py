"""The result that is looked at: as it came, or with its edges adjusted by the backend."""

from dataclasses import replace
from typing import Optional

from layerpeel.plugin.backend.client import Client
from layerpeel.plugin.backend.connection import Connection
from layerpeel.plugin.backend.http_calls import Problem
from layerpeel.plugin.canvas.finding import active_document
from layerpeel.plugin.canvas.placement import Adjusted, Edge
from layerpeel.plugin.qt import QObject, pyqtSignal
from layerpeel.plugin.results.listed_result import ListedResult, listed
from layerpeel.plugin.results.look import fetch_look
from layerpeel.plugin.results.shown_result import ShownResult
from layerpeel.plugin.texts import i18n
from layerpeel.shared.jobs import (
    AdjustJob,
    Cancelled,
    Failed,
    Finished,
    JobSummary,
    Progress,
    Queued,
)
from layerpeel.shared.wire import to_text


class EdgeAdjustment(QObject):
    """Has one adjustment made after the other, each of the result as it came.

    Only the last is wanted: what comes of an earlier one is stopped, or forgotten by the backend.

    shown: emitted with the `ListedResult` and the `ShownResult` that are looked at from now on.
    failed: emitted with a line for the artist; what was looked at stays.
    dropped: emitted with the id of a job once the backend has forgotten it.
    busy: emitted with a line that says what is waited for; empty when nothing is.
    """

    shown = pyqtSignal(object, object)
    failed = pyqtSignal(str)
    dropped = pyqtSignal(str)
    busy = pyqtSignal(str)

    def __init__(self, connection: Connection, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._connection = connection
        self._client: Optional[Client] = None
        self._as_it_came: Optional[ListedResult] = None
        self._looked_at: Optional[ListedResult] = None
        # What was made here: the job that runs, and the result that is looked at.
        self._running = ""
        self._made = ""
        self._wanted: object = None

    def begin(
        self, client: Client, looked_at: ListedResult, as_it_came: Optional[ListedResult]
    ) -> None:
        """Adjust another result from now on; not at all where it is gone as it came."""
        self.end()
        self._client, self._looked_at, self._as_it_came = client, looked_at, as_it_came

    def end(self) -> None:
        """Stop what is being made. What is looked at stays a result like any other."""
        self._stop()
        self._client = self._looked_at = self._as_it_came = None
        self._made = ""

    @property
    def edge(self) -> Edge:
        """How the edges of what is looked at differ from those of the result as it came."""
        looked_at = self._looked_at
        if looked_at is None or looked_at is self._as_it_came or looked_at.placement is None:
            return Edge()
        adjusted = looked_at.placement.adjusted
        return Edge() if adjusted is None else adjusted.edge

    def adjust(self, edge: Edge) -> None:
        """Look at the result with its edges adjusted like this."""
        of = self._as_it_came
        if of is None or of.placement is None:
            return
        self._stop()
        if edge == self.edge:
            self.busy.emit("")
            return
        self._wanted = wanted = object()
        self.busy.emit(i18n("Adjusting …"))

        def begin(client: Client) -> None:
            if self._wanted is not wanted:
                return
            # It may be another than the one that it was fetched from: that one may have crashed.
            self._client = client
            if edge == Edge():
                self._fetch(client, of, wanted, is_made_here=False)
            else:
                self._have_made(client, of, edge, wanted)

        self._connection.when_ready(begin, lambda line: self._fail(Problem(line), wanted))

    def _have_made(self, client: Client, of: ListedResult, edge: Edge, wanted: object) -> None:
        if of.placement is None:
            return
        placement = replace(of.placement, adjusted=Adjusted(of.job.id, edge))
        asked = AdjustJob(
            of.job.name, float(edge.shift), float(edge.soften), edge.clean, to_text(placement)
        )

        def accepted(job: JobSummary) -> None:
            if self._wanted is not wanted:
                self._drop(client, job.id)
                return
            self._running = job.id
            if (document := active_document()) is not None:
                self._connection.note_own_job(job.id, document)
            client.follow(
                job.id,
                lambda event: self._hear(event, client, job, wanted),
                lambda problem: self._stream_ended(problem, job, wanted),
            )

        client.adjust(of.job.id, asked, accepted, lambda problem: self._fail(problem, wanted))

    def _hear(self, event: object, client: Client, job: JobSummary, wanted: object) -> None:
        if self._wanted is not wanted:
            return
        if isinstance(event, (Queued, Progress)):
            waits = isinstance(event, Queued) and event.position > 0
            self.busy.emit(i18n("Waits for another picture …") if waits else i18n("Adjusting …"))
        elif isinstance(event, Finished):
            self._running = ""
            self._fetch(client, listed(job), wanted, is_made_here=True)
        elif isinstance(event, (Failed, Cancelled)):
            self._running = ""
            message = event.message if isinstance(event, Failed) else i18n("Cancelled.")
            self._fail(Problem(message), wanted)

    def _stream_ended(self, problem: Optional[Problem], job: JobSummary, wanted: object) -> None:
        if self._running == job.id:
            self._running = ""
            self._fail(problem or Problem(i18n("The backend stopped. Try again.")), wanted)

    def _fetch(self, client: Client, of: ListedResult, wanted: object, is_made_here: bool) -> None:
        if of.placement is None:
            return

        def drop() -> None:
            if is_made_here:
                self._drop(client, of.job.id)

        def show(result: ShownResult) -> None:
            if self._wanted is not wanted:
                drop()
                return
            self._wanted = None
            before, self._looked_at = self._made, of
            self._made = of.job.id if is_made_here else ""
            if before:
                self._drop(client, before)
            self.busy.emit("")
            self.shown.emit(of, result)

        def failed(problem: Problem) -> None:
            drop()
            self._fail(problem, wanted)

        fetch_look(client, of.job.id, of.placement, active_document(), show, failed)

    def _fail(self, problem: Problem, wanted: object) -> None:
        if self._wanted is wanted:
            self._wanted = None
            if problem.unreachable and self._client is not None:
                self._connection.doubt(self._client)
            self.busy.emit("")
            self.failed.emit(problem.message)

    def _stop(self) -> None:
        running, self._running = self._running, ""
        if running and self._client is not None:
            self._drop(self._client, running)
        if self._wanted is not None:
            self._wanted = None
            self.busy.emit("")

    def _drop(self, client: Client, job: str) -> None:
        """Stop a job that nobody wants any more, and have its result forgotten."""

        def forget(_answer: object) -> None:
            client.forget(job, lambda _rest: self.dropped.emit(job), _ignore)

        client.cancel(job, forget, _ignore)


def _ignore(_answer: object) -> None:
    """Do nothing: what is left of it is one more result in the list."""
