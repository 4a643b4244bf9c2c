"""Where the result of a job belongs in a document, and which results it already has."""

from dataclasses import dataclass
from enum import Enum
from typing import Optional, Tuple

from layerpeel.shared.protocol import ColourModel, Depth, ProtocolError

MOST_ADJUSTED = 8  # pixels


class ResultForm(str, Enum):
    """What the result is inserted as."""

    LAYERS = "layers"
    MASKS = "masks"
    SELECTION = "selection"
    LAYER = "layer"  # a single one, without a group
    BACKGROUND = "background"  # a single one, in the place of a result's background
    PART = "part"  # some of a result's layers as a group: not one to be peeled again


@dataclass(frozen=True)
class Place:
    """Where a group, or a single layer, is inserted, and how it blends there.

    above: unique id of the layer to insert it directly above; empty for the top of the picture.
    below: unique id of the layer to insert it directly below; empty where `above` is used.
    patch: whether its background covers only what has changed, which the same, opaque picture
        below it allows; else it spans the canvas.
    blending_mode, opacity (0–255): of the group.
    inherit_alpha: whether it is clipped to what lies below it.
    covers_original: whether the group hides what it was made from; if not, the artist should
        hide it.
    """

    above: str = ""
    below: str = ""
    patch: bool = True
    blending_mode: str = "normal"
    opacity: int = 255
    inherit_alpha: bool = False
    covers_original: bool = True

    def __post_init__(self) -> None:
        """Check what Krita would take for another number: a placement may come with a .kra."""
        if not 0 <= self.opacity <= 255:
            raise ProtocolError(f"No layer has an opacity of {self.opacity}.")


@dataclass(frozen=True)
class Origin:
    """What a result was made of, in words for the artist; empty for results of older versions.

    lifted: what was lifted off, or painted. taken_from: name of the layer, or of the earlier result
        whose rest it was; empty for the whole picture. document: its name.
    """

    lifted: str = ""
    taken_from: str = ""
    document: str = ""


@dataclass(frozen=True)
class Edge:
    """How the edges of what was lifted off are adjusted; see `AdjustRequest`. In pixels."""

    shift: int = 0
    soften: int = 0
    clean: bool = False

    def __post_init__(self) -> None:
        """Check likewise."""
        if max(abs(self.shift), abs(self.soften)) > MOST_ADJUSTED:
            raise ProtocolError(f"No edge is adjusted by {self.shift}, {self.soften} pixels.")


@dataclass(frozen=True)
class Adjusted:
    """How a result's edges were adjusted. of: the job whose result it was before."""

    of: str
    edge: Edge


@dataclass(frozen=True)
class Placement:
    """Everything needed to insert a result into a document; travels with the job as its keepsake.

    name: of the group, or of a single layer unless that is named after its prompt.
    size: width, height of the canvas when it was read.
    model, depth, profile: the colour space of the layers, in Krita's names.
    adjusted: None where the edges are as they came.
    """

    name: str
    size: Tuple[int, int]
    form: ResultForm
    place: Place
    model: ColourModel
    depth: Depth
    profile: str
    origin: Origin = Origin()
    adjusted: Optional[Adjusted] = None


@dataclass(frozen=True)
class PeeledGroup:
    """A result in a document, so that its background can be peeled again.

    group, background, foregrounds: unique ids. patch: as in `Place`.
    hidden: what tells whether the foregrounds still hide what they hid (`hiding.fingerprint`).
    refills: how many other backgrounds it has had, this one included.
    """

    name: str
    group: str
    background: str
    patch: bool
    foregrounds: Tuple[str, ...] = ()
    hidden: str = ""
    refills: int = 0


@dataclass(frozen=True)
class PeeledGroups:
    """All results in a document, oldest first. Saved with it."""

    groups: Tuple[PeeledGroup, ...] = ()
