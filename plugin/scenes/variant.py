"""One variant of a result: a job with its own seed."""

from typing import Optional, Tuple

from layerpeel.plugin.backend.http_calls import Problem
from layerpeel.plugin.backend.job import UNKNOWN, Job
from layerpeel.plugin.backend.result_delivery import Delivered, said_when_done
from layerpeel.plugin.canvas.finding import is_open
from layerpeel.plugin.qt import QObject, pyqtSignal
from layerpeel.plugin.texts import i18n
from layerpeel.shared.jobs import Cause
from layerpeel.shared.thumbnails import Thumbnails


class Variant(QObject):
    """Follows its job and keeps its state for display.

    changed: emitted when anything below has changed.
    settled: it is no longer working, with one line for the artist about how it went, and the
        `Cause` if it failed, else None.

    stage, done: its progress. images: PNGs of one size, the lowest first, that make up what is to
        be seen of it; empty before the first preview.
    is_working: whether the backend is still busy with it, or its layers are being inserted.
    is_ready: whether its result can be inserted. is_in: whether it has been inserted.
    """

    changed = pyqtSignal()
    settled = pyqtSignal(str, object)

    def __init__(
        self, job: Job, seed: int, inserts_itself: bool, parent: Optional[QObject] = None
    ) -> None:
        super().__init__(parent)
        self.seed = seed
        self.stage = i18n("Waiting")
        self.done = UNKNOWN
        self.images: Tuple[bytes, ...] = ()
        self.is_working = True
        self.is_ready = False
        self.is_in = False
        self._job = job
        self._inserts_itself = inserts_itself
        job.progressed.connect(self._progressed)
        job.previewed.connect(self._previewed)
        job.finished.connect(self._finished)
        job.inserted.connect(self._inserted)
        job.ended.connect(self._settle)

    def has_document(self) -> bool:
        """Whether its document is still open."""
        return is_open(self._job.document)

    def insert(self) -> None:
        """Insert the result into the picture, also a second time."""
        if self.is_ready and not self.is_working:
            self.is_working = True
            self._job.insert()
            self.changed.emit()

    def can_be_cancelled(self) -> bool:
        """Whether it is working, other than on inserting a variant that was clicked."""
        return self.is_working and (not self.is_ready or self._inserts_itself)

    def cancel(self) -> None:
        """Stop it if possible; a finished result stays available."""
        if self.can_be_cancelled():
            self._job.cancel()

    def _progressed(self, stage: str, done: float) -> None:
        self.stage, self.done = stage, done
        self.changed.emit()

    def _previewed(self, png: bytes) -> None:
        self.images = (png,)
        self.changed.emit()

    def _finished(self) -> None:
        self.is_ready = True
        if not self.images and self._job.client is not None:
            # It had ended before its progress could be followed: a quick one, or a busy machine.
            self._job.client.thumbnails(self._job.id, self._show_result, _ignore)
        if self._inserts_itself:
            self._job.insert()
        else:
            self._settle("")

    def _show_result(self, thumbnails: Thumbnails) -> None:
        self.images = tuple(layer.png for layer in thumbnails.layers)
        self.changed.emit()

    def _inserted(self, delivered: Delivered) -> None:
        stack = delivered.stack
        self.is_in = True
        self._settle(" ".join([said_when_done(stack), *stack.notes]))

    def _settle(self, line: str, cause: Optional[Cause] = None) -> None:
        self.is_working = False
        self.changed.emit()
        self.settled.emit(line, cause)


def _ignore(_problem: Problem) -> None:
    """Without an image it can be told by its seed."""
