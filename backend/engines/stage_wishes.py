"""What a request wants for each stage, as in `auto+edge=vitmatte`: read, and written."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from layerpeel.backend.engines.means import GROUNDING_DINO, Means
from layerpeel.backend.engines.stage_choice import Question
from layerpeel.backend.errors import BadInputError

AUTO = "auto"
"""The engine that takes the best there is; and, for a stage, the same."""


class Stage(StrEnum):
    """What is chosen as one; each answers some of a peel's questions.

    WORDS: words to boxes. SUBJECT: the subject, of all or of a part. POINTING: boxes, clicks and
    things to masks. EDGE: a trimap to alpha. LAYERS: alpha to both layers, filled in behind.
    """

    WORDS = "words"
    SUBJECT = "subject"
    POINTING = "pointing"
    EDGE = "edge"
    LAYERS = "layers"

    @property
    def questions(self) -> tuple[Question, ...]:
        """The questions that it answers."""
        return _QUESTIONS[self]


_QUESTIONS = {
    Stage.WORDS: (Question.WORDS,),
    Stage.SUBJECT: (Question.SUBJECT, Question.PART),
    Stage.POINTING: (Question.POINTS, Question.BOX, Question.MASKS, Question.THINGS),
    Stage.EDGE: (Question.EDGE,),
    Stage.LAYERS: (Question.LAYERS,),
}

Answering = Mapping[Question, Sequence[Means[object]]]
"""Who may answer each question that somebody may answer otherwise."""


def choices_of(stage: Stage, answering: Answering) -> list[Means[object]]:
    """List what can be chosen for a stage: what answers at least the first of its questions."""
    if stage is Stage.WORDS:
        return [GROUNDING_DINO]
    return list(answering[stage.questions[0]])


def read_wishes(texts: Iterable[str], answering: Answering) -> dict[Question, Means[object]]:
    """Read texts as “edge=vitmatte”; “auto” wishes nothing.

    Where what is wished answers only some of a stage's questions, the others are left open.

    Raises BadInputError when there is no such stage or choice, or a stage comes twice.
    """
    wished: dict[Question, Means[object]] = {}
    seen = set[Stage]()
    for text in texts:
        name, _, value = text.partition("=")
        if name not in set(Stage):
            raise BadInputError(
                f"There is no stage “{name}” to choose for. There are: {', '.join(Stage)}; "
                "write it as edge=vitmatte."
            )
        stage = Stage(name)
        if stage in seen:
            raise BadInputError(f"The stage “{stage}” was chosen twice: choose it once.")
        seen.add(stage)
        if value == AUTO:
            continue
        choices = {means.name: means for means in choices_of(stage, answering)}
        if value not in choices:
            raise BadInputError(
                f"“{value}” cannot be chosen for the stage “{stage}”. There are: "
                f"{', '.join([AUTO, *choices])}."
            )
        for question in stage.questions:
            if choices[value] in answering.get(question, ()):
                wished[question] = choices[value]
    return wished


def with_stages(engine: str, stages: Iterable[str]) -> str:
    """Return an engine's name with choices for stages added, each as “edge=vitmatte”.

    Raises BadInputError where the engine is a fixed choice.
    """
    added = list(stages)
    if added and engine.split("+")[0] != AUTO:
        raise BadInputError(
            f"The engine “{engine}” is a fixed choice: choose for a stage with the engine “{AUTO}”."
        )
    return "+".join([engine, *added])
