"""One press of Generate: reads the canvas once and submits a job for each variant."""

from typing import List, Optional

from krita import Document

from layerpeel.plugin.backend.connection import Connection
from layerpeel.plugin.backend.job import Job
from layerpeel.plugin.canvas import CanvasError
from layerpeel.plugin.canvas.source_reading import while_open
from layerpeel.plugin.qt import QObject
from layerpeel.plugin.scenes.scene_choice import SceneChoice
from layerpeel.plugin.scenes.scene_message import Commission, commission_for
from layerpeel.plugin.scenes.variant import Variant
from layerpeel.plugin.turns import run_in_turns


class Press(QObject):
    """The variants of one press, first seed first."""

    def __init__(
        self,
        connection: Connection,
        document: Document,
        choice: SceneChoice,
        engine: str,
        parent: Optional[QObject] = None,
    ) -> None:
        """engine: name of the engine that peels."""
        super().__init__(parent)
        self._document = document
        self._choice = choice
        self._engine = engine
        self._commission: Optional[Commission] = None
        self._handed_in = 0
        self._jobs: List[Job] = []
        self.variants: List[Variant] = []
        alone = choice.variants == 1
        for number in range(choice.variants):
            job = Job(connection, document, engine, self)
            job.accepted.connect(self._hand_in_next)
            job.ended.connect(lambda _line, _cause, number=number: self._ended(number))
            self._jobs.append(job)
            self.variants.append(Variant(job, choice.seed + number, alone, self))

    def start(self) -> None:
        """Read the canvas and submit the variants one after the other."""
        turns = while_open(
            self._document, commission_for(self._document, self._choice, self._engine)
        )
        run_in_turns(turns, self._read, self._not_read, (CanvasError,))

    def _read(self, commission: Commission) -> None:
        self._commission = commission
        self._hand_in_next()

    def _not_read(self, error: Exception) -> None:
        self._handed_in = len(self._jobs)
        for job in self._jobs:
            job.fail(error)

    def _hand_in_next(self) -> None:
        """Submit the next variant that was not cancelled, so that the queue keeps their order."""
        while self._commission is not None and self._handed_in < len(self._jobs):
            number = self._handed_in
            self._handed_in += 1
            if not self._jobs[number].is_over:
                message = self._commission.message(number)
                self._jobs[number].hand_in(message, self._commission.placement)
                return
        # The canvas need not be kept in memory for as long as the thumbnails.
        self._commission = None

    def _ended(self, number: int) -> None:
        if number == self._handed_in - 1:
            self._hand_in_next()
