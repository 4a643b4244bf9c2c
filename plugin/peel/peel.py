"""One peel, or another background, from the click to the layers."""

from dataclasses import dataclass
from typing import Optional, Tuple

from krita import Document

from layerpeel.plugin.backend.connection import Connection
from layerpeel.plugin.backend.job import UNKNOWN, Job
from layerpeel.plugin.backend.result_delivery import Delivered, account_of
from layerpeel.plugin.canvas import CanvasError
from layerpeel.plugin.canvas.finding import is_active, name_of
from layerpeel.plugin.canvas.placement import ResultForm
from layerpeel.plugin.canvas.source_reading import while_open
from layerpeel.plugin.peel.peel_choice import Choice
from layerpeel.plugin.peel.peel_message import Submission, message_for
from layerpeel.plugin.peel.refill_message import refill_message
from layerpeel.plugin.qt import QObject, QTimer, pyqtSignal
from layerpeel.plugin.stage_wishes import is_automatic
from layerpeel.plugin.stored_settings import read_settings
from layerpeel.plugin.texts import i18n
from layerpeel.plugin.turns import Turns, run_in_turns
from layerpeel.shared.jobs import Cause

# Redrawing the docker takes longer than reading most canvases: only show slow reads.
PATIENCE = 200  # milliseconds


@dataclass(frozen=True)
class Ending:
    """How a peel ended. line: for the artist.

    has_come: whether its layers are in the document. layers: their unique ids there, bottom first.
    cause: why it failed; None where it did not.
    """

    line: str
    has_come: bool = False
    layers: Tuple[str, ...] = ()
    cause: Optional[Cause] = None


class Peel(QObject):
    """One peel, or another background for the last.

    progressed: emitted when `stage`, `done` or `preview` has changed.
    look_wanted: the id of the job, whose result is to be looked at before it becomes layers.
    ended: its `Ending`.

    name: of the document, when it began. leaves_something: whether what it leaves can be peeled.
    stage: in words; empty at first. done: share, 0–1, or UNKNOWN. preview: a PNG, or nothing.
    """

    progressed = pyqtSignal()
    look_wanted = pyqtSignal(str)
    ended = pyqtSignal(object)

    def __init__(
        self,
        connection: Connection,
        document: Document,
        engine: str,
        leaves_something: bool,
        parent: Optional[QObject] = None,
    ) -> None:
        super().__init__(parent)
        self.document = document
        self.name = name_of(document)
        self.leaves_something = leaves_something
        self.stage = ""
        self.done = UNKNOWN
        self.preview = b""
        self._engine = engine
        self._is_refill = False
        self._is_selection = False
        self._inserts_at_once = read_settings().inserts_at_once
        self._job = Job(connection, document, engine, self)
        self._job.progressed.connect(self._progressed)
        self._job.previewed.connect(self._previewed)
        self._job.finished.connect(self._finished)
        self._job.inserted.connect(self._arrived)
        self._job.ended.connect(self._failed)

    def start(self, choice: Choice) -> None:
        """Read the canvas and submit the job."""
        self._start(message_for(self.document, choice, self._engine))

    def start_refill(self) -> None:
        """Likewise, for another background of the last result."""
        self._is_refill = True
        self._start(refill_message(self.document))

    def cancel(self) -> None:
        """Stop as soon as possible; nothing in the document changes."""
        self._job.cancel()

    def _start(self, message: "Turns[Submission]") -> None:
        QTimer.singleShot(PATIENCE, self._tell_reading)
        turns = while_open(self.document, message)
        run_in_turns(turns, self._send, self._job.fail, (CanvasError,))

    def _tell_reading(self) -> None:
        if not self._job.is_read and not self._job.is_over:
            self._job.tell(i18n("Reading the canvas"), UNKNOWN)

    def _send(self, submission: Submission) -> None:
        self._is_selection = submission.placement.form is ResultForm.SELECTION
        self._job.hand_in(submission.message, submission.placement, submission.before)

    def _finished(self) -> None:
        if self._inserts_at_once or self._is_selection:
            self._job.insert()
            return
        if not is_active(self.document):
            # Another document is seen, from which nobody is taken away.
            self.ended.emit(Ending(i18n("Done: the result waits under Results.")))
            return
        self.ended.emit(Ending(i18n("Done: look at the result, then insert it.")))
        self.look_wanted.emit(self._job.id)

    def _progressed(self, stage: str, done: float) -> None:
        self.stage, self.done = stage, done
        self.progressed.emit()

    def _previewed(self, png: bytes) -> None:
        self.preview = png
        self.progressed.emit()

    @property
    def job(self) -> Job:
        """The backend's part of it."""
        return self._job

    def _failed(self, line: str, cause: Optional[Cause]) -> None:
        if self._is_refill and cause is Cause.NOTHING_FOUND:
            # It was not looked for: pointing at something would not help.
            cause = Cause.OTHER
        self.ended.emit(Ending(line, cause=cause))

    def _arrived(self, delivered: Delivered) -> None:
        if self._is_refill:
            line = i18n("Done: another background. Press again for the next.")
        else:
            line = account_of(delivered, is_automatic(self._engine))
        self.ended.emit(Ending(line, has_come=True, layers=delivered.layers))
