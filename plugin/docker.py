"""The docker: what the artist sees of Layerpeel."""

from typing import List, Optional

from krita import Canvas, DockWidget, Document

from layerpeel.plugin.backend.connection import Connection, ConnectionState
from layerpeel.plugin.canvas.active_layer import activate_if_none_is
from layerpeel.plugin.canvas.enclosed_results import keeps_results
from layerpeel.plugin.canvas.finding import active_document
from layerpeel.plugin.canvas.offered import offered_by
from layerpeel.plugin.canvas.source_reading import has_to_be_converted
from layerpeel.plugin.engine_names import find_engine, no_such_engine
from layerpeel.plugin.generators.models_page import ModelsPage
from layerpeel.plugin.peel.peel_page import PeelPage
from layerpeel.plugin.qt import (
    QApplication,
    QEvent,
    QHBoxLayout,
    QTimer,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from layerpeel.plugin.results.results_page import Inserted, ResultsPage
from layerpeel.plugin.scenes.scene_page import ScenePage
from layerpeel.plugin.settings.settings_dialog import SettingsDialog
from layerpeel.plugin.setup.remedies import Remedies, remedies_of_jobs, remedy_of_torch
from layerpeel.plugin.setup.setting_up import SettingUp
from layerpeel.plugin.setup.setup_page import SetupPage
from layerpeel.plugin.stored_settings import read_settings
from layerpeel.plugin.texts import i18n
from layerpeel.plugin.waiting.waiting_list import WaitingList
from layerpeel.plugin.widgets.content_height import Scrolled, Steady, WrappedLabel
from layerpeel.plugin.widgets.icons import themed_icon
from layerpeel.plugin.widgets.segments import Segments

# One backend for all of Krita's windows.
CONNECTION = Connection()
SETTING_UP = SettingUp(CONNECTION)

LEAST_HEIGHT = 400  # logical pixels
BETWEEN_LOOKS = 500  # milliseconds

_PEEL, _GENERATE, _RESULTS = "peel", "generate", "results"


class LayerpeelDocker(DockWidget):
    """One for each of Krita's windows, with pages to peel, to generate, and of earlier results."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Layerpeel")
        self._pages = Segments(
            "layerpeel_page",
            [
                (_PEEL, i18n("Peel"), i18n("Take a picture apart into layers")),
                (_GENERATE, i18n("Generate"), i18n("Paint a scene, an object or a background")),
                (_RESULTS, i18n("Results"), i18n("Earlier results, also of closed pictures")),
            ],
        )
        remedies = remedies_of_jobs(CONNECTION, SETTING_UP, self._said, self)
        self._peel_page = PeelPage(CONNECTION, remedies)
        self._scene_page = ScenePage(CONNECTION, remedies)
        self._results_page = ResultsPage(CONNECTION)
        self._setup_page = SetupPage(SETTING_UP)
        self._models_page = ModelsPage(CONNECTION, remedy_of_torch(SETTING_UP))
        self._is_about_models = False
        self._waiting = WaitingList(CONNECTION)
        self._scrolled = self._scrolled_pages()
        self._status = WrappedLabel("layerpeel_status")
        self._settings = QToolButton()
        self._seen = offered_by(None)
        # Krita tells nobody of undo, nor of documents that close unseen.
        self._looking = QTimer(self)
        self._looking.timeout.connect(self._follow_document)
        self._looking.timeout.connect(self._waiting.follow)
        self._arrange()
        self._pages.chosen.connect(self._show_page)
        self._peel_page.changed.connect(self._refresh_results)
        self._peel_page.said.connect(self._show_status)
        self._scene_page.changed.connect(self._refresh_results)
        self._scene_page.said.connect(self._show_status)
        self._peel_page.look_wanted.connect(self._look_at)
        self._results_page.came.connect(self._came)
        self._results_page.left.connect(lambda: self._pages.choose(_PEEL))
        self._models_page.left.connect(lambda: self._show_models(False))
        self._results_page.said.connect(self._show_status)
        CONNECTION.changed.connect(self._show_connection)
        self._waiting.failed.connect(self._say)
        SETTING_UP.changed.connect(self._follow_set_up)
        SETTING_UP.finished.connect(self._say)
        self._show_page()
        self._show_connection()

    # Actions of the artist -------------------------------------------------------------------

    def peel(self) -> None:
        """Peel with the form's settings; the shortcut calls this."""
        self._peel_page.peel()

    def cancel(self) -> None:
        """Stop whatever is running; the shortcut calls this."""
        self._peel_page.cancel()
        self._scene_page.cancel()

    def _open_settings(self) -> None:
        dialog = SettingsDialog(CONNECTION, SETTING_UP, self._said, self)
        dialog.models_wanted.connect(lambda: self._show_models(True))
        if dialog.exec():
            self._say("")
            CONNECTION.forget()
        dialog.deleteLater()

    def _show_models(self, is_wanted: bool) -> None:
        self._is_about_models = is_wanted
        self._show_page()
        if is_wanted:
            self._models_page.ask()

    # Events ----------------------------------------------------------------------------------

    def canvasChanged(self, canvas: Canvas) -> None:  # noqa: N802  (Krita calls it so)
        """Called by Krita when the artist switches to another document, or closes the last one."""
        # The document may be about to close: look once this turn of the event loop is over.
        QTimer.singleShot(0, self._follow_document)

    def event(self, event: Optional[QEvent]) -> bool:
        """Refresh when the mouse enters the docker, and redraw the icons when the theme changes."""
        if event is None:
            return False
        if event.type() == QEvent.Type.Enter:
            self._follow_document()
            self.refresh()
        elif event.type() == QEvent.Type.Show:
            self._looking.start(BETWEEN_LOOKS)
            if CONNECTION.state is ConnectionState.UNKNOWN:
                QTimer.singleShot(0, CONNECTION.look)
        elif event.type() == QEvent.Type.Hide:
            self._looking.stop()
        elif event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            # The pages get the theme's colours only after this.
            QTimer.singleShot(0, self._follow_theme)
        return super().event(event)

    # Display ---------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show what the active document offers."""
        document = active_document()
        self._seen = offered = offered_by(document)
        self._peel_page.show_document(offered.has_selection, offered.layer, offered.result_name)
        self._scene_page.show_document(offered.has_selection)
        self._results_page.show_document()
        self._waiting.follow()
        self._show_status()

    def _look_at(self, job: str, document: Document) -> None:
        """Show the result of a peel before it becomes layers."""
        self._pages.choose(_RESULTS)
        self._results_page.look_at(job, document)

    def _came(self, inserted: Inserted) -> None:
        """Go on from a result of the page of results as from one that came at once."""
        self.refresh()
        self._peel_page.take_in(
            inserted.client, inserted.of.job.id, inserted.document, inserted.delivered
        )
        if inserted.is_of_peel:
            self._pages.choose(_PEEL)

    def _follow_document(self) -> None:
        """Show another document, or what undo has changed, and forget what was said before that."""
        document = active_document()
        offered = offered_by(document)
        if offered == self._seen:
            return
        if document is not None:
            activate_if_none_is(document)
        if not offered.has_results_of(self._seen):
            self._peel_page.forget_line()
            self._scene_page.forget_line()
        self.refresh()

    def _refresh_results(self) -> None:
        """Show what the document offers, and what has been finished, where results are listed."""
        self.refresh()
        document = active_document()
        is_kept = document is not None and keeps_results(document)
        if is_kept or self._pages.value() == _RESULTS:
            self._results_page.ask()

    def _show_page(self) -> None:
        sets_up, is_about_models = SETTING_UP.is_shown, self._is_about_models
        page = "" if sets_up or is_about_models else self._pages.value()
        self._pages.setVisible(bool(page))
        self._setup_page.setVisible(sets_up)
        self._models_page.setVisible(is_about_models and not sets_up)
        self._models_page.foot.setVisible(is_about_models and not sets_up)
        self._peel_page.setVisible(page == _PEEL)
        self._peel_page.foot.setVisible(page == _PEEL)
        self._scene_page.setVisible(page == _GENERATE)
        self._scrolled.setVisible(page != _RESULTS)
        self._results_page.setVisible(page == _RESULTS)
        if page == _GENERATE:
            self._scene_page.ask_for_styles()
        elif page == _RESULTS:
            self._results_page.ask()
        self._show_status()

    def _follow_set_up(self) -> None:
        if self._setup_page.isHidden() == SETTING_UP.is_shown:
            self._show_page()

    def _show_connection(self) -> None:
        self._show_engine()
        self._show_status()

    def _show_status(self) -> None:
        words = {
            ConnectionState.UNKNOWN: i18n("Looking for the backend …"),
            ConnectionState.STOPPED: i18n("The backend starts when it is needed."),
            ConnectionState.STARTING: i18n("The backend is starting …"),
            ConnectionState.READY: i18n("Ready."),
        }
        line = CONNECTION.message or words.get(CONNECTION.state, "")
        document = active_document()
        if CONNECTION.state is ConnectionState.READY and document and has_to_be_converted(document):
            line = line + " " + _mixes_anew(document.colorModel())
        # Do not repeat a line that the page already shows.
        is_said = line == self._line_of_page() or SETTING_UP.is_shown
        self._status.setText("" if is_said else line)

    def _line_of_page(self) -> str:
        lines = {
            _PEEL: self._peel_page.line,
            _GENERATE: self._scene_page.line,
            _RESULTS: self._results_page.line,
        }
        return lines[self._pages.value()]()

    def _said(self) -> List[str]:
        """Return the lines that are shown."""
        return [line for line in (self._line_of_page(), self._status.text()) if line]

    def _show_engine(self) -> None:
        """Enable what the chosen engine can do, once a backend has answered."""
        if not CONNECTION.engines:
            return
        chosen = read_settings().engine
        engine = find_engine(chosen, CONNECTION.engines)
        if engine is None:
            self._peel_page.offer_words(possible=False, hint=no_such_engine(chosen))
        else:
            self._peel_page.offer_words(engine.words, engine.words_hint)

    def _follow_theme(self) -> None:
        for choice in self.findChildren(Segments):
            choice.follow_theme()
        self._draw_icons()

    def _draw_icons(self) -> None:
        self._settings.setIcon(themed_icon("settings", self))
        self._peel_page.draw_icons()
        self._scene_page.draw_icons()
        self._results_page.draw_icons()

    def _arrange(self) -> None:
        body = Steady(LEAST_HEIGHT, self)
        self.setWidget(body)
        layout = QVBoxLayout(body)
        self._settings.setObjectName("layerpeel_open_settings")
        self._settings.setToolTip(i18n("Settings: the engine and the backend"))
        self._settings.clicked.connect(self._open_settings)
        head = QHBoxLayout()
        head.addWidget(self._pages, 1)
        head.addStretch()
        head.addWidget(self._settings)
        layout.addLayout(head)
        layout.addWidget(self._scrolled, 1)
        layout.addWidget(self._results_page, 1)
        layout.addWidget(self._models_page.foot)
        layout.addWidget(self._waiting)
        layout.addWidget(self._status)
        layout.addWidget(Remedies(CONNECTION, SETTING_UP, self._said))
        layout.addWidget(self._peel_page.foot)
        self._draw_icons()

    def _scrolled_pages(self) -> Scrolled:
        pages = QWidget()
        both = QVBoxLayout(pages)
        both.setContentsMargins(0, 0, 0, 0)
        both.addWidget(self._setup_page)
        both.addWidget(self._models_page)
        both.addWidget(self._peel_page)
        both.addWidget(self._scene_page)
        both.addStretch(1)
        return Scrolled(pages)

    def _say(self, line: str) -> None:
        self._peel_page.say(line)
        self._scene_page.say(line)
        self._results_page.say(line)


def _mixes_anew(model: str) -> str:
    return i18n(
        "This picture is {model}: it keeps its values, but edges are mixed in RGB, and may look a "
        "little different."
    ).format(model=model.rstrip("A"))


def docker_of_active_window(dockers: List[LayerpeelDocker]) -> Optional[LayerpeelDocker]:
    """Find the docker in the window that the artist works in."""
    window = QApplication.activeWindow()
    for docker in dockers:
        if docker.window() is window or docker.parent() is window:
            return docker
    return dockers[0] if dockers else None
