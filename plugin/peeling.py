"""One peel, from the click to the layers."""

from typing import Callable, Optional, Tuple

from krita import Document

from layerpeel.plugin.asking import message_for
from layerpeel.plugin.canvas import CanvasError
from layerpeel.plugin.canvas.reading import while_open
from layerpeel.plugin.canvas.writing import check_fits, insert
from layerpeel.plugin.client import Client, Problem
from layerpeel.plugin.connection import Connection
from layerpeel.plugin.engines import AUTOMATIC, engine_title, find_engine, no_such_engine
from layerpeel.plugin.placement import Choice, Placement
from layerpeel.plugin.qt import QByteArray, QObject, QTimer, pyqtSignal
from layerpeel.plugin.texts import i18n
from layerpeel.plugin.turns import TIMINGS, Turns, run_in_turns
from layerpeel.shared.jobs import Cancelled, Failed, Finished, JobSummary, Preview, Progress, Queued
from layerpeel.shared.protocol import LayerStack, ProtocolError
from layerpeel.shared.wire import unpack

UNKNOWN = -1.0
"""Progress that cannot be told."""

# Drawing the docker anew costs more than reading most canvases: only a long reading is shown.
PATIENCE = 200  # milliseconds


class Peel(QObject):
    """One job.

    progressed: stage in words, and how much is done (0–1, or UNKNOWN).
    previewed: a PNG of what will be lifted off.
    ended: one line for the artist, and whether all went well.
    """

    progressed = pyqtSignal(str, float)
    previewed = pyqtSignal(bytes)
    ended = pyqtSignal(str, bool)

    def __init__(
        self, connection: Connection, document: Document, parent: Optional[QObject] = None
    ) -> None:
        super().__init__(parent)
        self._connection = connection
        self._document = document
        self._engine = AUTOMATIC
        self._placement: Optional[Placement] = None
        self._client: Optional[Client] = None
        self._job = ""
        self._cancelled = False
        self._finished = False  # the backend is; the layers may still be on their way
        self._over = False

    def start(self, choice: Choice, engine: str) -> None:
        """Read the canvas, and hand the job in for the engine of that name."""
        self._engine = engine
        QTimer.singleShot(PATIENCE, self._tell_reading)
        turns = while_open(self._document, message_for(self._document, choice, engine))
        run_in_turns(turns, self._send, self._fail, (CanvasError,))

    def cancel(self) -> None:
        """Stop as soon as possible; nothing in the document changes."""
        if self._over or self._cancelled:
            return
        self._cancelled = True
        if self._client is None:
            # Nothing has been handed in; a backend that is starting goes on for the next peel.
            self._end(i18n("Cancelled."))
            return
        self.progressed.emit(i18n("Cancelling"), UNKNOWN)
        if self._job and self._client is not None and not self._finished:
            self._client.cancel(self._job, _ignore, self._refused)

    def _tell_reading(self) -> None:
        if self._placement is None and not self._over:
            self._tell(i18n("Reading the canvas"), UNKNOWN)

    def _send(self, made: "Tuple[bytes, Placement]") -> None:
        message, self._placement = made
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
            client.submit(message, self._follow, self._refused)
            TIMINGS.note_moment("sent")

        self._connection.when_ready(submit, self._end)

    def _follow(self, job: JobSummary) -> None:
        self._job = job.id
        if self._client is None:
            return
        if self._cancelled:
            self._client.cancel(job.id, _ignore, self._refused)
        self._client.follow(job.id, self._hear, self._stream_ended)

    def _hear(self, event: object) -> None:
        if isinstance(event, Queued):
            self._tell_queued(event.position)
        elif isinstance(event, Progress):
            self._tell(i18n(event.stage), event.done)
        elif isinstance(event, Preview):
            self.previewed.emit(event.png)
        elif isinstance(event, Failed):
            self._end(event.message)
        elif isinstance(event, Cancelled):
            self._end(i18n("Cancelled."))
        elif isinstance(event, Finished):
            self._fetch()

    def _tell_queued(self, position: int) -> None:
        if position == 0:
            self._tell(i18n("Starting"), UNKNOWN)
        else:
            self._tell(i18n("Waiting for {count} others").format(count=position), UNKNOWN)

    def _tell(self, stage: str, done: float) -> None:
        if not self._cancelled:
            self.progressed.emit(stage, done)

    def _stream_ended(self, problem: Optional[Problem]) -> None:
        if self._finished or self._over:
            return
        # Of a backend that was killed, either may be what is seen first.
        if problem is not None and not (problem.unreachable or problem.broken):
            self._end(problem.message)
        else:
            self._end(i18n("The backend ended while it worked. Press Peel to start it again."))
        self._connection.look()

    def _fetch(self) -> None:
        TIMINGS.note_moment("answered")
        self._finished = True
        placement = self._placement
        if self._stopped() or self._client is None or placement is None:
            return
        self._tell(i18n("Fetching the layers"), UNKNOWN)
        deliver(
            self._client,
            self._job,
            self._document,
            placement,
            lambda: not self._cancelled,
            lambda stack: self._arrived(stack, placement),
            self._fail,
        )

    def _arrived(self, stack: LayerStack, placement: Placement) -> None:
        lines = [said_when_done(stack, self._engine == AUTOMATIC), *stack.notes]
        if stack.layers and not placement.place.covers_original:
            lines.append(i18n("Hide the layer that was peeled: it shows through its pieces."))
        self._end(" ".join(lines), True)

    def _stopped(self) -> bool:
        if self._cancelled:
            self._end(i18n("Cancelled."))
        return self._cancelled

    def _refused(self, problem: Problem) -> None:
        self._end(problem.message)

    def _fail(self, error: Exception) -> None:
        self._end(str(error))

    def _end(self, message: str, well: bool = False) -> None:
        if not self._over:
            self._over = True
            self.ended.emit(message, well)


def deliver(
    client: Client,
    job: str,
    document: Document,
    placement: Placement,
    wanted: Callable[[], bool],
    done: Callable[[LayerStack], None],
    failed: Callable[[Exception], None],
) -> None:
    """Fetch a job's result and put it into the document, if it is still `wanted` by then."""

    def fetched(message: QByteArray) -> None:
        turns = _unpack_and_insert(message, document, placement, wanted)
        run_in_turns(turns, done, failed, (CanvasError, ProtocolError))

    try:
        check_fits(document, placement)
    except CanvasError as error:
        failed(error)
        return
    client.result(job, fetched, lambda problem: failed(CanvasError(problem.message)))


def said_when_done(stack: LayerStack, names_engine: bool = False) -> str:
    """Say what a peel gave, and which engine gave it where that is of interest."""
    if stack.layers:
        what = i18n("{count} layers").format(count=len(stack.layers))
    else:
        what = i18n("selected")
    if not names_engine:
        return i18n("Done: {what}.").format(what=what)
    engine = engine_title(stack.made_with.engine)
    return i18n("Done by {engine}: {what}.").format(engine=engine, what=what)


def _unpack_and_insert(
    message: QByteArray, document: Document, placement: Placement, wanted: Callable[[], bool]
) -> "Turns[LayerStack]":
    data = bytes(message)
    yield "read the answer"
    stack = unpack(LayerStack, data)
    yield "unpack the layers"
    yield from insert(document, stack, placement, wanted)
    TIMINGS.note_moment("inserted")
    return stack


def _ignore(_answer: object) -> None:
    """Nothing to do: the stream of events says the same."""
