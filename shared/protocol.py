"""The types of pictures, peel requests and stacks of layers, in memory and on the wire.

Plugin and backend exchange these types (`layerpeel.shared.wire` turns them into bytes). They hold
pixels as bytes, so that neither side needs more than the standard library; numpy reads the bytes
without a copy (``layerpeel.backend.image``).

One picture has two views. The document's own values (`Picture.pixels`, in the document's depth and
profile; floats may lie below 0 or above 1) are what the mixing equations use and what comes back.
The display-referred sRGB proxy (`Picture.proxy`, 8 bits, clipped) is what networks see.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Dict, Optional, Tuple, Union


class ProtocolError(ValueError):
    """Data that is not what it claims to be; the message says what is wrong."""


class ColourModel(str, Enum):
    """Krita's names of colour models. Alpha is always present, and always last."""

    RGBA = "RGBA"
    GRAYA = "GRAYA"

    @property
    def channels(self) -> int:
        """Number of channels of a pixel, alpha included."""
        return 4 if self is ColourModel.RGBA else 2


class Depth(str, Enum):
    """Krita's names of channel depths: an unsigned integer or an IEEE float."""

    U8 = "U8"
    U16 = "U16"
    F16 = "F16"
    F32 = "F32"

    @property
    def bytes(self) -> int:
        """Bytes of one channel."""
        return {Depth.U8: 1, Depth.U16: 2, Depth.F16: 2, Depth.F32: 4}[self]

    @property
    def is_float(self) -> bool:
        """Whether values may lie outside 0–1."""
        return self in (Depth.F16, Depth.F32)


class ChannelOrder(str, Enum):
    """The order of a coloured pixel's channels. Grey, alpha has one order only.

    Krita keeps integers as B, G, R, A and floats as R, G, B, A. Reordering them with the standard
    library would hold the GUI thread too long, so the block says which order it has.
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
    icc_profile: the profile of the values; empty for sRGB (integers and floats alike).
    proxy: display-referred sRGB, RGBA U8, of the same size. None lets the backend derive it from
        values and profile; Krita sends it where it can convert and the backend cannot.
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

    exact: the mask is the alpha, to the last byte; otherwise it is rough. It may be drawn round a
        thing, which is then looked for in it; else the edge is looked for in a band around the
        mask's edge.
    """

    coverage: Coverage
    exact: bool = False


@dataclass(frozen=True)
class Trimap:
    """Lift off what a trimap marks: ≥ 230 foreground, ≤ 25 background, else unknown."""

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
    """Lift off what each of these phrases names, one after the other, front-most first.

    Phrases that are not found are skipped and noted. A layer keeps the phrase it was found by.
    """

    texts: Tuple[str, ...]


@dataclass(frozen=True)
class Point:
    """A click: x, y of a pixel, and whether it lies on the object or outside it."""

    x: int
    y: int
    inside: bool = True


@dataclass(frozen=True)
class Points:
    """Lift off the object that clicks mark, in the order in which they were made.

    Many points close to each other are a stroke. box: what the object lies in; each click then
    corrects what the box gives, and there may be none that lies on the object.
    """

    points: Tuple[Point, ...]
    box: Optional[Box] = None


@dataclass(frozen=True)
class ThingPart:
    """A part of a thing: what it covers, cut to its bounds, at `offset` (x, y) in the picture."""

    coverage: Coverage
    offset: Tuple[int, int]


@dataclass(frozen=True)
class Thing:
    """A thing that was found in a picture. name: where it is, for people. parts: what it covers."""

    name: str
    parts: Tuple[ThingPart, ...]


@dataclass(frozen=True)
class Things:
    """Lift off each of these things, front-most first; if none are given, all that stand out.

    A layer is named after its thing. At most `PeelRequest.layers` are looked for. Their selection
    (`Outcome`) is that of all of them together.
    """

    found: Tuple[Thing, ...] = ()


Lift = Union[Subject, Mask, Trimap, Box, Words, Phrases, Points, Things]


class Outcome(str, Enum):
    """What a job returns.

    LAYERS: a stack that flattens to the picture.
    PATCHES: the same, but with a background only where it differs from the picture or is covered by
        a foreground: to be placed over the picture itself, which must be opaque there.
    SELECTION: no layers, only what would be lifted off first, as a selection.
    """

    LAYERS = "layers"
    PATCHES = "patches"
    SELECTION = "selection"


@dataclass(frozen=True)
class PeelRequest:
    """What to do with a picture. Equal requests give equal bytes.

    lift: what to lift off first; every further layer is another thing that stands out in the
        picture. Of several layers the subject is several things, too.
    layers: number of foregrounds; the background comes in addition. Ignored for `Phrases`, and for
        `Things` that are given.
    band: half the width of the band in which the edge is looked for, in pixels; None adapts it to
        the object's size. A trimap brings its own, an exact mask needs none.
    masks: whether each foreground is opaque colour with a separate mask (`Layer.mask`).
    fill_variants: how many other backgrounds are made, filled in otherwise where that is hidden
        altogether (`LayerStack.other_backgrounds`).
    """

    lift: Lift = field(default_factory=Subject)
    layers: int = 1
    band: Optional[float] = None
    seed: int = 0
    engine: str = "compact"
    outcome: Outcome = Outcome.LAYERS
    masks: bool = False
    fill_variants: int = 0


@dataclass(frozen=True)
class RefillRequest:
    """Fill in a background otherwise. The picture is the background; a layer to lay over it comes.

    hidden: 255 where what lies over it hides it altogether: there alone the layer is opaque.
    number: which of the other fills, from 1 on. Equal requests give equal bytes.
    """

    hidden: Coverage
    number: int = 1
    seed: int = 0


class Role(str, Enum):
    """The role of a layer in its stack."""

    FOREGROUND = "foreground"
    BACKGROUND = "background"


@dataclass(frozen=True)
class Layer:
    """A paint layer, trimmed to its bounds.

    offset: x, y of its top left pixel in the picture.
    opacity: 0–1.
    mask: its transparency mask, if asked for, of the same size and offset.
    phrase: the words it was found or painted by; else empty.
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
    """How a stack was made.

    models: sha256 of each model's file, by the model's id.
    seconds: time of each stage, in the order in which they ran; the one field that differs between
        equal requests.
    licences: licence of each model, by its id.
    painted: the generator's settings (prompt, negative prompt, style, steps …), by name; empty when
        nothing was generated.
    stages: in words what stood for each question that was asked (words, masks, subject, part, box,
        points, lasso, things, glass, edge, layers), by that.
    """

    engine: str
    seed: int
    models: Dict[str, str] = field(default_factory=dict)
    seconds: Dict[str, float] = field(default_factory=dict)
    licences: Dict[str, str] = field(default_factory=dict)
    painted: Dict[str, str] = field(default_factory=dict)
    stages: Dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LayerStack:
    """A picture in layers, bottom first, which flatten to the picture that was peeled.

    size: width, height of the picture.
    icc_profile: the profile of every layer, that of the picture; empty for sRGB.
    notes: lines for people, such as why there are fewer layers than asked for.
    selection: what would be lifted off, in the picture's size, when only that was asked for.
    other_backgrounds: each may take the place of the background, and nothing changes until a
        foreground is moved or hidden.
    """

    size: Tuple[int, int]
    layers: Tuple[Layer, ...]
    made_with: MadeWith
    icc_profile: bytes = field(default=b"", repr=False)
    notes: Tuple[str, ...] = ()
    selection: Optional[Coverage] = None
    other_backgrounds: Tuple[Layer, ...] = ()


@dataclass(frozen=True)
class AdjustRequest:
    """Adjust the edges of a result's foregrounds, all of them alike; it comes without a picture.

    The layers that come flatten to the same. Equal requests give equal bytes.

    shift: by how many pixels the edge moves, outwards if above 0; −8 to 8.
    soften: over how many pixels to both of its sides it is made softer, 0 to 8; 0 leaves it.
    clean: whether its colours are taken from further inside, and alpha is lowered where the
        background is seen through it.
    """

    stack: LayerStack
    shift: float = 0.0
    soften: float = 0.0
    clean: bool = False
