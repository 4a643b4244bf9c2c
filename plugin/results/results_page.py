"""The docker's page of results: a list, one that is looked at, and what comes into the document."""

from dataclasses import dataclass
from functools import partial
from typing import Dict, Optional, Tuple

from krita import Document

from layerpeel.plugin.backend.client import Client
from layerpeel.plugin.backend.connection import Connection
from layerpeel.plugin.backend.http_calls import Problem
from layerpeel.plugin.backend.result_delivery import Delivered, deliver, said_when_done
from layerpeel.plugin.canvas import CanvasError
from layerpeel.plugin.canvas.finding import active_document, is_open
from layerpeel.plugin.canvas.meanwhile import before_job
from layerpeel.plugin.canvas.placement import Edge
from layerpeel.plugin.canvas.result_insertion import placed_anew
from layerpeel.plugin.qt import QVBoxLayout, QWidget, pyqtSignal
from layerpeel.plugin.results.edge_adjustment import EdgeAdjustment
from layerpeel.plugin.results.enclosing import Enclosing
from layerpeel.plugin.results.listed_result import ListedResult
from layerpeel.plugin.results.look import fetch_look
from layerpeel.plugin.results.look_panel import LookPanel
from layerpeel.plugin.results.results_list import ResultsList
from layerpeel.plugin.results.shown_result import ShownResult
from layerpeel.plugin.texts import i18n
from layerpeel.plugin.widgets.notice import Notice
from layerpeel.shared.protocol import Role


@dataclass(frozen=True)
class Inserted:
    """A result that has been put into a document.

    is_of_peel: whether it was looked at after a peel, rather than chosen in the list.
    """

    client: Client
    of: ListedResult
    document: Document
    delivered: Delivered
    is_of_peel: bool


class ResultsPage(QWidget):
    """The results that the backend keeps, also those of closed documents and of an earlier Krita.

    came: emitted with an `Inserted` when a result has been put into a document.
    left: emitted when a result that was looked at after a peel is not to be inserted.
    said: emitted when another line is shown to the artist.
    """

    came = pyqtSignal(object)
    left = pyqtSignal()
    said = pyqtSignal()

    def __init__(self, connection: Connection, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._connection = connection
        self._list = ResultsList(connection)
        self._look = LookPanel()
        self._look.hide()
        self._edges = EdgeAdjustment(connection, self)
        self._enclosing = Enclosing(connection, self)
        self._message = Notice("layerpeel_results_message")
        # The result that is looked at; the job whose result is to be, once it is listed; and the
        # document that was peeled for it.
        self._looked_at: Optional[ListedResult] = None
        self._look_for = ""
        self._target: Optional[Document] = None
        # What is being inserted, by job and part: a token of the insertion that is still wanted.
        self._under_way: Dict[Tuple[str, Optional[Role]], object] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._list, 1)
        layout.addWidget(self._look, 1)
        layout.addWidget(self._message)
        self._list.told.connect(self.say)
        self._list.failed.connect(self._complain)
        self._list.answered.connect(self._look_at_finished)
        self._list.listed.connect(self._bring_in_step)
        self._list.removed.connect(self._enclosing.take_out)
        self._list.keeping_wanted.connect(self._keep_in_document)
        self._enclosing.came.connect(self._list.take_back)
        self._enclosing.changed.connect(self.show_document)
        self._enclosing.failed.connect(self._complain)
        self._list.insert_wanted.connect(self._insert_chosen)
        self._list.look_wanted.connect(self._look_at_chosen)
        self._look.edge_wanted.connect(self._adjust)
        self._edges.shown.connect(self._show_adjusted)
        self._edges.failed.connect(self._not_adjusted)
        self._edges.dropped.connect(self._list.remove)
        self._edges.busy.connect(self._look.show_adjusting)
        self._look.insert_wanted.connect(self._insert_looked_at)
        self._look.left.connect(self._leave)
        self.say("")

    def ask(self) -> None:
        """Ask the backend for its results, and show them; this may start it."""
        self._list.ask()

    def look_at(self, job: str, document: Document) -> None:
        """Show the result of a job that has just finished, to go into this document."""
        self._edges.end()
        self._looked_at, self._look_for, self._target = None, job, document
        self._look.show_nothing()
        self._list.hide()
        self._look.show()
        self.ask()

    def show_document(self) -> None:
        """Show the results of the active document first."""
        self._list.show_document()
        if self.isVisible():
            self._bring_in_step()

    def say(self, line: str) -> None:
        """Show a line to the artist."""
        self._message.say(line)
        self.said.emit()

    def _complain(self, line: str) -> None:
        self._message.complain(line)
        self.said.emit()

    def line(self) -> str:
        """Return the line that is shown."""
        return self._message.text()

    def draw_icons(self) -> None:
        """Draw the icons in the colours of the theme."""
        self._look.draw_icons()

    def _keep_in_document(self) -> None:
        document = active_document()
        if document is not None:
            self._enclosing.keep(document)
            self._list.ask()

    def _bring_in_step(self) -> None:
        """Let documents carry their results along, and list those that they bring."""
        if self._list.client is not None:
            self._enclosing.follow(self._list.client, self._list.results())

    # Looked at -------------------------------------------------------------------------------

    def _look_at_finished(self) -> None:
        job, self._look_for = self._look_for, ""
        if not job:
            return
        finished = self._list.choose(job)
        if finished is None:
            self._show_list()
        else:
            self._look_at(finished)

    def _look_at_chosen(self) -> None:
        chosen = self._list.chosen()
        if chosen is not None:
            self._target = None
            self._look_at(chosen)

    def _look_at(self, of: ListedResult) -> None:
        placement = of.placement
        if placement is None:
            self._show_list()
            self._complain(_not_from_krita())
            return
        self._edges.end()
        self._looked_at = of
        self._look.show_title(of)
        self._look.show_nothing()
        self._list.hide()
        self._look.show()
        self.say(i18n("Fetching the layers") + " …")

        def show(client: Client, result: ShownResult) -> None:
            if self._looked_at is of:
                self.say("")
                as_it_came = self._list.before_adjusting(of)
                self._edges.begin(client, of, as_it_came)
                fixed_because = "" if as_it_came else _nothing_to_adjust()
                self._look.show_result(result, self._edges.edge, fixed_because)

        def failed(line: str) -> None:
            if self._looked_at is of:
                self._show_list()
                self._complain(line)

        def fetch(client: Client) -> None:
            def lost(problem: Problem) -> None:
                if problem.unreachable:
                    self._connection.doubt(client)
                failed(problem.message)

            shown = partial(show, client)
            fetch_look(client, of.job.id, placement, active_document(), shown, lost)

        self._connection.when_ready(fetch, failed)

    def _adjust(self, edge: Edge) -> None:
        self.say("")
        self._edges.adjust(edge)

    def _show_adjusted(self, of: ListedResult, result: ShownResult) -> None:
        self._looked_at = of
        self._look.show_title(of)
        self._look.show_adjusted(result)

    def _not_adjusted(self, line: str) -> None:
        self._look.take_back(self._edges.edge)
        self._complain(line)

    def _leave(self) -> None:
        came_from_peel = self._target is not None
        if self._looked_at is not None:
            self._under_way.pop((self._looked_at.job.id, None), None)
        self._show_list()
        self._list.ask()
        self.say(i18n("The result waits in this list."))
        if came_from_peel:
            self.left.emit()

    def _show_list(self) -> None:
        self._edges.end()
        self._looked_at = self._target = None
        self._look_for = ""
        self._look.hide()
        # Its images may be large.
        self._look.show_nothing()
        self._list.show()

    # Inserted --------------------------------------------------------------------------------

    def _insert_chosen(self, part: Optional[Role]) -> None:
        chosen = self._list.chosen()
        if chosen is not None:
            self._insert(chosen, active_document(), part)

    def _insert_looked_at(self) -> None:
        if self._looked_at is not None:
            self._insert(self._looked_at, self._target or active_document(), None)

    def _insert(self, of: ListedResult, document: Optional[Document], part: Optional[Role]) -> None:
        placement = of.placement
        if document is None:
            self._complain(i18n("Open a picture of {}×{} pixels first.").format(*of.job.size))
            return
        if placement is None:
            self._complain(_not_from_krita())
            return
        what, token = (of.job.id, part), object()
        if what in self._under_way:
            return  # Pressed twice.
        self._under_way[what] = token
        self.say(i18n("Fetching the layers") + " …")
        self._look.show_inserting(True)

        def is_wanted() -> bool:
            return self._under_way.get(what) is token

        def tell(line: str) -> None:
            if is_wanted():
                self.say(line + " …")

        def inserted(client: Client, delivered: Delivered) -> None:
            if is_wanted():
                del self._under_way[what]
            self.say(said_when_done(delivered.stack))
            is_looked_at = self._looked_at is of
            is_of_peel = is_looked_at and self._target is not None
            if is_looked_at:
                self._show_list()
            self.came.emit(Inserted(client, of, document, delivered, is_of_peel))

        def failed(error: Exception) -> None:
            if not is_wanted():
                return  # Left meanwhile, which was said.
            del self._under_way[what]
            self._look.show_inserting(False)
            self._complain(str(error))

        here = placed_anew(document, placement) if is_open(document) else placement
        made_from = placement.adjusted.of if placement.adjusted else of.job.id
        before = before_job(made_from, document)

        def fetch(client: Client) -> None:
            come = partial(inserted, client)
            deliver(client, of.job.id, document, here, is_wanted, come, failed, part, tell, before)

        # The backend that listed it may have crashed since; the next one has it as well.
        self._connection.when_ready(fetch, lambda line: failed(CanvasError(line)))


def _nothing_to_adjust() -> str:
    return i18n(
        "The result that this was made of is no longer in the list: the edge stays as it is"
    )


def _not_from_krita() -> str:
    return i18n("That result was not made from Krita: it cannot be inserted here.")
