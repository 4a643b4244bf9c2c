"""The list of jobs that run and wait, and buttons for the one that is chosen."""

from typing import List, Optional

from layerpeel.plugin.backend.client import Client
from layerpeel.plugin.backend.connection import Connection
from layerpeel.plugin.backend.http_calls import Problem
from layerpeel.plugin.canvas.finding import active_document
from layerpeel.plugin.qt import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    Qt,
    QToolButton,
    QVBoxLayout,
    QWidget,
    pyqtSignal,
)
from layerpeel.plugin.texts import i18n, tip_text
from layerpeel.plugin.waiting.waiting_job import WaitingJob, waiting_job
from layerpeel.shared.jobs import MoveJob, Step

MOST_ROWS = 3  # that are seen at once
_ROOM = 4  # logical pixels


class WaitingList(QWidget):
    """Shows what the page of one peel does not: several jobs, or one that is not this document's.

    failed: emitted with a line for the artist about why something could not be done.
    """

    failed = pyqtSignal(str)

    def __init__(self, connection: Connection, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setObjectName("layerpeel_waiting")
        self._connection = connection
        self._jobs: List[WaitingJob] = []
        self._heading = QLabel()
        self._heading.setObjectName("layerpeel_waiting_heading")
        self._rows = QListWidget()
        self._rows.setObjectName("layerpeel_waiting_list")
        self._rows.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._rows.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._rows.setTextElideMode(Qt.TextElideMode.ElideRight)
        self._rows.setAlternatingRowColors(True)
        self._first, self._earlier, self._later = QPushButton(i18n("First")), *_arrows()
        self._first.setObjectName("layerpeel_waiting_first")
        self._first.setToolTip(i18n("Let it be the next"))
        self._cancel = QPushButton(i18n("Cancel"))
        self._cancel.setObjectName("layerpeel_waiting_cancel")
        self._cancel.setToolTip(i18n("Cancel the job that is chosen; the others go on"))
        buttons = QHBoxLayout()
        for button in (self._first, self._earlier, self._later):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self._cancel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._heading)
        layout.addWidget(self._rows)
        layout.addLayout(buttons)
        for button, step in (
            (self._first, Step.FIRST),
            (self._earlier, Step.EARLIER),
            (self._later, Step.LATER),
        ):
            button.clicked.connect(lambda _checked=False, step=step: self._move(step))
        self._cancel.clicked.connect(lambda _checked=False: self._stop())
        self._rows.itemSelectionChanged.connect(self._offer)
        connection.line_changed.connect(self.follow)
        self.follow()

    def follow(self) -> None:
        """Show what runs and waits now, and which of it is the open document's."""
        told = self._connection.line.jobs
        here = active_document()
        documents = [self._connection.document_of(each.job.id) for each in told]
        self._jobs = [waiting_job(*each) for each in zip(told, documents)]
        is_seen_elsewhere = len(documents) == 1 and here is not None and documents[0] == here
        is_shown = bool(self._jobs) and not is_seen_elsewhere
        if is_shown:
            self._show_rows()
        self.setVisible(is_shown)

    def _show_rows(self) -> None:
        count = len(self._jobs)
        one = i18n("1 job runs or waits")
        self._heading.setText(
            one if count == 1 else i18n("{count} jobs run or wait").format(count=count)
        )
        chosen = self._chosen()
        rows = self._rows
        # What stays keeps its row: the list is told several times a second.
        shown = [rows.item(number) for number in range(rows.count())]
        ids = [item.data(Qt.ItemDataRole.UserRole) for item in shown if item is not None]
        if ids != [job.id for job in self._jobs]:
            self._refill(chosen.id if chosen else "")
        for number, job in enumerate(self._jobs):
            item = rows.item(number)
            if item is not None:
                item.setText(job.lines)
                item.setToolTip(tip_text(job.lines))
        self._offer()

    def _refill(self, chosen: str) -> None:
        rows = self._rows
        rows.blockSignals(True)
        rows.clear()
        for job in self._jobs:
            item = QListWidgetItem(job.lines)
            item.setData(Qt.ItemDataRole.UserRole, job.id)
            rows.addItem(item)
        at = [number for number, job in enumerate(self._jobs) if job.id == chosen]
        # Nothing is chosen but by the artist: what Cancel takes never changes by itself.
        rows.setCurrentRow(at[0] if at else -1)
        rows.blockSignals(False)
        high = rows.sizeHintForRow(0) * min(len(self._jobs), MOST_ROWS)
        rows.setFixedHeight(high + 2 * rows.frameWidth() + _ROOM)
        current = rows.currentItem()
        if current is not None:
            rows.scrollToItem(current)

    def _chosen(self) -> Optional[WaitingJob]:
        # Qt makes the first one current, if not chosen, as soon as the keyboard comes here.
        items = self._rows.selectedItems()
        job_id = items[0].data(Qt.ItemDataRole.UserRole) if items else None
        return next((job for job in self._jobs if job.id == job_id), None)

    def _offer(self) -> None:
        """Enable what can be done with the chosen one."""
        chosen = self._chosen()
        waiting = [job.id for job in self._jobs if job.waits]
        place = waiting.index(chosen.id) if chosen is not None and chosen.waits else -1
        self._first.setEnabled(place > 0)
        self._earlier.setEnabled(place > 0)
        self._later.setEnabled(0 <= place < len(waiting) - 1)
        self._cancel.setEnabled(chosen is not None)

    def _move(self, step: Step) -> None:
        chosen = self._chosen()
        if chosen is not None and (client := self._client()) is not None:
            client.move(chosen.id, MoveJob(step), _ignore, self._fail)

    def _stop(self) -> None:
        chosen = self._chosen()
        if chosen is not None and (client := self._client()) is not None:
            client.cancel(chosen.id, _ignore, self._fail)

    def _client(self) -> Optional[Client]:
        """Return who is asked; without one say so."""
        client = self._connection.client
        if client is None:
            self.failed.emit(i18n("The backend does not answer. Try again."))
        return client

    def _fail(self, problem: Problem) -> None:
        self.failed.emit(problem.message)


def _arrows() -> List[QToolButton]:
    arrows = []
    for name, arrow, tip in (
        ("layerpeel_waiting_earlier", Qt.ArrowType.UpArrow, i18n("Let it come earlier")),
        ("layerpeel_waiting_later", Qt.ArrowType.DownArrow, i18n("Let it come later")),
    ):
        button = QToolButton()
        button.setObjectName(name)
        button.setArrowType(arrow)
        button.setToolTip(tip)
        arrows.append(button)
    return arrows


def _ignore(_answer: object) -> None:
    """Do nothing: the line itself tells of it."""
