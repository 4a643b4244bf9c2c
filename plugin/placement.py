"""What the artist chose, and where the result of a job belongs."""

from dataclasses import dataclass
from enum import Enum
from typing import Optional, Tuple

from layerpeel.shared.protocol import ChannelOrder, ColourModel, Coverage, Depth


class LiftOff(str, Enum):
    """What is to be lifted off."""

    SUBJECT = "subject"
    SELECTION = "selection"
    WORDS = "words"


class SourceKind(str, Enum):
    """From what it is lifted."""

    PICTURE = "picture"
    LAYER = "layer"
    LEFT = "left"  # what a peel before has left


class Form(str, Enum):
    """As what it comes back."""

    LAYERS = "layers"
    MASKS = "masks"
    SELECTION = "selection"
    LAYER = "layer"  # one, without a group


@dataclass(frozen=True)
class Choice:
    """The docker's settings at the moment Peel was pressed."""

    lift: LiftOff = LiftOff.SUBJECT
    words: str = ""
    exact_edge: bool = False
    layers: int = 1
    source: SourceKind = SourceKind.PICTURE
    form: Form = Form.LAYERS


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
    form: Form
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


@dataclass(frozen=True)
class Pixels:
    """Pixels as Krita gave them, of the whole canvas, with their colour space."""

    width: int
    height: int
    model: ColourModel
    depth: Depth
    profile: str
    data: bytes

    @property
    def order(self) -> ChannelOrder:
        """Krita keeps integers as B, G, R, A and floats as R, G, B, A."""
        return ChannelOrder.RGBA if self.depth.is_float else ChannelOrder.BGRA

    def is_opaque(self) -> bool:
        """Whether alpha is full everywhere. Two milliseconds a million pixels."""
        return self._alpha_is_everywhere(_FULL_ALPHA[self.depth])

    def is_empty(self) -> bool:
        """Whether alpha is 0 everywhere."""
        return self._alpha_is_everywhere(bytes(self.depth.bytes))

    def _alpha_is_everywhere(self, value: bytes) -> bool:
        step = self.model.channels * self.depth.bytes
        first = step - self.depth.bytes
        pixels = self.width * self.height
        return all(
            self.data[first + index :: step].count(value[index : index + 1]) == pixels
            for index in range(self.depth.bytes)
        )


_FULL_ALPHA = {
    Depth.U8: b"\xff",
    Depth.U16: b"\xff\xff",
    Depth.F16: b"\x00\x3c",
    Depth.F32: b"\x00\x00\x80\x3f",
}


@dataclass(frozen=True)
class Selected:
    """A selection within the canvas.

    box: left, top, width, height when it is a hard-edged rectangle, else None.
    """

    coverage: Coverage
    box: Optional[Tuple[int, int, int, int]]
