"""Gives layers of a result the document's own values where they show what was there.

The backend works in RGB. There and back, the values of another model, such as CMYK, are no longer
what they were: black ink alone comes back as a mixture of four. So a layer is converted to the
document's model and then, wherever it is opaque and of the colour that the picture had in RGB, the
picture's own values are copied into it. Only edges and what was filled in stay converted.
Bands of rows take a turn each.
"""

from dataclasses import dataclass
from typing import Optional, Tuple

from krita import Document, Node

from layerpeel.plugin.canvas.finding import id_of, peeled_groups
from layerpeel.plugin.canvas.pixel_flags import chosen, number_of, where_different
from layerpeel.plugin.canvas.pixels import OwnValues, Pixels, opaque_part
from layerpeel.plugin.canvas.source_reading import (
    has_to_be_converted,
    read_background,
    read_layer,
    read_picture,
)
from layerpeel.plugin.qt import QByteArray
from layerpeel.plugin.turns import KRITA, Turns
from layerpeel.shared.protocol import Layer

BAND = 2**17
"""Pixels to copy in one turn."""


@dataclass(frozen=True)
class Original:
    """What a result was made of: its own values, and the RGB that the backend got."""

    own: OwnValues
    converted: Pixels


Originals = Tuple[Original, ...]


def read_originals(document: Document, above: Optional[Node]) -> "Turns[Originals]":
    """Read what a result was made of, as the document is now; nothing where that is RGB or grey.

    The last one counts where two are alike in RGB, as colours outside of it may be.

    above: the layer that the result belongs directly above; None for the top of the picture.
    """
    beside = document if above is None else above
    if not has_to_be_converted(beside):
        return ()
    found = [(yield from read_picture(document))]
    if above is not None:
        found.append((yield from _read_at(document, above)))
    space = (beside.colorModel(), beside.colorDepth(), beside.colorProfile())
    return tuple(
        Original(pixels.own, pixels)
        for pixels in found
        if pixels.own is not None and pixels.own.space == space
    )


def _read_at(document: Document, layer: Node) -> "Turns[Pixels]":
    for group in peeled_groups(document):
        if group.background == id_of(layer):
            return (yield from read_background(document, group, layer))
    return (yield from read_layer(document, layer))


def give_own_values(node: Node, layer: Layer, originals: Originals) -> "Turns[None]":
    """Convert a layer that holds RGB, and copy what it shows of an original out of that."""
    if not originals:
        return
    node.setColorSpace(*originals[0].own.space)
    yield KRITA + "convert to the document's model"
    left, top = layer.offset
    width, rows = layer.pixels.width, max(1, BAND // layer.pixels.width)
    for begin in range(0, layer.pixels.height, rows):
        count = min(rows, layer.pixels.height - begin)
        place = (left, top + begin, width, count)
        values = copied = bytes(node.pixelData(*place))
        for original in originals:
            same = _where_same(layer, begin, count, original.converted)
            own = _cut(original.own.data, original.converted, place)
            copied = chosen(same, own, copied, len(own) // (width * count))
        if copied != values:
            node.setPixelData(QByteArray(copied), *place)
        yield "copy the document's own values"


def _where_same(layer: Layer, begin: int, count: int, seen: Pixels) -> int:
    """Return as a number the flags of where rows of a layer are opaque and as what was seen."""
    block = layer.pixels
    step = block.model.channels * block.depth.bytes
    first, last = begin * block.width, (begin + count) * block.width
    there = _cut(seen.data, seen, (layer.offset[0], layer.offset[1] + begin, block.width, count))
    here = block.data[first * step : last * step]
    opaque = opaque_part(block.data, block.model, block.depth, first, last)
    return number_of(opaque) & ~where_different(here, there, step)


def _cut(data: bytes, canvas: Pixels, place: Tuple[int, int, int, int]) -> bytes:
    """Cut a rectangle within the canvas out of data that covers it."""
    left, top, width, height = place
    step = len(data) // (canvas.width * canvas.height)
    starts = (((top + row) * canvas.width + left) * step for row in range(height))
    return b"".join(data[start : start + width * step] for start in starts)
