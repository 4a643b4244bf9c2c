"""What a track of the evaluation is: questions whose right answers are known, and their figures."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from layerpeel.backend.composites.art import Art
from layerpeel.backend.evaluation.baseline import Answer, Baseline
from layerpeel.backend.image import Float32
from layerpeel.backend.separation import Matte
from layerpeel.shared.protocol import Lift

Ask = Callable[[Lift], Answer]
"""Asks one method of the question's picture; it may be asked again, as a person clicks again."""

Pictures = dict[str, Float32]
"""What the page shows of an answer, by `Track.kinds`: H×W×3 (RGB), or ×4 (straight alpha), 0–1."""


@dataclass(frozen=True)
class Measured:
    """How well a method answered.

    figures: by name (`evaluation.figures`). made: its one layer, where one was asked for.
    """

    figures: dict[str, float]
    pictures: Pictures = field(repr=False)
    made: Matte | None = field(default=None, repr=False)


class Question(Protocol):
    """A picture of which something is to be lifted off that is known."""

    @property
    def name(self) -> str:
        """What it is of, for people."""

    @property
    def picture(self) -> Float32:
        """What methods get: H×W×3, RGB, 0–1, rounded to 8 bits; or ×4, with straight alpha."""

    @property
    def shown(self) -> Float32:
        """The same as the page shows it: with the box, if one was drawn."""

    @property
    def truth(self) -> Matte | None:
        """The right answer, where it is one layer."""

    def true_pictures(self) -> Pictures:
        """Show the right answer."""

    def put_to(self, ask: Ask) -> Measured:
        """Ask a method, as often as it takes, and measure what it answers.

        Raises whatever `ask` raises.
        """


DrawQuestions = Callable[[Art, int, int, int, int | None], Iterator[Question]]
"""Draws the questions of `count` pictures by art, count, seed, size, and objects in each scene.

The same for the same arguments. Pictures are size×size; objects: as the track has it if None.
Raises BadInputError where nothing can be drawn.
"""


class Statistic(Enum):
    """How many pictures become one number."""

    MEDIAN = ""
    MEAN = " mean"
    RATIO = " ratio"


@dataclass(frozen=True)
class Column:
    """A column of a track's table: a figure, over all pictures.

    A ratio is the median of per-picture ratios to the reference.
    """

    figure: str
    statistic: Statistic = Statistic.MEDIAN

    @property
    def title(self) -> str:
        """Its head."""
        return self.figure + self.statistic.value


@dataclass(frozen=True)
class Kind:
    """A kind of pictures that the page shows of each method.

    question: which it is, as the blind comparison asks. captions: figures that are said beneath.
    """

    question: str
    captions: tuple[str, ...]


@dataclass(frozen=True)
class Track:
    """One way to measure: what is drawn and asked, of which methods, and what is told of it.

    name: as on the command line. about: what all methods got, a sentence.
    draw: the questions. scenes: whether those are of scenes, whose number of objects can be chosen.
    engine: an engine of ours as a method of this track, by its name. baselines: those beside it.
    reference: the baseline that ratios are relative to.
    columns: of the table. plotted: figures that are drawn dot by dot. judged_by: the figure by
        which the worst come first.
    kinds: of pictures that the page shows, by `Pictures`' names.
    """

    name: str
    about: str
    draw: DrawQuestions
    scenes: bool
    engine: Callable[[str], Baseline]
    baselines: Mapping[str, Baseline]
    reference: str
    columns: tuple[Column, ...]
    plotted: tuple[str, ...]
    judged_by: str
    kinds: Mapping[str, Kind]
