"""The list of results: asked for, searched, and what is discarded of it."""

from typing import Collection, Dict, List, Optional, Sequence, Set

from layerpeel.plugin.backend.client import Client
from layerpeel.plugin.backend.connection import Connection
from layerpeel.plugin.backend.http_calls import Problem
from layerpeel.plugin.canvas.enclosed_results import enclosed_in
from layerpeel.plugin.canvas.finding import active_document, name_of
from layerpeel.plugin.qt import (
    QAbstractItemView,
    QByteArray,
    QFrame,
    QLineEdit,
    QListView,
    QShowEvent,
    QVBoxLayout,
    QWidget,
    pyqtSignal,
)
from layerpeel.plugin.results.discard_question import DiscardQuestion
from layerpeel.plugin.results.enclosing_switch import EnclosingSwitch
from layerpeel.plugin.results.listed_result import ListedResult, listed
from layerpeel.plugin.results.result_buttons import ResultButtons
from layerpeel.plugin.results.result_delegate import ResultDelegate
from layerpeel.plugin.results.results_model import ResultsModel
from layerpeel.plugin.results.thumbnail_cache import ThumbnailCache
from layerpeel.plugin.texts import i18n
from layerpeel.plugin.turns import TIMINGS, Turns, run_in_turns
from layerpeel.shared.jobs import JobList, JobState

LEAST_HEIGHT = 150  # logical pixels, of the rows
_READ_AT_ONCE = 10


class ResultsList(QWidget):
    """The results that the backend keeps, and buttons for the one that is chosen.

    insert_wanted, look_wanted: those of `ResultButtons`.
    answered: emitted when the backend has said which results there are, or why it cannot.
    listed: emitted when it has said which there are.
    keeping_wanted: emitted when the open document is to carry its results along.
    removed: emitted with the id of a job whose result is gone for good.
    told: emitted with a line for the artist. failed: likewise, of what went wrong.

    client: of the backend that has the results; None before it was found.
    """

    insert_wanted = pyqtSignal(object)
    look_wanted = pyqtSignal()
    answered = pyqtSignal()
    listed = pyqtSignal()
    keeping_wanted = pyqtSignal()
    removed = pyqtSignal(str)
    told = pyqtSignal(str)
    failed = pyqtSignal(str)

    def __init__(self, connection: Connection, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setObjectName("layerpeel_results")
        self.client: Optional[Client] = None
        self._connection = connection
        self._results: List[ListedResult] = []
        self._known: Dict[str, ListedResult] = {}
        self._gone: Set[str] = set()
        self._document = ""
        self._carried: Collection[str] = ()
        # How often the backend was asked for its results, and which of these it has answered.
        self._times_asked = self._times_answered = 0
        self._was_opened = False
        self._cache = ThumbnailCache(self)
        self._model = ResultsModel(self)
        self._search = QLineEdit()
        self._search.setObjectName("layerpeel_search_results")
        self._search.setPlaceholderText(i18n("Search by name"))
        self._search.setClearButtonEnabled(True)
        self._view = QListView()
        self._buttons = ResultButtons()
        self._question = DiscardQuestion()
        self._switch = EnclosingSwitch(lambda job: job in self._known)
        self._arrange()
        self._search.textChanged.connect(lambda _text: self._show_results())
        self._cache.arrived.connect(self._redraw)
        self._buttons.insert_wanted.connect(self.insert_wanted)
        self._buttons.look_wanted.connect(self.look_wanted)
        self._buttons.discard_wanted.connect(self._ask_to_discard)
        self._question.answered.connect(self._discard)
        self._switch.wanted.connect(self.keeping_wanted)
        self._switch.told.connect(self.told)
        self._show_chosen()

    def ask(self) -> None:
        """Ask the backend for its results, and show them; this may start it."""
        TIMINGS.note_moment("results wanted")
        if not self._results:
            self.told.emit(i18n("Asking the backend …"))
        self._times_asked += 1
        number = self._times_asked
        self._connection.when_ready(lambda client: self._ask(client, number), self._not_told)

    @property
    def is_asking(self) -> bool:
        """Whether the list is not what the backend would say now."""
        return self._times_answered != self._times_asked

    def show_document(self) -> None:
        """Show the results of the active document first."""
        document = active_document()
        self._document = "" if document is None else name_of(document)
        self._carried = enclosed_in(document) if document is not None else ()
        self._switch.show_document()
        self._show_results()

    def chosen(self) -> Optional[ListedResult]:
        """Return the result that is chosen; None where none is."""
        return self._model.result_at(self._view.currentIndex())

    def choose(self, job: str) -> Optional[ListedResult]:
        """Choose the result of a job, and return it; None where it is not known."""
        self._view.setCurrentIndex(self._model.index_of(job))
        return self._known.get(job)

    def before_adjusting(self, of: ListedResult) -> Optional[ListedResult]:
        """Return the result that one was before its edges were adjusted; None if that is gone."""
        adjusted = of.placement.adjusted if of.placement else None
        return self._known.get(adjusted.of) if adjusted else of

    def showEvent(self, event: Optional[QShowEvent]) -> None:  # noqa: N802  (Qt calls it so)
        """Begin with what is new; later on nothing moves under the pointer."""
        if event is not None:
            super().showEvent(event)
        self._was_opened = True

    def results(self) -> Sequence[ListedResult]:
        """Return all that the backend has, newest first."""
        return self._results

    def take_back(self, jobs: Sequence[str]) -> None:
        """Ask again: the backend has these results now, also if they were discarded before."""
        self._gone.difference_update(jobs)
        self.ask()

    def remove(self, job: str) -> None:
        """Show a result no longer: the backend has forgotten it."""
        self._gone.add(job)
        self._cache.forget(job)
        self._know([each for each in self._results if each.job.id != job])
        self._show_results()
        self.removed.emit(job)

    # What the backend says -------------------------------------------------------------------

    def _ask(self, client: Client, number: int) -> None:
        self.client = client
        self._cache.ask_from_now(client)
        client.jobs(lambda jobs: self._read(jobs, number), self._failed)

    def _read(self, jobs: JobList, number: int) -> None:
        def show(results: List[ListedResult]) -> None:
            if number != self._times_asked:
                return  # Asked for again meanwhile.
            self._times_answered = number
            is_at_top = self._was_opened or self._is_at_top()
            # The answer may be older than the end of what is in it.
            results = [each for each in results if each.job.id not in self._gone]
            has_new = any(each.job.id not in self._known for each in results)
            self._know(results)
            self.told.emit("" if results else i18n("There are no results yet."))
            self._show_results()
            if has_new and is_at_top:
                self._view.scrollToTop()  # The chosen one, which stays in view, may be far below.
            self._was_opened = False
            # Thumbnails that did not come last time are asked for by what is drawn.
            self._redraw_all()
            TIMINGS.note_moment("results listed")
            self.answered.emit()
            self.listed.emit()

        run_in_turns(self._listed(jobs), show, lambda error: self._not_told(str(error)), ())

    def _listed(self, jobs: JobList) -> "Turns[List[ListedResult]]":
        finished = [job for job in jobs.jobs if job.state is JobState.FINISHED]
        results = []
        for number, job in enumerate(finished):
            results.append(self._known.get(job.id) or listed(job))
            if number % _READ_AT_ONCE == _READ_AT_ONCE - 1:
                yield "read some results"
        return results

    def _know(self, results: List[ListedResult]) -> None:
        self._results = results
        self._known = {each.job.id: each for each in results}

    def _not_told(self, line: str) -> None:
        self._times_answered = self._times_asked
        self.answered.emit()
        self.failed.emit(line)

    def _failed(self, problem: Problem) -> None:
        if problem.unreachable and self.client is not None:
            self._connection.doubt(self.client)
        self._not_told(problem.message)

    # Display ---------------------------------------------------------------------------------

    def _show_results(self) -> None:
        chosen, words = self.chosen(), self._search.text()
        found = [each for each in self._results if each.matches(words)]
        self._model.show_results(found, self._document, self._carried)
        if chosen is not None:
            self._view.setCurrentIndex(self._model.index_of(chosen.job.id))
        self._show_chosen()

    def _is_at_top(self) -> bool:
        bar = self._view.verticalScrollBar()
        return bar is None or bar.value() == bar.minimum()

    def _redraw(self, job: str) -> None:
        self._view.update(self._model.index_of(job))

    def _redraw_all(self) -> None:
        seen = self._view.viewport()
        if seen is not None:
            seen.update()

    def _show_chosen(self) -> None:
        chosen = self.chosen()
        asks = chosen is not None and self._question.asks_about(chosen.job.id)
        self._question.setVisible(asks)
        self._buttons.setVisible(not asks)
        self._buttons.show_result(chosen)

    # Discarding ------------------------------------------------------------------------------

    def _ask_to_discard(self) -> None:
        chosen = self.chosen()
        if chosen is not None:
            self._buttons.hide()
            self._question.ask(chosen.job.id, chosen.title)

    def _discard(self, job: str) -> None:
        client = self.client
        self._question.hide()
        self._show_chosen()
        if not job or client is None:
            return

        def forget(_rest: QByteArray) -> None:
            self.remove(job)
            self.told.emit(i18n("Discarded."))

        def fail(problem: Problem) -> None:
            if problem.unknown:
                # It was given up to make room, or discarded in another window.
                forget(QByteArray())
            else:
                self._failed(problem)

        client.forget(job, forget, fail)

    def _arrange(self) -> None:
        view = self._view
        view.setObjectName("layerpeel_result_list")
        view.setModel(self._model)
        view.setItemDelegate(ResultDelegate(self._model, self._cache, self))
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setFrameShape(QFrame.Shape.NoFrame)
        view.setMinimumHeight(LEAST_HEIGHT)
        selection = view.selectionModel()
        if selection is not None:
            selection.currentChanged.connect(lambda _now, _before: self._show_chosen())
        view.doubleClicked.connect(lambda _index: self.insert_wanted.emit(None))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._search)
        layout.addWidget(view, 1)
        layout.addWidget(self._buttons)
        layout.addWidget(self._question)
        layout.addWidget(self._switch)
