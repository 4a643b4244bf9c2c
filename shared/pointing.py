"""Messages between plugin and backend about pointing: a picture is shown, then asked about.

The backend looks at a picture once (`PictureShown`); each `WhatIsAt` about it is then answered at
once, and so is `WhatThings`. Nothing is peeled. `layerpeel.shared.protocol` has the types of their
content.
"""

from dataclasses import dataclass
from typing import Tuple

from layerpeel.shared.protocol import Points, Thing

Ring = Tuple[Tuple[float, float], ...]
"""A closed line: x, y of its corners in pixels of the picture (a pixel's middle lies at .5)."""


@dataclass(frozen=True)
class PictureShown:
    """The backend keeps a picture to point at, under this id, until it is given up."""

    id: str


@dataclass(frozen=True)
class WhatIsAt:
    """Ask which thing these points, and a box, mean.

    at_once: whether a rough outline will do if the exact one takes longer. It does where a small
        thing is first pointed at: that is looked at more closely.
    """

    points: Points
    at_once: bool = False


@dataclass(frozen=True)
class Outlined:
    """What would be lifted off: all within its rings, by the even-odd rule.

    is_rough: whether it is only roughly that; ask again, and not at once, for what a peel takes.
    """

    rings: Tuple[Ring, ...]
    is_rough: bool = False


@dataclass(frozen=True)
class WhatThings:
    """Ask for the things that stand out. most: how many at most."""

    most: int


@dataclass(frozen=True)
class FoundThing:
    """A thing that stands out, and its outline."""

    thing: Thing
    outline: Outlined


@dataclass(frozen=True)
class ThingsFound:
    """The things that stand out, front-most first. notes: lines for people."""

    things: Tuple[FoundThing, ...]
    notes: Tuple[str, ...] = ()
