"""The docker's page of results: found, looked at, inserted again, discarded."""

from typing import Dict, List, Optional

from layerpeel.plugin.backend.client import Client
from layerpeel.plugin.backend.connection import Connection
from layerpeel.plugin.backend.http_calls import Problem
from layerpeel.plugin.backend.result_delivery import Delivered, deliver, said_when_done
from layerpeel.plugin.canvas.finding import active_document, name_of
from layerpeel.plugin.canvas.result_insertion import placed_anew
from layerpeel.plugin.qt import (
    QAbstractItemView,
    QByteArray,
    QFrame,
    QLineEdit,
    QListView,
    QVBoxLayout,
    QWidget,
    pyqtSignal,
)
from layerpeel.plugin.results.discard_question import DiscardQuestion
from layerpeel.plugin.results.listed_result import ListedResult, listed
from layerpeel.plugin.results.result_buttons import ResultButtons
from layerpeel.plugin.results.result_delegate import ResultDelegate
from layerpeel.plugin.results.results_model import ResultsModel
from layerpeel.plugin.results.thumbnail_cache import ThumbnailCache
from layerpeel.plugin.texts import i18n
from layerpeel.plugin.turns import TIMINGS, Turns, run_in_turns
from layerpeel.plugin.widgets.content_height import WrappedLabel
from layerpeel.shared.jobs import JobList, JobState
from layerpeel.shared.protocol import Role

LEAST_HEIGHT = 150  # logical pixels, of the list
_READ_AT_ONCE = 25


class ResultsPage(QWidget):
    """The results that the backend keeps, also those of closed documents and of an earlier Krita.

    changed: emitted when something has been put into a document.
    said: emitted when another line is shown to the artist.
    """

    changed = pyqtSignal()
    said = pyqtSignal()

    def __init__(self, connection: Connection, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._connection = connection
        self._client: Optional[Client] = None
        self._results: List[ListedResult] = []
        self._known: Dict[str, ListedResult] = {}
        self._document = ""
        # How often the backend was asked for its results, and which of these it has answered.
        self._asked = self._answered = 0
        self._cache = ThumbnailCache(self)
        self._model = ResultsModel(self)
        self._search = QLineEdit()
        self._search.setObjectName("layerpeel_search_results")
        self._search.setPlaceholderText(i18n("Search by name"))
        self._search.setClearButtonEnabled(True)
        self._list = QListView()
        self._buttons = ResultButtons()
        self._question = DiscardQuestion()
        self._message = WrappedLabel("layerpeel_results_message")
        self._arrange()
        self._search.textChanged.connect(lambda _text: self._show_results())
        self._cache.arrived.connect(self._redraw)
        self._buttons.insert_wanted.connect(self._insert)
        self._buttons.discard_wanted.connect(self._ask_to_discard)
        self._question.answered.connect(self._discard)
        self.say("")
        self._show_chosen()

    # Asked for by the docker -----------------------------------------------------------------

    def ask(self) -> None:
        """Ask the backend for its results, and show them; this may start it."""
        if not self._results:
            self.say(i18n("Asking the backend …"))
        TIMINGS.note_moment("results wanted")
        self._asked += 1
        number = self._asked
        self._connection.when_ready(lambda client: self._ask(client, number), self._not_asked)

    def show_document(self) -> None:
        """Show the results of the active document first."""
        document = active_document()
        self._document = "" if document is None else name_of(document)
        self._show_results()

    def say(self, line: str) -> None:
        """Show a line to the artist."""
        self._message.setText(line)
        self._message.setVisible(bool(line))
        self.said.emit()

    @property
    def is_asking(self) -> bool:
        """Whether the list is not what the backend would say now."""
        return self._answered != self._asked

    def line(self) -> str:
        """Return the line that is shown."""
        return self._message.text()

    # The list --------------------------------------------------------------------------------

    def _ask(self, client: Client, number: int) -> None:
        self._client = client
        self._cache.ask_from_now(client)
        client.jobs(lambda jobs: self._read(jobs, number), self._failed)

    def _read(self, jobs: JobList, number: int) -> None:
        def show(results: List[ListedResult]) -> None:
            if number != self._asked:
                return  # Asked for again meanwhile.
            self._answered = number
            self._results = results
            self._known = {each.job.id: each for each in results}
            self.say("" if results else i18n("There are no results yet."))
            self._show_results()
            # Thumbnails that did not come last time are asked for by what is drawn.
            self._redraw_all()
            TIMINGS.note_moment("results listed")

        run_in_turns(self._listed(jobs), show, lambda error: self.say(str(error)), ())

    def _listed(self, jobs: JobList) -> "Turns[List[ListedResult]]":
        finished = [job for job in jobs.jobs if job.state is JobState.FINISHED]
        results = []
        for number, job in enumerate(finished):
            results.append(self._known.get(job.id) or listed(job))
            if number % _READ_AT_ONCE == _READ_AT_ONCE - 1:
                yield "read some results"
        return results

    def _not_asked(self, line: str) -> None:
        self._answered = self._asked
        self.say(line)

    def _failed(self, problem: Problem) -> None:
        self._answered = self._asked
        if problem.unreachable and self._client is not None:
            self._connection.doubt(self._client)
        self.say(problem.message)

    def _show_results(self) -> None:
        chosen, words = self._chosen(), self._search.text()
        found = [each for each in self._results if each.matches(words)]
        self._model.show_results(found, self._document)
        if chosen is not None:
            self._list.setCurrentIndex(self._model.index_of(chosen.job.id))
        self._show_chosen()

    def _redraw_all(self) -> None:
        seen = self._list.viewport()
        if seen is not None:
            seen.update()

    def _redraw(self, job: str) -> None:
        self._list.update(self._model.index_of(job))

    def _chosen(self) -> Optional[ListedResult]:
        return self._model.result_at(self._list.currentIndex())

    def _show_chosen(self) -> None:
        self._question.hide()
        self._buttons.show()
        self._buttons.show_result(self._chosen())

    # What is done with a result --------------------------------------------------------------

    def _insert(self, part: Optional[Role]) -> None:
        chosen, client, document = self._chosen(), self._client, active_document()
        if chosen is None or client is None:
            return
        if document is None:
            size = i18n("Open a picture of {}×{} pixels first.").format(*chosen.job.size)
            self.say(size)
            return
        if chosen.placement is None:
            self.say(i18n("That result was not made from Krita: it cannot be inserted here."))
            return
        self.say(i18n("Fetching the layers") + " …")
        deliver(
            client,
            chosen.job.id,
            document,
            placed_anew(document, chosen.placement),
            lambda: True,
            self._inserted,
            lambda error: self.say(str(error)),
            part,
        )

    def _inserted(self, delivered: Delivered) -> None:
        self.say(said_when_done(delivered.stack))
        self.changed.emit()

    def _ask_to_discard(self) -> None:
        chosen = self._chosen()
        if chosen is not None:
            self._buttons.hide()
            self._question.ask(chosen.job.id, chosen.title)

    def _discard(self, job: str) -> None:
        client = self._client
        if not job or client is None:
            self._show_chosen()
            return

        def forget(_rest: QByteArray) -> None:
            self._cache.forget(job)
            self._results = [each for each in self._results if each.job.id != job]
            self.say(i18n("Discarded."))
            self._show_results()

        def fail(problem: Problem) -> None:
            if problem.unknown:
                # It was given up to make room, or discarded in another window.
                forget(QByteArray())
            else:
                self._failed(problem)

        self._show_chosen()
        client.forget(job, forget, fail)

    # Layout ----------------------------------------------------------------------------------

    def _arrange(self) -> None:
        view = self._list
        view.setObjectName("layerpeel_result_list")
        view.setModel(self._model)
        view.setItemDelegate(ResultDelegate(self._model, self._cache, self))
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setFrameShape(QFrame.Shape.NoFrame)
        view.setMinimumHeight(LEAST_HEIGHT)
        selection = view.selectionModel()
        if selection is not None:
            selection.currentChanged.connect(lambda _now, _before: self._show_chosen())
        view.doubleClicked.connect(lambda _index: self._insert(None))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._search)
        layout.addWidget(view, 1)
        for widget in (self._buttons, self._question, self._message):
            layout.addWidget(widget)
