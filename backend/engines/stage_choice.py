"""What a peel asks, and a choice of what stands for each question."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from layerpeel.backend.engines.means import Means
from layerpeel.shared.protocol import (
    Box,
    Coverage,
    Mask,
    Outcome,
    PeelRequest,
    Phrases,
    Points,
    Subject,
    Things,
    Trimap,
    Words,
)

if TYPE_CHECKING:
    from layerpeel.backend.engines.stage_parts import (
        FindsAtPoints,
        FindsEdge,
        FindsInBox,
        FindsInBoxes,
        FindsInLasso,
        FindsLayers,
        FindsSubject,
        FindsWithin,
        FindsWords,
        Loosens,
        TellsThingsApart,
    )


class Question(StrEnum):
    """What a peel asks: each is a field of `StageChoice`, and a key of `MadeWith.stages`."""

    WORDS = "words"
    MASKS = "masks"
    SUBJECT = "subject"
    PART = "part"
    BOX = "box"
    POINTS = "points"
    LASSO = "lasso"
    THINGS = "things"
    GLASS = "glass"
    EDGE = "edge"
    LAYERS = "layers"


def questions_of(request: PeelRequest) -> tuple[Question, ...]:
    """The questions that have to be answered for a request, in the order in which they come up.

    Several layers ask for things as well where those can be told apart; without, for the subject.
    """
    lift, asked = request.lift, list[Question]()
    match lift:
        case Words() | Phrases():
            asked += [Question.WORDS, Question.MASKS]
        case Box():
            asked += [Question.BOX]
        case Points():
            asked += [Question.POINTS]
        case Subject(Coverage()):
            asked += [Question.PART]
        case Subject():
            asked += [Question.SUBJECT]
        case Things(()):
            asked += [Question.THINGS, Question.SUBJECT]
        case Mask(exact=False) if request.band is None:
            asked += [Question.LASSO]
    again = asks_again(request)
    exact = isinstance(lift, Mask) and lift.exact
    if again:
        asked += [Question.SUBJECT]
    if again or not (exact or isinstance(lift, Trimap)):
        asked += [Question.GLASS]
    if again or not exact:
        asked += [Question.EDGE]
    if request.outcome is not Outcome.SELECTION:
        asked += [Question.LAYERS]
    return tuple(dict.fromkeys(asked))


def asks_again(request: PeelRequest) -> bool:
    """Whether more is to come off than what the request itself names."""
    return request.layers > 1 and not isinstance(request.lift, Phrases | Things)


@dataclass(frozen=True)
class StageChoice:
    """One implementation for each question; None where nothing stands for it.

    Without words, those are refused; without lasso, a rough mask stands as it is drawn; without
    glass, nothing is loosened.
    """

    words: "Means[FindsWords] | None"
    masks: "Means[FindsInBoxes]"
    subject: "Means[FindsSubject]"
    part: "Means[FindsWithin]"
    box: "Means[FindsInBox]"
    points: "Means[FindsAtPoints]"
    lasso: "Means[FindsInLasso] | None"
    things: "Means[TellsThingsApart]"
    glass: "Means[Loosens] | None"
    edge: "Means[FindsEdge]"
    layers: "Means[FindsLayers]"

    def of(self, question: Question) -> Means[object] | None:
        """What stands for a question."""
        means: Means[object] | None = getattr(self, question.value)
        return means

    def taken_for(self, request: PeelRequest) -> dict[Question, Means[object]]:
        """What stands for each question of a request."""
        chosen = {question: self.of(question) for question in questions_of(request)}
        return {question: means for question, means in chosen.items() if means is not None}
