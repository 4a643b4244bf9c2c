"""A method as the evaluation sees it: picture and trimap in, layers out."""

from collections.abc import Callable
from dataclasses import dataclass

from layerpeel.backend.image import Float32
from layerpeel.backend.separation import Separation

Separate = Callable[[Float32, Float32, int], Separation]
"""From an H×W×3 picture (RGB, 0–1), an H×W trimap (0, 0.5, 1) and a seed.

Raises LayerpeelError where this picture cannot be separated.
"""


def lacks_nothing() -> str | None:
    """Return None, as all parts are there."""
    return None


@dataclass(frozen=True)
class Baseline:
    """A method that can be measured; it is pickled, to run in a process of its own.

    name: as on the command line. title: what it consists of, in words.
    lacks: returns in one line what is missing here, None when it can run.
    """

    name: str
    title: str
    separate: Separate
    lacks: Callable[[], str | None] = lacks_nothing
