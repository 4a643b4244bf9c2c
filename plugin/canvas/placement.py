"""Where the result of a job belongs in a document, and which results lie there."""

from dataclasses import dataclass
from enum import Enum
from typing import Tuple

from layerpeel.shared.protocol import ColourModel, Depth


class ResultForm(str, Enum):
    """As what it comes back."""

    LAYERS = "layers"
    MASKS = "masks"
    SELECTION = "selection"
    LAYER = "layer"  # one, without a group


@dataclass(frozen=True)
class Place:
    """Where a group, or a layer without one, goes, and how it lies there.

    above: unique id of the layer directly above which it goes; empty for the top of the picture.
    below: unique id of the layer directly below which it goes; empty where `above` says it.
    patch: whether its background need only cover what has changed, since below it lies the same,
        opaque picture.
    blending_mode, opacity (0–255): of the group.
    inherit_alpha: whether it shows only where what lies below it does.
    covers_original: whether the group hides what it was made from; if not, the artist should.
    """

    above: str = ""
    below: str = ""
    patch: bool = True
    blending_mode: str = "normal"
    opacity: int = 255
    inherit_alpha: bool = False
    covers_original: bool = True


@dataclass(frozen=True)
class Placement:
    """Everything it takes to put a result into a document; travels with the job as its keepsake.

    name: of the group; of a layer without one, unless it is called after the words that made it.
    size: width, height of the canvas when it was read.
    model, depth, profile: the colour space of the layers, in Krita's names.
    """

    name: str
    size: Tuple[int, int]
    form: ResultForm
    place: Place
    model: ColourModel
    depth: Depth
    profile: str


@dataclass(frozen=True)
class PeeledGroup:
    """A result in a document, so that what it has left can be peeled again.

    group, background: unique ids. patch: as in `Place`.
    """

    name: str
    group: str
    background: str
    patch: bool


@dataclass(frozen=True)
class PeeledGroups:
    """All results in a document, oldest first. Saved with it."""

    groups: Tuple[PeeledGroup, ...] = ()
