"""What the artist has chosen in the docker before pressing Peel."""

from dataclasses import dataclass
from enum import Enum

from layerpeel.plugin.canvas.pixels import SourceKind
from layerpeel.plugin.canvas.placement import ResultForm


class LiftOff(str, Enum):
    """What to lift off."""

    SUBJECT = "subject"
    SELECTION = "selection"
    WORDS = "words"


@dataclass(frozen=True)
class Choice:
    """The docker's settings at the moment Peel was pressed."""

    lift: LiftOff = LiftOff.SUBJECT
    words: str = ""
    exact_edge: bool = False
    layers: int = 1
    source: SourceKind = SourceKind.PICTURE
    form: ResultForm = ResultForm.LAYERS
