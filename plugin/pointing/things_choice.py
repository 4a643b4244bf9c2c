"""The things that were found in a picture, and which of them the artist wants."""

import math
from dataclasses import dataclass, replace
from typing import Iterable, Optional, Tuple

from layerpeel.plugin.pointing.marks import Place
from layerpeel.shared.pointing import FoundThing, Ring
from layerpeel.shared.protocol import Thing, ThingPart


@dataclass(frozen=True)
class OfferedThing:
    """A thing, its outline, and whether it is to be lifted off."""

    thing: Thing
    rings: Tuple[Ring, ...]
    is_wanted: bool = True


@dataclass(frozen=True)
class ThingsChoice:
    """The things of one picture, front-most first. notes: lines for people."""

    things: Tuple[OfferedThing, ...]
    notes: Tuple[str, ...] = ()

    def wanted(self) -> Tuple[OfferedThing, ...]:
        """Return the things to lift off."""
        return tuple(each for each in self.things if each.is_wanted)

    def at(self, place: Place) -> Optional[int]:
        """Return the index of the front-most thing at a place of the picture."""
        x, y = math.floor(place[0]), math.floor(place[1])
        for index, each in enumerate(self.things):
            if any(_covers(part, x, y) for part in each.thing.parts):
                return index
        return None

    def wanting(self, index: int, is_wanted: bool) -> "ThingsChoice":
        """Want a thing, or let it stay in the picture."""
        changed = replace(self.things[index], is_wanted=is_wanted)
        return replace(self, things=(*self.things[:index], changed, *self.things[index + 1 :]))

    def merging(self, indices: Iterable[int]) -> "ThingsChoice":
        """Make one thing of several, in place of the front-most; it is named after that."""
        merged = sorted(indices)
        if len(merged) < 2:
            return self
        several = [self.things[index] for index in merged]
        one = OfferedThing(
            Thing(several[0].thing.name, tuple(p for each in several for p in each.thing.parts)),
            tuple(ring for each in several for ring in each.rings),
        )
        things = [
            one if index == merged[0] else each
            for index, each in enumerate(self.things)
            if index not in merged[1:]
        ]
        return replace(self, things=tuple(things))


def offered(found: Iterable[FoundThing], notes: Tuple[str, ...]) -> ThingsChoice:
    """Offer what was found, all of it wanted."""
    return ThingsChoice(
        tuple(OfferedThing(each.thing, each.outline.rings) for each in found), notes
    )


def _covers(part: ThingPart, x: int, y: int) -> bool:
    column, row = x - part.offset[0], y - part.offset[1]
    width, height = part.coverage.width, part.coverage.height
    is_within = 0 <= column < width and 0 <= row < height
    return is_within and part.coverage.data[row * width + column] > 127
