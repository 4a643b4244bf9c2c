"""The page where the artist adds models to what set-up brings, and removes them again."""

from typing import Optional

from layerpeel.plugin.backend.client import Client
from layerpeel.plugin.backend.connection import Connection
from layerpeel.plugin.backend.http_calls import Problem
from layerpeel.plugin.generators.model_row import ModelRow
from layerpeel.plugin.generators.pull import Pull
from layerpeel.plugin.generators.pull_progress import PullProgress
from layerpeel.plugin.qt import QPushButton, QVBoxLayout, QWidget, pyqtSignal
from layerpeel.plugin.texts import i18n
from layerpeel.plugin.widgets.content_height import WrappedLabel
from layerpeel.plugin.widgets.notice import Notice, Remedy
from layerpeel.shared.model_offers import ModelOffers


class ModelsPage(QWidget):
    """Lists the models with all that is to be known before; nothing is fetched before a click.

    foot: what is at work, and said of it, to be shown below the page: the list is long.
    left: emitted when the artist goes back.
    """

    left = pyqtSignal()

    def __init__(
        self, connection: Connection, get_torch: Remedy, parent: Optional[QWidget] = None
    ) -> None:
        """get_torch: what helps where torch is missing."""
        super().__init__(parent)
        self._connection = connection
        self._pull = Pull(connection, self)
        self._told: Optional[ModelOffers] = None
        self._get_torch = get_torch
        heading = WrappedLabel("layerpeel_models_heading")
        heading.setText(
            i18n(
                "More models find things by name or see edges and outlines better. Each is "
                "downloaded once and stays on this machine until you remove it."
            )
        )
        self._lacks = Notice("layerpeel_models_lack")
        self._rows = QWidget()
        self._message = Notice("layerpeel_models_message")
        self._back = QPushButton(i18n("Back"))
        self._back.setObjectName("layerpeel_leave_models")
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        for widget in (heading, self._lacks, self._rows):
            self._layout.addWidget(widget)
        self.foot = QWidget()
        foot = QVBoxLayout(self.foot)
        foot.setContentsMargins(0, 0, 0, 0)
        for widget in (PullProgress(self._pull, "model_pull"), self._message, self._back):
            foot.addWidget(widget)
        self._pull.progressed.connect(lambda _stage, _done: self._rows.setEnabled(False))
        self._pull.ended.connect(self._pull_ended)
        self._back.clicked.connect(lambda _checked=False: self.left.emit())

    def ask(self) -> None:
        """Ask the backend which models there are; this may start it."""
        if self._told is None:
            self._message.say(i18n("Asking the backend …"))
        self._connection.when_ready(
            lambda client: client.models(self._show, self._failed), self._message.complain
        )

    # What the backend says -------------------------------------------------------------------

    def _show(self, offers: ModelOffers) -> None:
        if self._told is None:
            self._message.say("")
        if offers.pulling and not self._pull.is_running:
            self._pull.join()
        if offers == self._told:
            return
        self._told = offers
        is_lacking = any(each.lacks for each in offers.offers)
        if is_lacking:
            self._lacks.complain(_needs_torch(), self._get_torch)
        else:
            self._lacks.say("")
        rows = QWidget()
        layout = QVBoxLayout(rows)
        layout.setContentsMargins(0, 0, 0, 0)
        for offer in offers.offers:
            row = ModelRow(offer)
            row.wanted.connect(self._begin)
            row.unwanted.connect(self._remove)
            layout.addWidget(row)
        self._layout.replaceWidget(self._rows, rows)
        self._rows.hide()
        self._rows.deleteLater()
        self._rows = rows
        self._rows.setEnabled(not self._pull.is_running)

    def _begin(self, model: str) -> None:
        self._message.say("")
        self._pull.start([model])

    def _remove(self, model: str) -> None:
        self._message.say("")

        def remove(client: Client) -> None:
            client.remove_model(model, self._removed, self._failed)

        self._connection.when_ready(remove, self._message.complain)

    def _removed(self, offers: ModelOffers) -> None:
        self._show(offers)
        self._message.say(i18n("Removed."))
        self._connection.look()

    def _failed(self, problem: Problem) -> None:
        self._message.complain(problem.message)

    # Downloads -------------------------------------------------------------------------------

    def _pull_ended(self, line: str) -> None:
        self._rows.setEnabled(True)
        if line and not self._pull.is_cancelled:
            self._message.complain(line)
        else:
            self._message.say(line or i18n("The download is complete."))
        self.ask()
        # What can be named, and by what, has changed.
        self._connection.look()


def _needs_torch() -> str:
    return i18n(
        "These models compute with torch, which the backend has not. Downloaded before, they wait "
        "for it."
    )
