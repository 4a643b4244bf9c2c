"""What is known of all answers to points in one picture, to tell which are whole things."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.progress import ReportFraction
from layerpeel.backend.stages.crop import Window
from layerpeel.backend.stages.pointing.answer_facts import FACTS, MASKS, Asked
from layerpeel.backend.stages.pointing.best_answer import Question, likelihoods
from layerpeel.backend.stages.pointing.minisam import KEEP, PADDING, Look, Place
from layerpeel.backend.stages.things.answer_relations import RELATIONS, AnswersTogether
from layerpeel.backend.stages.things.kinds_apart import KINDS, KindsApart

THING_FACTS = FACTS + RELATIONS + KINDS
"""How many facts are known of each answer."""


@dataclass(frozen=True)
class AnswersToPoints:
    """All that miniSAM answers to single points, four to each in turn.

    logits: n×h×w, in the picture's proportions. facts: n×74, of each answer by itself, beside the
    others, and in kind.
    """

    logits: Float32
    facts: Float32

    @property
    def masks(self) -> Bool:
        """Where each is, n×h×w."""
        return self.logits > 0


def answers_to_points(
    look: Look, points: Sequence[tuple[int, int]], report: ReportFraction
) -> AnswersToPoints:
    """Ask about points (rows and columns of the grid, at least one), one after the other.

    Raises ModelError when the decoder cannot be loaded, and whatever `report` raises to cancel.
    """
    height, width = look.grid.shape[:2]
    logits, facts, likely = [], [], []
    for number, point in enumerate(points):
        report(number / len(points))
        question = _question(look, point)
        logits.append(question.logits[:, :height, :width])
        facts.append(question.facts)
        likely.append(likelihoods(question))
    answered = np.concatenate(logits)
    masks = answered > 0
    point_of = np.repeat(np.arange(len(points)), MASKS)
    together = AnswersTogether(masks, np.concatenate(likely), points, point_of, look.embedding)
    kinds = KindsApart(look.embedding, (height, width)).facts(masks)
    known = np.concatenate([np.concatenate(facts), together.relations(), kinds], axis=1)
    return AnswersToPoints(answered, known)


def _question(look: Look, point: tuple[int, int]) -> Question:
    scale = max(look.shape) / max(look.grid.shape[:2])
    x, y = (point[1] + 0.5) * scale, (point[0] + 0.5) * scale
    places: list[Place] = [(x, y, KEEP), (0.0, 0.0, PADDING)]
    whole = Window(0, look.shape[0], 0, look.shape[1])
    return Question(look, whole, [Asked(places, look.answers(places))])
