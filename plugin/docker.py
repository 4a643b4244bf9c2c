"""The docker: what the artist sees of Layerpeel."""

from typing import List, Optional

from krita import Canvas, DockWidget

from layerpeel.plugin.canvas.finding import active_document, peeled_groups
from layerpeel.plugin.connection import Connection, State
from layerpeel.plugin.engines import find_engine, no_such_engine
from layerpeel.plugin.form import PeelForm
from layerpeel.plugin.icons import themed_icon
from layerpeel.plugin.peeling import Peel
from layerpeel.plugin.placement import Form, SourceKind
from layerpeel.plugin.qt import (
    QApplication,
    QByteArray,
    QEvent,
    QHBoxLayout,
    QLabel,
    QPixmap,
    QProgressBar,
    QPushButton,
    QSize,
    Qt,
    QTimer,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from layerpeel.plugin.results import ResultsMenu
from layerpeel.plugin.settings import read_settings
from layerpeel.plugin.settings_dialog import SettingsDialog
from layerpeel.plugin.texts import i18n
from layerpeel.plugin.turns import TIMINGS
from layerpeel.plugin.wrapped_label import WrappedLabel

PREVIEW_HEIGHT = 96  # logical pixels
FULL = 1000  # steps of the progress bar

# One backend for all of Krita's windows.
CONNECTION = Connection()


class LayerpeelDocker(DockWidget):
    """One for each of Krita's windows."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Layerpeel")
        self._peel: Optional[Peel] = None
        self._form = PeelForm()
        self._button = QPushButton(i18n("Peel"))
        self._button.setObjectName("layerpeel_peel")
        self._button.setIconSize(QSize(20, 20))
        self._cancel = QPushButton(i18n("Cancel"))
        self._cancel.setObjectName("layerpeel_cancel")
        self._bar = QProgressBar()
        self._bar.setObjectName("layerpeel_progress")
        self._bar.setTextVisible(False)
        self._preview = QLabel()
        self._preview.setObjectName("layerpeel_preview")
        self._preview.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._message = WrappedLabel("layerpeel_message")
        self._status = WrappedLabel("layerpeel_status")
        self._results = QToolButton()
        self._settings = QToolButton()
        self._arrange()
        self._button.clicked.connect(self.peel)
        self._cancel.clicked.connect(self.cancel)
        self._form.changed.connect(self._show_button)
        CONNECTION.changed.connect(self._show_connection)
        self._show_running(False)
        self._show_connection()

    # What the artist does -------------------------------------------------------------------

    def peel(self) -> None:
        """Peel what the form says; also what the shortcut does."""
        if self._peel is not None:
            return
        TIMINGS.note_moment("pressed")
        self._say("")
        self.refresh()
        document = active_document()
        if document is None:
            self._say(i18n("Open a picture first."))
            return
        peel = Peel(CONNECTION, document, self)
        peel.progressed.connect(self._progressed)
        peel.previewed.connect(self._previewed)
        choice = self._form.choice()
        peel.ended.connect(lambda line, well: self._ended(line, well, choice.form))
        self._peel = peel
        self._button.setEnabled(False)
        peel.start(choice, read_settings().engine)

    def cancel(self) -> None:
        """Stop the running peel."""
        if self._peel is not None:
            self._cancel.setEnabled(False)
            self._peel.cancel()

    def _open_settings(self) -> None:
        dialog = SettingsDialog(CONNECTION, self)
        if dialog.exec():
            self._say("")
            CONNECTION.forget()
        dialog.deleteLater()

    # What it hears --------------------------------------------------------------------------

    def _progressed(self, stage: str, done: float) -> None:
        if self._cancel.isHidden():
            self._show_running(True)
        self._message.setText(stage + " …")
        self._bar.setRange(0, FULL if done >= 0 else 0)
        self._bar.setValue(round(max(done, 0.0) * FULL))

    def _previewed(self, png: bytes) -> None:
        pixmap = QPixmap()
        if not pixmap.loadFromData(QByteArray(png), "PNG"):
            return
        ratio = self.devicePixelRatioF()
        pixmap = pixmap.scaledToHeight(
            round(PREVIEW_HEIGHT * ratio), Qt.TransformationMode.SmoothTransformation
        )
        pixmap.setDevicePixelRatio(ratio)
        self._preview.setPixmap(pixmap)
        self._preview.show()

    def _ended(self, line: str, well: bool, form: Form) -> None:
        self._peel = None
        self._show_running(False)
        self.refresh()
        if well and form is not Form.SELECTION:
            self._form.choose_what_is_left()
        self._say(line)

    def canvasChanged(self, canvas: Canvas) -> None:  # noqa: N802  (Krita calls it so)
        """Krita says that the artist looks at another document, or at none."""
        # The document may be on its way out: look once this turn is over.
        QTimer.singleShot(0, self.refresh)

    def event(self, event: Optional[QEvent]) -> bool:
        """Look again when the artist comes to the docker, or the theme changes."""
        if event is None:
            return False
        if event.type() == QEvent.Type.Enter:
            self.refresh()
        elif event.type() == QEvent.Type.Show and CONNECTION.state is State.UNKNOWN:
            QTimer.singleShot(0, CONNECTION.look)
        elif event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self._draw_icons()
        return super().event(event)

    # What it shows --------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show what the active document offers."""
        document = active_document()
        if document is None:
            self._form.show_document(has_selection=False, left_of="")
            return
        groups = peeled_groups(document)
        self._form.show_document(
            has_selection=document.selection() is not None,
            left_of=groups[-1].name if groups else "",
        )

    def _show_button(self) -> None:
        again = self._form.choice().source is SourceKind.LEFT
        self._button.setText(i18n("Peel again") if again else i18n("Peel"))

    def _show_running(self, running: bool) -> None:
        self._form.setEnabled(not running)
        self._button.setVisible(not running)
        self._button.setEnabled(not running)
        self._cancel.setVisible(running)
        self._cancel.setEnabled(running)
        self._bar.setVisible(running)
        self._message.setVisible(running or bool(self._message.text()))
        if not running:
            self._preview.hide()
            self._preview.clear()

    def _show_connection(self) -> None:
        self._show_engine()
        self._show_status()

    def _show_status(self) -> None:
        words = {
            State.UNKNOWN: i18n("Looking for the backend …"),
            State.STOPPED: i18n("The backend starts when you press Peel."),
            State.STARTING: i18n("The backend is starting …"),
            State.READY: i18n("Ready."),
        }
        line = CONNECTION.message or words.get(CONNECTION.state, "")
        # What the last peel has ended with need not stand there twice.
        self._status.setText("" if line == self._message.text() else line)

    def _show_engine(self) -> None:
        """Offer what the chosen engine can do, once a backend has said so."""
        if not CONNECTION.engines:
            return
        chosen = read_settings().engine
        engine = find_engine(chosen, CONNECTION.engines)
        if engine is None:
            self._form.offer_words(possible=False, hint=no_such_engine(chosen))
        else:
            self._form.offer_words(engine.words, engine.words_hint)

    def _draw_icons(self) -> None:
        for button, name in (
            (self._button, "peel"),
            (self._results, "results"),
            (self._settings, "settings"),
        ):
            button.setIcon(themed_icon(name, self))

    def _arrange(self) -> None:
        body = QWidget(self)
        self.setWidget(body)
        layout = QVBoxLayout(body)
        for widget in (self._form, self._button, self._cancel, self._bar):
            layout.addWidget(widget)
        layout.addWidget(self._preview)
        layout.addWidget(self._message)
        layout.addStretch(1)
        self._button.setMinimumHeight(32)
        self._cancel.setMinimumHeight(32)
        self._button.setToolTip(i18n("Lift it off, and fill in what was behind it"))
        self._results.setObjectName("layerpeel_results")
        self._results.setToolTip(i18n("Results that were made before"))
        self._results.setMenu(ResultsMenu(CONNECTION, self._message_from_menu, self))
        self._results.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._settings.setObjectName("layerpeel_open_settings")
        self._settings.setToolTip(i18n("Engine, and how the backend is reached"))
        self._settings.clicked.connect(self._open_settings)
        foot = QHBoxLayout()
        foot.addWidget(self._status, 1)
        foot.addWidget(self._results)
        foot.addWidget(self._settings)
        layout.addLayout(foot)
        self._draw_icons()

    def _message_from_menu(self, line: str) -> None:
        self._say(line)
        self.refresh()

    def _say(self, line: str) -> None:
        self._message.setText(line)
        self._message.setVisible(bool(line))
        self._show_status()


def docker_of_active_window(dockers: List[LayerpeelDocker]) -> Optional[LayerpeelDocker]:
    """Find the docker in the window that the artist works in."""
    window = QApplication.activeWindow()
    for docker in dockers:
        if docker.window() is window or docker.parent() is window:
            return docker
    return dockers[0] if dockers else None
