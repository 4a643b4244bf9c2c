"""One variant of what was asked for: a job with a seed of its own."""

from typing import Optional

from layerpeel.plugin.backend.job import UNKNOWN, Job
from layerpeel.plugin.backend.result_delivery import said_when_done
from layerpeel.plugin.canvas.finding import is_open
from layerpeel.plugin.qt import QObject, pyqtSignal
from layerpeel.plugin.texts import i18n
from layerpeel.shared.protocol import LayerStack


class Variant(QObject):
    """Follows its job, and knows what there is to be seen of it.

    changed: emitted when anything below has changed.
    settled: nothing works for it any more, for now; with one line for the artist about how it went.

    stage, done: how far it is. png: the newest picture of it; empty before the first.
    is_working: whether the backend still has to do with it, or its layers are on their way.
    is_ready: whether its result can be put into the picture. is_in: whether it has been.
    """

    changed = pyqtSignal()
    settled = pyqtSignal(str)

    def __init__(
        self, job: Job, seed: int, inserts_itself: bool, parent: Optional[QObject] = None
    ) -> None:
        super().__init__(parent)
        self.seed = seed
        self.stage = i18n("Waiting")
        self.done = UNKNOWN
        self.png = b""
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
        """Whether the document that it is for is still open."""
        return is_open(self._job.document)

    def insert(self) -> None:
        """Put the result into the picture, also if it is there already."""
        if self.is_ready and not self.is_working:
            self.is_working = True
            self._job.insert()
            self.changed.emit()

    def can_be_cancelled(self) -> bool:
        """Whether it works for something that has not been chosen from what is ready."""
        return self.is_working and (not self.is_ready or self._inserts_itself)

    def cancel(self) -> None:
        """Stop it, if it can be; what is ready stays so."""
        if self.can_be_cancelled():
            self._job.cancel()

    def _progressed(self, stage: str, done: float) -> None:
        self.stage, self.done = stage, done
        self.changed.emit()

    def _previewed(self, png: bytes) -> None:
        self.png = png
        self.changed.emit()

    def _finished(self) -> None:
        self.is_ready = True
        if self._inserts_itself:
            self._job.insert()
        else:
            self._settle("")

    def _inserted(self, stack: LayerStack) -> None:
        self.is_in = True
        self._settle(" ".join([said_when_done(stack), *stack.notes]))

    def _settle(self, line: str) -> None:
        self.is_working = False
        self.changed.emit()
        self.settled.emit(line)
