"""Which of several answers is the thing that was meant, by a small network of our own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from layerpeel.backend.image import Float32
from layerpeel.backend.stages.crop import Window
from layerpeel.backend.stages.pointing.answer_facts import OBEYED, Asked, facts_of
from layerpeel.backend.stages.pointing.minisam import Look
from layerpeel.backend.stages.small_networks.running import FACTS_INPUT, OUTPUT, session_of

NETWORK = "pointing"


@dataclass(frozen=True)
class Question:
    """What was asked about one thing in different ways, and all that was answered.

    window: the part of the picture that `look` has seen. earlier: the logits (256×256) that the
    answers correct.
    """

    look: Look
    window: Window
    asked: Sequence[Asked]
    earlier: Float32 | None = None

    @property
    def logits(self) -> Float32:
        """All answers, n×256×256, of each prompt its four in turn."""
        return np.concatenate([each.answers.logits for each in self.asked])

    @cached_property
    def facts(self) -> Float32:
        """What is known of each, n×facts."""
        return facts_of(self.look, self.asked, self.earlier)


Choose = Callable[[Question], int]
"""Says which of the answers is right."""


def likelihoods(question: Question) -> Float32:
    """How probably each answer is the thing that was meant: n, 0–1, and −1 for an empty one.

    It is the intersection over union that can be expected.
    """
    (found,) = session_of(NETWORK).run([OUTPUT], {FACTS_INPUT: question.facts})
    rows, columns = question.look.grid.shape[:2]
    is_something = (question.logits[:, :rows, :columns] > 0).any(axis=(1, 2))
    return np.where(is_something, found, -1).astype(np.float32)


def likeliest(question: Question) -> int:
    """Choose the likeliest of those answers that do what most clicks say."""
    obeyed = question.facts[:, OBEYED]
    return int(np.where(obeyed >= obeyed.max(), likelihoods(question), -1).argmax())
