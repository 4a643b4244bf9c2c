"""What a picture, a request, an event and a stack of layers are, in memory and on the wire.

Plugin and backend both speak in these types (`layerpeel.shared.wire` turns them into bytes). They
hold bytes, so that neither side needs more than the standard library; numpy reads the bytes without
a copy (``layerpeel.backend.image``).

One picture has two views. The document's own values (`Picture.pixels`, in the document's depth and
profile; floats may lie below 0 or above 1) are what the mixing equations use and what comes back.
The display-referred sRGB proxy (`Picture.proxy`, 8 bits, clipped) is what networks see.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Dict, Optional, Tuple, Union


class ProtocolError(ValueError):
    """Bytes that do not say what they claim to say."""


class ColourModel(str, Enum):
    """Krita's names. Alpha is always there, and always last."""

    RGBA = "RGBA"
    GRAYA = "GRAYA"

    @property
    def channels(self) -> int:
        """Number of channels of a pixel, alpha included."""
        return 4 if self is ColourModel.RGBA else 2


class Depth(str, Enum):
    """Krita's names for what one channel is: an unsigned integer or an IEEE float."""

    U8 = "U8"
    U16 = "U16"
    F16 = "F16"
    F32 = "F32"

    @property
    def bytes(self) -> int:
        """Size of one channel."""
        return {Depth.U8: 1, Depth.U16: 2, Depth.F16: 2, Depth.F32: 4}[self]

    @property
    def is_float(self) -> bool:
        """Whether values may lie outside 0–1."""
        return self in (Depth.F16, Depth.F32)


class ChannelOrder(str, Enum):
    """The order of a coloured pixel's channels. Grey, alpha has one order only.

    Krita keeps integers as B, G, R, A and floats as R, G, B, A. Reordering them takes the standard
    library longer than the GUI thread may be held, so the block says which it is.
    """

    RGBA = "RGBA"
    BGRA = "BGRA"


@dataclass(frozen=True)
class PixelBlock:
    """A rectangle of pixels.

    Rows from the top, no padding, little endian, straight (un-premultiplied) alpha.

    Raises `ProtocolError` when the number of bytes is not width × height × channels × depth.
    """

    width: int
    height: int
    model: ColourModel
    depth: Depth
    data: bytes = field(repr=False)
    order: ChannelOrder = ChannelOrder.RGBA

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise ProtocolError(f"A block of {self.width}×{self.height} pixels holds nothing.")
        expected = self.width * self.height * self.model.channels * self.depth.bytes
        if len(self.data) != expected:
            raise ProtocolError(
                f"{self.width}×{self.height} pixels of {self.model.value} {self.depth.value} "
                f"are {expected} bytes, but {len(self.data)} came."
            )


@dataclass(frozen=True)
class Picture:
    """A picture to peel.

    pixels: the document's own values.
    icc_profile: what the values mean; empty for sRGB (integers and floats alike).
    proxy: display-referred sRGB, RGBA U8, of the same size. None lets the backend derive it from
        values and profile; whoever can convert better (Krita, with its own profiles) sends it.
    """

    pixels: PixelBlock
    icc_profile: bytes = field(default=b"", repr=False)
    proxy: Optional[PixelBlock] = None

    def __post_init__(self) -> None:
        proxy = self.proxy
        if proxy is None:
            return
        if (proxy.width, proxy.height) != (self.pixels.width, self.pixels.height):
            raise ProtocolError("The proxy differs in size from the picture.")
        if (proxy.model, proxy.depth) != (ColourModel.RGBA, Depth.U8):
            raise ProtocolError("The proxy must be 8-bit RGBA in sRGB.")


@dataclass(frozen=True)
class Coverage:
    """One byte a pixel, 0–255, rows from the top: a selection, a mask or a trimap.

    Raises `ProtocolError` when the number of bytes is not width × height.
    """

    width: int
    height: int
    data: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.data) != self.width * self.height:
            raise ProtocolError(
                f"A mask of {self.width}×{self.height} pixels came with {len(self.data)} bytes."
            )


@dataclass(frozen=True)
class Subject:
    """Lift off the main subject of the picture, or of a part that is selected."""

    within: Optional[Coverage] = None


@dataclass(frozen=True)
class Mask:
    """Lift off what a mask covers.

    exact: the mask is the alpha, to the last byte; otherwise it is rough, and the edge is looked
        for in a band round its own.
    """

    coverage: Coverage
    exact: bool = False


@dataclass(frozen=True)
class Trimap:
    """Lift off by a trimap, used as it is: ≥ 230 foreground, ≤ 25 background, else unknown."""

    coverage: Coverage


@dataclass(frozen=True)
class Box:
    """Lift off what lies in a box; left, top, width, height in pixels of the picture."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class Words:
    """Lift off what a few words name."""

    text: str


@dataclass(frozen=True)
class Phrases:
    """Lift off what each of these names, one after the other, front-most first.

    What is not found is passed over, and said. A layer bears the phrase that it was found by.
    """

    texts: Tuple[str, ...]


@dataclass(frozen=True)
class Point:
    """A click: x, y of a pixel, and whether the thing that is meant lies there, or does not."""

    x: int
    y: int
    inside: bool = True


@dataclass(frozen=True)
class Points:
    """Lift off the thing that a few clicks point at."""

    points: Tuple[Point, ...]


Lift = Union[Subject, Mask, Trimap, Box, Words, Phrases, Points]


class Outcome(str, Enum):
    """What a job is to give.

    LAYERS: a stack whose flattening is the picture.
    PATCHES: the same, but its background only where it differs from the picture, or where something
        lies over it: for laying over the picture itself. Needs an opaque picture there.
    SELECTION: only what would be lifted off first, as a selection; no layers.
    """

    LAYERS = "layers"
    PATCHES = "patches"
    SELECTION = "selection"


@dataclass(frozen=True)
class PeelRequest:
    """What to do with a picture. Equal requests give equal bytes.

    lift: what to lift off first; every further layer is the subject of what is left.
    layers: how many foregrounds; one layer more comes back, the background. `Phrases` are as many
        as they are, and this is not heeded.
    band: half the width of the band in which the edge is looked for, in pixels; None follows the
        object's size. A trimap brings its own, an exact mask needs none.
    masks: whether each foreground comes as opaque colour with a mask beside it (`Layer.mask`).
    """

    lift: Lift = field(default_factory=Subject)
    layers: int = 1
    band: Optional[float] = None
    seed: int = 0
    engine: str = "compact"
    outcome: Outcome = Outcome.LAYERS
    masks: bool = False


class Role(str, Enum):
    """What a layer is in its stack."""

    FOREGROUND = "foreground"
    BACKGROUND = "background"


@dataclass(frozen=True)
class Layer:
    """A paint layer, trimmed to its bounds.

    offset: x, y of its top left pixel in the picture.
    opacity: 0–1.
    mask: for a transparency mask, where one was asked for; of the same size and place.
    phrase: the words that it was found or painted by; else empty.
    """

    name: str
    role: Role
    pixels: PixelBlock
    offset: Tuple[int, int] = (0, 0)
    blend_mode: str = "normal"
    opacity: float = 1.0
    mask: Optional[Coverage] = None
    phrase: str = ""


@dataclass(frozen=True)
class MadeWith:
    """Where a stack comes from.

    models: id of each model that took part, and the sha256 of its file.
    seconds: how long each stage took, in the order in which they ran. It is the one thing here
        that two equal requests do not share.
    licences: under which licence each of the models is.
    painted: what a generator was told (prompt, negative prompt, style, steps …), each by its name;
        empty when nothing was generated.
    """

    engine: str
    seed: int
    models: Dict[str, str] = field(default_factory=dict)
    seconds: Dict[str, float] = field(default_factory=dict)
    licences: Dict[str, str] = field(default_factory=dict)
    painted: Dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LayerStack:
    """A picture in layers, bottom first. Flattened, it is the picture that was peeled.

    size: width, height of the picture.
    icc_profile: the profile of every layer, that of the picture; empty for sRGB.
    notes: what a person should be told, such as why fewer layers came than were asked for.
    selection: what would be lifted off, of the picture's size, when only that was asked for.
    """

    size: Tuple[int, int]
    layers: Tuple[Layer, ...]
    made_with: MadeWith
    icc_profile: bytes = field(default=b"", repr=False)
    notes: Tuple[str, ...] = ()
    selection: Optional[Coverage] = None
