"""Keeps results in a document, where the artist wants that, and takes in those that one brings."""

from typing import Dict, List, Optional, Sequence, Set, Tuple

from krita import Document, Krita

from layerpeel.plugin.backend.client import Client
from layerpeel.plugin.backend.connection import Connection
from layerpeel.plugin.backend.http_calls import Problem
from layerpeel.plugin.canvas import CanvasError
from layerpeel.plugin.canvas.enclosed_results import (
    MOST_BYTES,
    enclose,
    enclosed_in,
    enclosed_result,
    is_of_job,
    keeps_results,
    take_out,
)
from layerpeel.plugin.canvas.finding import is_open, name_of
from layerpeel.plugin.qt import QByteArray, QObject, pyqtSignal
from layerpeel.plugin.results.listed_result import ListedResult
from layerpeel.plugin.texts import i18n
from layerpeel.shared.jobs import JobSummary

MOST_BROUGHT = 200
"""Results that one document may bring: it may be a stranger's."""


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
        self._discarded: Set[str] = set()
        # Documents whose switch was just turned on, and what they were to have by that.
        self._switched_on: List[Document] = []
        self._chosen: List[Tuple[Document, str]] = []
        self._to_bring: List[Tuple[Document, str]] = []
        self._to_enclose: List[Tuple[Document, ListedResult]] = []
        self._is_busy = False
        self._being_enclosed = ""
        self._come: List[str] = []
        self._complaints: List[str] = []

    def keep(self, document: Document) -> None:
        """Let a document carry what is its own when results are listed next, also by its name.

        Only for who has turned its switch on here: a stranger's document may have any name.
        """
        self._refused.clear()
        self._brought.clear()
        self._switched_on.append(document)

    def follow(self, client: Client, results: Sequence[ListedResult]) -> None:
        """Take in what open documents carry, and let them carry what is theirs.

        results: all that the backend has.
        """
        if client is not self._connection.client:
            return  # It has not answered: the next one is asked.
        if client is not self._client:
            self._client = client
            self._brought.clear()
        known = {each.job.id for each in results}
        opened = Krita.instance().documents()
        self._choose(opened, results)
        self._to_bring, self._to_enclose = [], []
        for document in opened:
            carried = enclosed_in(document)
            self._to_bring += [(document, job) for job in self._new_in(document, carried, known)]
            if keeps_results(document):
                self._to_enclose += [
                    (document, each)
                    for each in self._own_of(document, results, opened)
                    if each.job.id not in carried
                    and each.job.id not in (self._being_enclosed, *self._refused, *self._discarded)
                ]
        self._go_on()

    def take_out(self, job: str) -> None:
        """Let no open document carry a result that was discarded; there may be room for others."""
        self._discarded.add(job)
        # A document that is opened later may still have it.
        self._brought.discard(job)
        self._refused.clear()
        did = [take_out(document, job) for document in Krita.instance().documents()]
        if any(did):
            self.changed.emit()

    def _choose(self, opened: Sequence[Document], results: Sequence[ListedResult]) -> None:
        """Note what is of the name of documents whose switch was just turned on."""
        switched_on, self._switched_on = self._switched_on, []
        for document in opened:
            if document.fileName() and any(document == each for each in switched_on):
                name = name_of(document)
                named = [each.job.id for each in results if each.document == name]
                self._chosen += [(document, job) for job in named]

    def _own_of(
        self, document: Document, results: Sequence[ListedResult], opened: Sequence[Document]
    ) -> List[ListedResult]:
        """Return what was made of a document here, or what it was to have by its name."""
        chosen = {job for each, job in self._chosen if each == document}
        own = []
        for result in results:
            made_of = self._connection.document_of(result.job.id)
            # One that was closed since may be this one, opened again.
            if made_of is not None and any(made_of == each for each in opened):
                is_own = bool(made_of == document)
            else:
                is_own = result.job.id in chosen
            if is_own:
                own.append(result)
        return own

    def _new_in(self, document: Document, carried: Dict[str, int], known: Set[str]) -> List[str]:
        """Return what a document brings that the backend has not been asked to take in."""
        jobs = list(carried)
        new = [job for job in jobs if job not in known and job not in self._brought]
        bad = [job for job in new if not is_of_job(job) or carried[job] > MOST_BYTES]
        if bad:
            self._brought.update(bad)
            self._complain_of(document, i18n("It is damaged, or was never a result."))
        too_many = set(jobs[MOST_BROUGHT:]).intersection(new)
        if too_many:
            self._brought.update(too_many)
            line = i18n("{document} brings more than {most} results: the rest is not listed.")
            self._complain(line.format(document=name_of(document), most=MOST_BROUGHT))
        return [job for job in new if job not in self._brought]

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

    def _complain_of(self, document: Document, reason: str) -> None:
        name = name_of(document) if is_open(document) else ""
        line = i18n("A result in {document} cannot be listed. {reason}")
        self._complain(line.format(document=name, reason=reason))

    def _next(self) -> None:
        self._is_busy, self._being_enclosed = False, ""
        self._go_on()

    def _bring(self, client: Client, document: Document, job: str) -> None:
        carried = enclosed_in(document) if is_open(document) else {}
        if job not in carried:
            # Closed meanwhile, or they were taken out: all of them at once, there may be many.
            self._to_bring = [
                (other, each)
                for other, each in self._to_bring
                if each in carried or other != document
            ]
            self._next()
            return
        self._brought.add(job)

        def taken(summary: JobSummary) -> None:
            self._discarded.discard(summary.id)
            self._come.append(summary.id)
            self._next()

        def refused(problem: Problem) -> None:
            if problem.unreachable or problem.broken:
                # The next backend is asked again.
                self._brought.discard(job)
                self._give_up(client)
            self._complain_of(document, problem.message)
            self._next()

        client.take_in(job, enclosed_result(document, job), taken, refused)

    def _give_up(self, client: Client) -> None:
        self._to_bring.clear()
        self._to_enclose.clear()
        self._connection.doubt(client)

    def _enclose(self, client: Client, document: Document, result: ListedResult) -> None:
        job = self._being_enclosed = result.job.id

        def fetched(packed: QByteArray) -> None:
            # It may have been closed or discarded meanwhile, or the artist thought better of it.
            if job not in self._discarded and is_open(document) and keeps_results(document):
                try:
                    enclose(document, job, result.title, packed)
                except CanvasError as error:
                    self._refuse(document, job, str(error))
                else:
                    self.changed.emit()
            self._next()

        def lost(problem: Problem) -> None:
            if problem.unreachable or problem.broken:
                self._give_up(client)
            if not problem.unknown:
                self._to_enclose.clear()
                self._complain(problem.message)
            self._next()

        client.enclosed(job, fetched, lost)

    def _refuse(self, document: Document, job: str, line: str) -> None:
        """Let what else was to go into a full document stay out too, rather than fetch it all."""
        rest = {each.job.id for other, each in self._to_enclose if other == document}
        self._to_enclose = [pair for pair in self._to_enclose if pair[0] != document]
        self._refused.update(rest, [job])
        if rest:
            more = i18n("1 more is not kept either.")
            if len(rest) > 1:
                more = i18n("{count} more are not kept either.").format(count=len(rest))
            line = f"{line} {more}"
        self._complain(line)
