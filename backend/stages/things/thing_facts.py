"""What is known of all answers to points in one picture, to tell which are whole things."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.progress import ReportFraction, in_steps
from layerpeel.backend.stages.crop import Window
from layerpeel.backend.stages.pointing.answer_facts import FACTS, MASKS, Asked
from layerpeel.backend.stages.pointing.best_answer import Question, likelihoods
from layerpeel.backend.stages.pointing.minisam import KEEP, PADDING, Look, Place
from layerpeel.backend.stages.things.answer_relations import RELATIONS, AnswersTogether
from layerpeel.backend.stages.things.kinds_apart import KINDS, KindsApart

THING_FACTS = FACTS + RELATIONS + KINDS
"""How many facts are known of each answer."""

# Shares of the time for asking, and for finding out about all answers together and in kind.
SHARES = (0.9, 0.05, 0.05)


@dataclass(frozen=True)
class AnswersToPoints:
    """All that miniSAM answers to single points, four to each in turn.

    logits, masks: n×h×w, in the picture's proportions. facts: n×74, of each answer by itself,
    beside the others, and in kind.
    """

    logits: Float32
    masks: Bool
    facts: Float32


def answers_to_points(
    look: Look, points: Sequence[tuple[int, int]], report: ReportFraction
) -> AnswersToPoints:
    """Ask about points (rows and columns of the grid, at least one), one after the other.

    Raises ModelError when the decoder cannot be loaded, and whatever `report` raises to cancel.
    """
    height, width = look.grid.shape[:2]
    asking, relating, comparing = in_steps(report, *SHARES)
    count = len(points) * MASKS
    logits = np.empty((count, height, width), np.float32)
    facts = np.empty((count, THING_FACTS), np.float32)
    likely = np.empty(count, np.float32)
    for number, point in enumerate(points):
        asking(number / len(points))
        question = _question(look, point)
        own = slice(number * MASKS, (number + 1) * MASKS)
        logits[own] = question.logits[:, :height, :width]
        facts[own, :FACTS] = question.facts
        likely[own] = likelihoods(question)
    masks = logits > 0
    point_of = np.repeat(np.arange(len(points)), MASKS)
    together = AnswersTogether(masks, likely, points, point_of, look.embedding)
    facts[:, FACTS : FACTS + RELATIONS] = together.relations(relating)
    kinds = KindsApart(look.embedding, (height, width))
    facts[:, FACTS + RELATIONS :] = kinds.facts(masks, comparing)
    return AnswersToPoints(logits, masks, facts)


def _question(look: Look, point: tuple[int, int]) -> Question:
    scale = max(look.shape) / max(look.grid.shape[:2])
    x, y = (point[1] + 0.5) * scale, (point[0] + 0.5) * scale
    places: list[Place] = [(x, y, KEEP), (0.0, 0.0, PADDING)]
    whole = Window(0, look.shape[0], 0, look.shape[1])
    return Question(look, whole, [Asked(places, look.answers(places))])
