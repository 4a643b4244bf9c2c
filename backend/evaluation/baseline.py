"""A method as the evaluation sees it: asked as a person asks, it answers with layers."""

from collections.abc import Callable
from dataclasses import dataclass

from layerpeel.backend.image import Float32
from layerpeel.backend.separation import Matte
from layerpeel.shared.protocol import Lift

Answer = tuple[Matte, ...]
"""What is lifted off, front-most first, each as far as it is seen; empty where nothing was found.

A `Separation` where colours of both layers were found too.
"""

Separate = Callable[[Float32, Lift, int], Answer]
"""From an H×W×3 picture (RGB, 0–1, of 8-bit values), what is to be lifted off, and a seed.

In the track `see-through` the picture is H×W×4, with straight alpha.

Raises NothingFoundError where there is nothing to lift off, as well as answering with nothing, and
another LayerpeelError where this picture cannot be separated.
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
