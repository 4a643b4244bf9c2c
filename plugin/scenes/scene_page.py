"""The docker's page that generates: the form, the running jobs, and the variants to choose from."""

from typing import Dict, List, Optional

from layerpeel.plugin.backend.connection import Connection
from layerpeel.plugin.canvas.finding import active_document
from layerpeel.plugin.generators.generators_page import GeneratorsPage
from layerpeel.plugin.generators.shelf import Shelf
from layerpeel.plugin.qt import (
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QSize,
    QVBoxLayout,
    QWidget,
    pyqtSignal,
)
from layerpeel.plugin.scenes.press import Press
from layerpeel.plugin.scenes.scene_choice import keep_choice
from layerpeel.plugin.scenes.scene_form import SceneForm
from layerpeel.plugin.scenes.strip import VariantStrip
from layerpeel.plugin.scenes.variant import Variant
from layerpeel.plugin.stored_settings import read_settings
from layerpeel.plugin.texts import i18n
from layerpeel.plugin.widgets.icons import themed_icon
from layerpeel.plugin.widgets.notice import Notice, Remedy
from layerpeel.shared.jobs import Cause

FULL = 1000  # steps of the progress bar


class ScenePage(QWidget):
    """The page that generates. Any number of variants may wait; the backend makes them in turn.

    changed: emitted when something has been put into a document.
    said: emitted when another line is shown to the artist.
    """

    changed = pyqtSignal()
    said = pyqtSignal()

    def __init__(
        self,
        connection: Connection,
        remedies: Dict[Cause, Remedy],
        parent: Optional[QWidget] = None,
    ) -> None:
        """remedies: what can be done when a variant fails."""
        super().__init__(parent)
        self._connection = connection
        self._remedies = remedies
        self._working: List[Variant] = []
        self._can_paint = True
        self._shelf = Shelf(connection, self)
        self._form = SceneForm()
        self._generators = GeneratorsPage(connection, self._shelf)
        self._generators.hide()
        self._button = QPushButton(i18n("Generate"))
        self._button.setObjectName("layerpeel_generate")
        self._button.setIconSize(QSize(20, 20))
        self._button.setMinimumHeight(32)
        self._cancel = QPushButton(i18n("Cancel"))
        self._cancel.setObjectName("layerpeel_cancel_generating")
        self._cancel.setMinimumHeight(32)
        self._bar = QProgressBar()
        self._bar.setObjectName("layerpeel_generating")
        self._bar.setTextVisible(False)
        self._message = Notice("layerpeel_scene_message")
        self._strip = VariantStrip()
        self._body = QWidget()
        body = QVBoxLayout(self._body)
        body.setContentsMargins(0, 0, 0, 0)
        buttons = QHBoxLayout()
        buttons.addWidget(self._button, 1)
        buttons.addWidget(self._cancel)
        body.addWidget(self._form)
        body.addLayout(buttons)
        for widget in (self._bar, self._message, self._strip):
            body.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for page in (self._body, self._generators):
            layout.addWidget(page)
        self._button.clicked.connect(lambda _checked=False: self.generate())
        self._cancel.clicked.connect(lambda _checked=False: self.cancel())
        self._form.more_styles.connect(self._show_generators)
        self._generators.left.connect(self._show_form)
        self._generators.style_made.connect(self._form.choose_style)
        self._shelf.changed.connect(self._show_styles)
        self._show_working()
        self.say("")

    def generate(self) -> None:
        """Generate with the form's settings; may be called again while it works."""
        if self._form.shows_problem():
            return
        self.say("")
        document = active_document()
        if document is None:
            self._complain(i18n("Open a picture first."))
            return
        choice = self._form.choice()
        keep_choice(choice)
        press = Press(self._connection, document, choice, read_settings().engine_of_requests, self)
        self._strip.add(press.variants)
        for variant in press.variants:
            self._working.append(variant)
            variant.changed.connect(lambda variant=variant: self._changed(variant))
            variant.settled.connect(
                lambda line, cause, variant=variant: self._settled(variant, line, cause)
            )
        self._show_working()
        press.start()

    def cancel(self) -> None:
        """Stop all variants that are being made or waiting."""
        # The last first, so that cancelling one does not start the next.
        for variant in reversed(self._working):
            variant.cancel()

    def show_document(self, has_selection: bool) -> None:
        """Show what the document offers."""
        self._form.show_document(has_selection)
        self._strip.tidy()

    def ask_for_styles(self) -> None:
        """Find out which styles there are; this may start the backend."""
        self._shelf.ask()

    def say(self, line: str) -> None:
        """Show a line to the artist."""
        self._message.say(line)
        self.said.emit()

    def forget_line(self) -> None:
        """Say nothing more of what was made, unless something is being made."""
        if not any(variant.is_working for variant in self._working):
            self.say("")

    def line(self) -> str:
        """Return the line that is shown."""
        return self._message.text()

    def draw_icons(self) -> None:
        """Draw the icons in the colours of the theme."""
        self._button.setIcon(themed_icon("generate", self))
        self._form.draw_icons()

    def _changed(self, variant: Variant) -> None:
        # A finished variant is working again while it is inserted.
        if variant.is_working and variant not in self._working:
            self._working.append(variant)
        self._show_working()

    def _complain(self, line: str, remedy: Optional[Remedy] = None) -> None:
        self._message.complain(line, remedy)
        self.said.emit()

    def _settled(self, variant: Variant, line: str, cause: Optional[Cause]) -> None:
        if variant in self._working:
            self._working.remove(variant)
        self._show_working()
        if cause is not None:
            self._complain(line, self._remedies.get(cause))
        elif line:
            self.say(line)
        elif not self._working:
            self.say(i18n("Done: click the one you like to put it into the picture."))
        self.changed.emit()

    def _show_working(self) -> None:
        working = [variant for variant in self._working if variant.is_working]
        self._bar.setVisible(bool(working))
        self._cancel.setVisible(any(variant.can_be_cancelled() for variant in working))
        if not working:
            return
        # The backend takes the oldest first: that is the one it works on.
        first = working[0]
        line = first.stage + " …"
        if len(working) > 1:
            line += " " + i18n("({count} more waiting)").format(count=len(working) - 1)
        self.say(line)
        self._bar.setRange(0, FULL if first.done >= 0 else 0)
        self._bar.setValue(round(max(first.done, 0.0) * FULL))

    def _show_styles(self) -> None:
        if self._shelf.problem:
            self._complain(self._shelf.problem)
            self._generators.say(self._shelf.problem)
        known = self._shelf.known
        if known is None:
            return
        self._form.offer_styles(known.styles)
        could_paint, self._can_paint = self._can_paint, self._shelf.can_paint()
        if not self._can_paint:
            self._show_generators()
        elif not could_paint:
            self._show_form()

    def _show_generators(self) -> None:
        self._body.hide()
        self._generators.show()

    def _show_form(self) -> None:
        self._generators.hide()
        self._body.show()
