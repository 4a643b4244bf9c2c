"""Values read from a document: pixels with their colour space, and the selection."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Optional, Tuple

from layerpeel.shared.protocol import ChannelOrder, ColourModel, Coverage, Depth


class SourceKind(str, Enum):
    """What is peeled."""

    PICTURE = "picture"
    LAYER = "layer"
    LEFT = "left"  # the background that the last peel left


@dataclass(frozen=True)
class OwnValues:
    """Pixels of the whole canvas in a colour model that the backend does not know.

    space: Krita's names of model, depth and profile.
    """

    space: Tuple[str, str, str]
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Pixels:
    """Pixels of the whole canvas in Krita's own layout, with their colour space.

    own: what they were converted from, where that was neither RGB nor grey.
    """

    width: int
    height: int
    model: ColourModel
    depth: Depth
    profile: str
    data: bytes = field(repr=False)
    own: Optional[OwnValues] = None

    @property
    def order(self) -> ChannelOrder:
        """Krita keeps integers as B, G, R, A and floats as R, G, B, A."""
        return ChannelOrder.RGBA if self.depth.is_float else ChannelOrder.BGRA

    def is_opaque(self) -> bool:
        """Whether alpha is full everywhere; fast enough for the GUI thread."""
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


def opaque_part(data: bytes, model: ColourModel, depth: Depth, first: int, last: int) -> bytes:
    """Find where alpha is full: one byte for each of the pixels `first` to `last`, 255 or 0."""
    return _where_alpha_is(_FULL_ALPHA[depth], data, model, depth, first, last)


def clear_part(data: bytes, model: ColourModel, depth: Depth, first: int, last: int) -> bytes:
    """Find likewise where alpha is 0."""
    return _where_alpha_is(bytes(depth.bytes), data, model, depth, first, last)


def _where_alpha_is(
    value: bytes, data: bytes, model: ColourModel, depth: Depth, first: int, last: int
) -> bytes:
    step = model.channels * depth.bytes
    begin, end = (first + 1) * step - depth.bytes, last * step
    found = -1
    for index, wanted in enumerate(value):
        only = bytes(wanted) + b"\xff" + bytes(255 - wanted)
        found &= int.from_bytes(data[begin + index : end : step].translate(only), "little")
    return found.to_bytes(last - first, "little")


def black_where(wanted: bytes, model: ColourModel, depth: Depth) -> bytes:
    """Make pixels that are opaque and black where a byte is wanted, 255 or 0, else clear."""
    step = model.channels * depth.bytes
    pixels = bytearray(len(wanted) * step)
    for index, value in enumerate(_FULL_ALPHA[depth]):
        there = bytes(255) + bytes((value,))
        pixels[step - depth.bytes + index :: step] = wanted.translate(there)
    return bytes(pixels)


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
