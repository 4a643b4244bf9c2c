"""The menu of results that the backend still has, such as those of a closed document."""

import time
from typing import Callable

from layerpeel.plugin.backend.client import Client
from layerpeel.plugin.backend.connection import Connection
from layerpeel.plugin.backend.http_calls import Problem
from layerpeel.plugin.backend.result_delivery import deliver, said_when_done
from layerpeel.plugin.canvas.finding import active_document
from layerpeel.plugin.canvas.placement import Placement
from layerpeel.plugin.canvas.result_insertion import placed_anew
from layerpeel.plugin.qt import QAction, QMenu, QWidget
from layerpeel.plugin.texts import i18n
from layerpeel.shared.jobs import JobList, JobState, JobSummary
from layerpeel.shared.protocol import ProtocolError
from layerpeel.shared.wire import from_text

MOST_SHOWN = 12


class ResultsMenu(QMenu):
    """Lists finished jobs, newest first; choosing one puts its layers into the active document."""

    def __init__(
        self, connection: Connection, tell: Callable[[str], None], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setObjectName("layerpeel_results_menu")
        self._connection, self._tell = connection, tell
        self.aboutToShow.connect(self._load)

    def _load(self) -> None:
        self._say(i18n("Asking the backend …"))
        self._connection.when_ready(
            lambda client: client.jobs(lambda jobs: self._list(client, jobs), self._failed),
            self._say,
        )

    def _failed(self, problem: Problem) -> None:
        self._say(problem.message)

    def _say(self, text: str) -> None:
        self.clear()
        action = QAction(text, self)
        action.setEnabled(False)
        self.addAction(action)

    def _list(self, client: Client, jobs: JobList) -> None:
        finished = [job for job in jobs.jobs if job.state is JobState.FINISHED]
        if not finished:
            self._say(i18n("There are no results yet."))
            return
        self.clear()
        for job in finished[:MOST_SHOWN]:
            action = QAction(_title(job), self)
            self.addAction(action)
            action.triggered.connect(lambda _checked=False, job=job: self._insert(client, job))
        self._stay_on_screen()

    def _stay_on_screen(self) -> None:
        """Move the menu back onto the screen: it has grown since Qt placed it."""
        window = self.windowHandle()
        screen = window.screen() if window is not None else None
        if screen is None or not self.isVisible():
            return
        room, size = screen.availableGeometry(), self.sizeHint()
        left = min(self.x(), room.x() + room.width() - size.width())
        top = min(self.y(), room.y() + room.height() - size.height())
        self.move(max(room.x(), left), max(room.y(), top))

    def _insert(self, client: Client, job: JobSummary) -> None:
        document = active_document()
        if document is None:
            self._tell(i18n("Open a picture of {}×{} pixels first.").format(*job.size))
            return
        try:
            placement: Placement = from_text(Placement, job.keepsake)
        except ProtocolError:
            self._tell(i18n("That result was not made from Krita: it cannot be inserted here."))
            return
        self._tell(i18n("Fetching the layers") + " …")
        deliver(
            client,
            job.id,
            document,
            placed_anew(document, placement),
            lambda: True,
            lambda stack: self._tell(said_when_done(stack)),
            lambda error: self._tell(str(error)),
        )


def _title(job: JobSummary) -> str:
    when = time.strftime("%H:%M", time.localtime(job.created))
    return i18n("{name}, {width}×{height}, {when}").format(
        name=job.name, width=job.size[0], height=job.size[1], when=when
    )
