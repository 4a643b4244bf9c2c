"""What the artist has chosen in the docker before pressing Peel."""

from dataclasses import dataclass
from enum import Enum
from typing import Optional

from layerpeel.plugin.canvas.pixels import SourceKind
from layerpeel.plugin.canvas.placement import ResultForm
from layerpeel.plugin.pointing.marks import PointedAt


class LiftOff(str, Enum):
    """What to lift off."""

    SUBJECT = "subject"
    POINT = "point"
    THINGS = "things"
    SELECTION = "selection"
    WORDS = "words"

    @property
    def uses_picture(self) -> bool:
        """Whether the artist points, or chooses, in a picture."""
        return self in (LiftOff.POINT, LiftOff.THINGS)


@dataclass(frozen=True)
class Choice:
    """The docker's settings at the moment Peel was pressed.

    pointed_at: None where nothing is pointed at.
    patches: whether the background is only a patch, where the picture lies below it.
    """

    lift: LiftOff = LiftOff.SUBJECT
    words: str = ""
    exact_edge: bool = False
    layers: int = 1
    source: SourceKind = SourceKind.PICTURE
    form: ResultForm = ResultForm.LAYERS
    pointed_at: Optional[PointedAt] = None
    patches: bool = False
