"""The docker's page that peels: the form, the open document's peel, and its outcome."""

from dataclasses import replace
from typing import Dict, Optional

from krita import Document

from layerpeel.plugin.backend.client import Client
from layerpeel.plugin.backend.connection import Connection
from layerpeel.plugin.backend.result_delivery import Delivered, account_of
from layerpeel.plugin.canvas.finding import active_document, is_active
from layerpeel.plugin.canvas.pixels import SourceKind
from layerpeel.plugin.canvas.placement import ResultForm
from layerpeel.plugin.peel.layers_row import LayersRow
from layerpeel.plugin.peel.peel import Ending, Peel
from layerpeel.plugin.peel.peel_form import PeelForm
from layerpeel.plugin.peel.peel_preview import PeelPreview
from layerpeel.plugin.peel.peels_at_work import PeelsAtWork
from layerpeel.plugin.pointing.larger_window import LargerWindow
from layerpeel.plugin.pointing.pointed_picture import Pointing
from layerpeel.plugin.presets.preset_row import PresetRow
from layerpeel.plugin.qt import (
    QProgressBar,
    QPushButton,
    QShowEvent,
    QSize,
    QVBoxLayout,
    QWidget,
    pyqtSignal,
)
from layerpeel.plugin.stage_wishes import AUTOMATIC, is_automatic, write_wishes
from layerpeel.plugin.stored_settings import read_settings, write_settings
from layerpeel.plugin.texts import i18n
from layerpeel.plugin.turns import TIMINGS
from layerpeel.plugin.widgets.icons import themed_icon
from layerpeel.plugin.widgets.notice import Notice, Remedy
from layerpeel.shared.jobs import Cause
from layerpeel.shared.presets import Preset

FULL = 1000  # steps of the progress bar


class PeelPage(QWidget):
    """The page that peels, one peel at a time for each document; it shows that of the open one.

    foot: its buttons, and what is said of a peel, to be shown below the page.
    changed: emitted when a peel begins or has ended, so that the document may offer something else.
    look_wanted: emitted with the id of a finished job, and the document, when its result is to be
        looked at before it becomes layers.
    said: emitted when another line is shown to the artist.
    """

    changed = pyqtSignal()
    said = pyqtSignal()
    look_wanted = pyqtSignal(str, object)

    def __init__(
        self,
        connection: Connection,
        remedies: Dict[Cause, Remedy],
        parent: Optional[QWidget] = None,
    ) -> None:
        """remedies: what can be done when a peel fails, beside pointing where nothing is found."""
        super().__init__(parent)
        self._connection = connection
        self._peels = PeelsAtWork()
        self._pointing = Pointing(connection, self)
        self._form = PeelForm(self._pointing)
        self._presets = PresetRow(connection, lambda: self._form.as_preset(read_settings()))
        self.foot = QWidget()
        self._larger = LargerWindow(self._pointing, self)
        self._button = QPushButton(i18n("Peel"))
        self._button.setObjectName("layerpeel_peel")
        self._button.setToolTip(i18n("Lift it off and fill in what was behind it"))
        self._button.setIconSize(QSize(20, 20))
        self._another = QPushButton(i18n("Another background"))
        self._another.setObjectName("layerpeel_another_background")
        self._another.setToolTip(
            i18n("Fill in the last result's background otherwise; what was lifted off stays")
        )
        self._has_result = False
        self._cancel = QPushButton(i18n("Cancel"))
        self._cancel.setObjectName("layerpeel_cancel")
        self._bar = QProgressBar()
        self._bar.setObjectName("layerpeel_progress")
        self._bar.setTextVisible(False)
        self._preview = PeelPreview()
        self._message = Notice("layerpeel_message")
        pointing = Remedy(i18n("Point at it"), self._point, lambda: not self._form.is_pointing())
        self._remedies = {Cause.NOTHING_FOUND: pointing, **remedies}
        self._layers = LayersRow()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._presets)
        layout.addWidget(self._form)
        layout.addWidget(self._layers)
        # Peel and Cancel come last: whatever comes and goes above them, they stay where they are.
        foot = QVBoxLayout(self.foot)
        foot.setContentsMargins(0, 0, 0, 0)
        for widget in (self._form.hint, self._preview, self._message, self._bar, self._another):
            foot.addWidget(widget)
        foot.addWidget(self._button)
        foot.addWidget(self._cancel)
        for button in (self._button, self._another, self._cancel):
            button.setMinimumHeight(32)
        self._button.clicked.connect(lambda _checked=False: self.peel())
        self._another.clicked.connect(lambda _checked=False: self.fill_in_otherwise())
        self._cancel.clicked.connect(lambda _checked=False: self.cancel())
        self._form.changed.connect(self._show_choice)
        self._form.changed.connect(self._presets.follow)
        self._presets.chosen.connect(self._take_on)
        self._presets.told.connect(self.say)
        self._presets.failed.connect(self._complain)
        self._form.larger_wanted.connect(self._larger.open_in_front)
        self._larger.peel_wanted.connect(self.peel)
        self._show_running(False)

    # Actions of the artist -------------------------------------------------------------------

    def peel(self) -> None:
        """Peel with the form's settings."""
        if (document := self._document_to_change()) is None:
            return
        settings = read_settings()
        choice = replace(self._form.choice(), patches=settings.patches)
        leaves_something = choice.form is not ResultForm.SELECTION
        self._begin(document, settings.engine_of_requests, leaves_something).start(choice)

    def fill_in_otherwise(self) -> None:
        """Put another background into the last result."""
        if (document := self._document_to_change()) is None:
            return
        # It takes no engine: whichever there is will do.
        self._begin(document, AUTOMATIC, leaves_something=True).start_refill()

    def cancel(self) -> None:
        """Stop the open document's peel."""
        peel = self._peels.of(active_document())
        if peel is not None:
            peel.cancel()

    def _take_on(self, preset: Preset) -> None:
        """Choose what a preset says, in the settings as well."""
        settings = read_settings()
        wanted = replace(
            settings,
            engine=preset.engine,
            # Those of another engine are none, and cost the artist's own nothing.
            stages=(
                write_wishes(preset.stages) if is_automatic(preset.engine) else settings.stages
            ),
            patches=preset.patches,
        )
        if wanted != settings:
            write_settings(wanted)
            self._connection.forget()
        self._form.take_on(preset)

    def _document_to_change(self) -> Optional[Document]:
        """Return the open document; None while it is peeled, or with none open, which is said."""
        document = active_document()
        if self._peels.of(document) is not None:
            return None
        TIMINGS.note_moment("pressed")
        self.say("")
        self.changed.emit()
        if document is None:
            self._complain(i18n("Open a picture first."))
        # To look at a document Krita 6 handles events, a second press among them.
        return document if self._peels.of(document) is None else None

    def _begin(self, document: Document, engine: str, leaves_something: bool) -> Peel:
        peel = Peel(self._connection, document, engine, leaves_something, self)
        peel.progressed.connect(lambda: self._progressed(peel))
        peel.look_wanted.connect(lambda job: self.look_wanted.emit(job, document))
        peel.ended.connect(lambda how: self._ended(peel, how))
        self._peels.add(peel)
        self._button.setEnabled(False)
        self._another.setEnabled(False)
        return peel

    # Display ---------------------------------------------------------------------------------

    def show_document(self, has_selection: bool, layer: str, left_of: str) -> None:
        """Show what the document offers; see `PeelForm`."""
        self._form.show_document(has_selection, layer, left_of)
        self._has_result = bool(left_of)
        document = active_document()
        unseen = self._peels.take_unseen(document)
        if unseen is not None:
            self._show_ending(*unseen)
        peel = self._peels.of(document)
        if peel is not None:
            self._progressed(peel)
        else:
            self._show_running(False)
        self._layers.follow_document()
        self._look()

    def take_in(self, client: Client, job: str, document: Document, delivered: Delivered) -> None:
        """Go on from what a job of the page of results has brought into a document."""
        if delivered.layers:
            self._layers.show_layers(client, job, document, delivered.layers)
        if delivered.can_be_peeled_again:
            self._pointing.forget_what_was_left(document)
            self._form.choose_what_is_left()
        self.say(account_of(delivered))
        self._look()

    def offer_words(self, possible: bool, hint: str) -> None:
        """Show whether things can be named; see `PeelForm`."""
        self._form.offer_words(possible, hint)

    def say(self, line: str) -> None:
        """Show a line to the artist."""
        self._message.say(line)
        self.said.emit()

    def forget_line(self) -> None:
        """Say nothing more of a peel that has ended, or of another document's."""
        if self._peels.of(active_document()) is None:
            self.say("")

    def line(self) -> str:
        """Return the line that is shown."""
        return self._message.text()

    def draw_icons(self) -> None:
        """Draw the icons in the colours of the theme."""
        self._button.setIcon(themed_icon("peel", self))
        self._form.draw_icons()

    def showEvent(self, event: Optional[QShowEvent]) -> None:  # noqa: N802  (Qt calls it so)
        """Show the picture to point at as it is now."""
        if event is not None:
            super().showEvent(event)
        self._look()

    def _progressed(self, peel: Peel) -> None:
        """Show how far a peel is, where its document is seen."""
        if not is_active(peel.document):
            return
        if not peel.stage:
            self._button.setEnabled(False)
            self._another.setEnabled(False)
            return
        self._show_running(True)
        # Once pressed, it stays so until this peel has ended.
        self._cancel.setEnabled(not peel.job.is_cancelled)
        self._message.say(peel.stage + " …")
        self._bar.setRange(0, FULL if peel.done >= 0 else 0)
        self._bar.setValue(round(max(peel.done, 0.0) * FULL))
        self._preview.show_png(peel.preview)

    def _ended(self, peel: Peel, how: Ending) -> None:
        self._peels.remove(peel)
        peel.deleteLater()
        self.changed.emit()
        if how.has_come and peel.leaves_something:
            self._pointing.forget_what_was_left(peel.document)
        here = active_document()
        if here is not None and here == peel.document:
            self._show_ending(peel, how)
            self._show_running(False)
            # The peel has left something else, or has noticed that the picture has changed.
            self._look(thoroughly=True)
            return
        self._peels.keep_unseen(peel, how)
        if self._peels.of(here) is None:
            # The line of the one that is at work here matters more.
            line = i18n("{document}: {line}").format(document=peel.name, line=how.line)
            if how.cause is None:
                self.say(line)
            else:
                self._complain(line)

    def _show_ending(self, peel: Peel, how: Ending) -> None:
        """Show how the peel of the document that is seen has ended."""
        job = peel.job
        if how.layers and job.client is not None:
            self._layers.show_layers(job.client, job.id, peel.document, how.layers)
        if how.has_come and peel.leaves_something:
            self._form.choose_what_is_left()
        if how.cause is None:
            self.say(how.line)
        else:
            self._complain(how.line, self._remedies.get(how.cause))

    def _complain(self, line: str, remedy: Optional[Remedy] = None) -> None:
        self._message.complain(line, remedy)
        self.said.emit()

    def _point(self) -> None:
        self.say("")
        self._form.point()

    def _show_choice(self) -> None:
        again = self._form.source() is SourceKind.LEFT
        self._button.setText(i18n("Peel again") if again else i18n("Peel"))
        if not self._form.uses_picture():
            self._larger.close()
        self._look()

    def _look(self, thoroughly: bool = False) -> None:
        """Show the picture to point at, where it is wanted and may have changed.

        thoroughly: even where that takes Krita long, or nobody sees it: the shortcut peels too
            while the docker is hidden.
        """
        form = self._form
        is_seen = self.isVisible() or self._larger.isVisible()
        if form.uses_picture() and (is_seen or thoroughly):
            self._pointing.show(active_document(), form.source(), form.most_things(), thoroughly)

    def _show_running(self, running: bool) -> None:
        self._form.setEnabled(not running)
        self._button.setVisible(not running)
        self._button.setEnabled(not running)
        self._another.setVisible(not running and self._has_result)
        self._another.setEnabled(not running)
        self._cancel.setVisible(running)
        self._bar.setVisible(running)
        if not running:
            self._preview.show_png(b"")
