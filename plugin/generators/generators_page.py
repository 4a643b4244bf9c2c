"""The page where the artist gets styles: by download, or from other programs."""

from typing import List, Optional

from layerpeel.plugin.backend.client import Client
from layerpeel.plugin.backend.connection import Connection
from layerpeel.plugin.backend.http_calls import Problem
from layerpeel.plugin.generators.allowing import AllowDialog
from layerpeel.plugin.generators.found import FoundList
from layerpeel.plugin.generators.offer import Offer
from layerpeel.plugin.generators.pull import Pull
from layerpeel.plugin.generators.pull_progress import PullProgress
from layerpeel.plugin.generators.shelf import Shelf
from layerpeel.plugin.qt import QPushButton, QVBoxLayout, QWidget, pyqtSignal
from layerpeel.plugin.texts import i18n
from layerpeel.plugin.widgets.content_height import WrappedLabel
from layerpeel.shared.generators import FoundFiles, Generators, LookInto, StyleInfo, UseFile


class GeneratorsPage(QWidget):
    """Shows what is missing and its cost. Nothing is downloaded or looked into before a click.

    left: emitted when the artist goes back to the form.
    style_made: emitted with the name of a style that the artist has just added.
    """

    left = pyqtSignal()
    style_made = pyqtSignal(str)

    def __init__(
        self, connection: Connection, shelf: Shelf, parent: Optional[QWidget] = None
    ) -> None:
        super().__init__(parent)
        self._connection = connection
        self._shelf = shelf
        self._told: Optional[Generators] = None
        self._pull = Pull(connection, self)
        self._heading = WrappedLabel("layerpeel_generators_heading")
        self._offers = QWidget()
        self._look = QPushButton(i18n("Look for checkpoints of other programs …"))
        self._look.setObjectName("layerpeel_look")
        self._found = FoundList()
        self._said = WrappedLabel("layerpeel_generators_message")
        self._back = QPushButton(i18n("Back"))
        self._back.setObjectName("layerpeel_leave_generators")
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self._heading, self._offers, PullProgress(self._pull, "pull")):
            self._layout.addWidget(widget)
        for widget in (self._look, self._found, self._said, self._back):
            self._layout.addWidget(widget)
        self._pull.progressed.connect(self._progressed)
        self._pull.ended.connect(self._pull_ended)
        self._look.clicked.connect(lambda _checked=False: self._ask_to_look())
        self._found.wanted.connect(self._use)
        self._back.clicked.connect(lambda _checked=False: self.left.emit())
        shelf.changed.connect(self._show)
        self.say("")

    # Downloads -------------------------------------------------------------------------------

    def _show(self) -> None:
        known = self._shelf.known
        self._back.setVisible(self._shelf.can_paint())
        if known is None or known == self._told:
            return
        self._told = known
        self._heading.setText(
            i18n("Another style is downloaded once and stays on this machine.")
            if self._shelf.can_paint()
            else i18n(
                "There is nothing to paint with yet. What you choose is downloaded once and stays "
                "on this machine; nothing you draw or write ever leaves it."
            )
        )
        self._show_offers(known)
        if known.pulling and not self._pull.is_running:
            self._pull.join()

    def _show_offers(self, known: Generators) -> None:
        offers = QWidget()
        layout = QVBoxLayout(offers)
        layout.setContentsMargins(0, 0, 0, 0)
        for offer in offers_of(known):
            offer.wanted.connect(self._pull.start)
            layout.addWidget(offer)
        self._layout.replaceWidget(self._offers, offers)
        self._offers.hide()
        self._offers.deleteLater()
        self._offers = offers
        self._offers.setEnabled(not self._pull.is_running)

    def _progressed(self, _stage: str, _done: float) -> None:
        self.say("")
        self._offers.setEnabled(False)

    def _pull_ended(self, line: str) -> None:
        self._offers.setEnabled(True)
        self.say(line or i18n("The download is complete."))
        self._told = None
        self._shelf.ask()

    # Files of other programs -----------------------------------------------------------------

    def _ask_to_look(self) -> None:
        known = self._shelf.known
        dialog = AllowDialog(known.folders if known is not None else (), self)
        if dialog.exec() and dialog.allowed():
            folders = LookInto(dialog.allowed())
            self.say(i18n("Looking for checkpoints") + " …")
            self._look.setEnabled(False)
            self._connection.when_ready(
                lambda client: client.look_into(folders, self._looked, self._failed), self._fail
            )
        dialog.deleteLater()

    def _looked(self, found: FoundFiles) -> None:
        self._look.setEnabled(True)
        self.say("")
        self._found.show_files(found)

    def _use(self, path: str) -> None:
        def use(client: Client) -> None:
            client.use_file(UseFile(path), self._used, self._failed)

        self._connection.when_ready(use, self._fail)

    def _used(self, style: StyleInfo) -> None:
        self.style_made.emit(style.name)
        if style.missing:
            self.say(style.missing)
        else:
            self.say("")
            self.left.emit()
        self._shelf.ask()

    def _failed(self, problem: Problem) -> None:
        self._fail(problem.message)

    def _fail(self, line: str) -> None:
        self._look.setEnabled(True)
        self.say(line)

    def say(self, line: str) -> None:
        """Show a line to the artist."""
        self._said.setText(line)
        self._said.setVisible(bool(line))


def offers_of(known: Generators) -> List[Offer]:
    """Make an offer for each style that lacks something, and for every other download."""
    by_model = {download.model: download for download in known.downloads}
    lacking = [style for style in known.styles if style.missing]
    offers = [
        Offer(
            style.name,
            style.title,
            style.missing,
            [by_model[model] for model in style.needs if model in by_model],
        )
        for style in lacking
    ]
    needed = {model for style in lacking for model in style.needs}
    for download in known.downloads:
        if download.model not in needed:
            offers.append(Offer(download.model, download.title, "", [download]))
    return offers
