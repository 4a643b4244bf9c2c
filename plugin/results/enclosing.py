"""Keeps results in a document, where the artist wants that, and takes in those that one brings."""

from typing import List, Optional, Sequence, Set, Tuple

from krita import Document, Krita

from layerpeel.plugin.backend.client import Client
from layerpeel.plugin.backend.connection import Connection
from layerpeel.plugin.backend.http_calls import Problem
from layerpeel.plugin.canvas import CanvasError
from layerpeel.plugin.canvas.enclosed_results import (
    enclose,
    enclosed_in,
    enclosed_result,
    keeps_results,
    take_out,
)
from layerpeel.plugin.canvas.finding import is_open, name_of
from layerpeel.plugin.qt import QByteArray, QObject, pyqtSignal
from layerpeel.plugin.results.listed_result import ListedResult
from layerpeel.plugin.texts import i18n
from layerpeel.shared.jobs import JobSummary


class Enclosing(QObject):
    """Brings documents and backend in step, a result after the other.

    came: emitted with the ids of results that documents brought, and the backend has now.
    changed: emitted when a document carries another number of results.
    failed: emitted with a line for the artist, of what went wrong.
    """

    came = pyqtSignal(object)
    changed = pyqtSignal()
    failed = pyqtSignal(str)

    def __init__(self, connection: Connection, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._connection = connection
        self._client: Optional[Client] = None
        # Results that were brought, or that a document had no room for: once is enough.
        self._brought: Set[str] = set()
        self._refused: Set[str] = set()
        self._to_bring: List[Tuple[Document, str]] = []
        self._to_enclose: List[Tuple[Document, ListedResult]] = []
        self._is_busy = False
        self._being_enclosed = ""
        self._come: List[str] = []
        self._complaints: List[str] = []

    def follow(self, client: Client, results: Sequence[ListedResult]) -> None:
        """Take in what open documents carry, and let them carry what is theirs.

        results: all that the backend has.
        """
        if client is not self._client:
            self._client = client
            self._brought.clear()
        known = {each.job.id for each in results}
        self._to_bring, self._to_enclose = [], []
        for document in Krita.instance().documents():
            carried = enclosed_in(document)
            new = [job for job in carried if job not in known and job not in self._brought]
            self._to_bring += [(document, job) for job in new]
            if keeps_results(document):
                self._to_enclose += [
                    (document, each)
                    for each in results
                    if each.job.id not in carried
                    and each.job.id not in (self._being_enclosed, *self._refused)
                    and self.is_of(each, document)
                ]
        self._go_on()

    def is_of(self, result: ListedResult, document: Document) -> bool:
        """Whether a result is a document's own: made of it here, or of a file of its name."""
        made_of = self._connection.document_of(result.job.id)
        if made_of is not None:
            return bool(made_of == document)
        return bool(document.fileName()) and result.document == name_of(document)

    def try_again(self) -> None:
        """Ask again for what found no room."""
        self._refused.clear()

    def take_out(self, job: str) -> None:
        """Let no open document carry a result that was discarded; there may be room for others."""
        self._brought.clear()
        self._refused.clear()
        did = [take_out(document, job) for document in Krita.instance().documents()]
        if any(did):
            self.changed.emit()

    def _go_on(self) -> None:
        client = self._client
        if self._is_busy or client is None:
            return
        if self._to_bring:
            self._is_busy = True
            self._bring(client, *self._to_bring.pop(0))
        elif self._come:
            come, self._come = self._come, []
            self.came.emit(come)  # They are listed first: that ends whatever is said.
        elif self._complaints:
            lines, self._complaints = self._complaints, []
            self.failed.emit(" ".join(lines))
            self._go_on()
        elif self._to_enclose:
            self._is_busy = True
            self._enclose(client, *self._to_enclose.pop(0))

    def _complain(self, line: str) -> None:
        if line not in self._complaints:
            self._complaints.append(line)

    def _next(self) -> None:
        self._is_busy, self._being_enclosed = False, ""
        self._go_on()

    def _bring(self, client: Client, document: Document, job: str) -> None:
        self._brought.add(job)
        if not is_open(document):
            self._next()
            return

        def taken(summary: JobSummary) -> None:
            self._come.append(summary.id)
            self._next()

        def refused(problem: Problem) -> None:
            if problem.unreachable or problem.broken:
                # The next backend is asked again.
                self._brought.discard(job)
                self._to_bring.clear()
            name = name_of(document) if is_open(document) else ""
            line = i18n("A result in {document} cannot be listed. {reason}")
            self._complain(line.format(document=name, reason=problem.message))
            self._next()

        client.take_in(job, enclosed_result(document, job), taken, refused)

    def _enclose(self, client: Client, document: Document, result: ListedResult) -> None:
        job = self._being_enclosed = result.job.id

        def fetched(packed: QByteArray) -> None:
            # It may have been closed meanwhile, or the artist has thought better of it.
            if is_open(document) and keeps_results(document):
                try:
                    enclose(document, job, result.title, packed)
                except CanvasError as error:
                    self._refused.add(job)
                    self._complain(str(error))
                else:
                    self.changed.emit()
            self._next()

        def lost(problem: Problem) -> None:
            if not problem.unknown:
                self._to_enclose.clear()
                self._complain(problem.message)
            self._next()

        client.enclosed(job, fetched, lost)
