"""Reads the picture that the artist points at as `Peel` reads it, so that both can be compared."""

import hashlib
from dataclasses import dataclass
from typing import Dict, Literal, Optional, Tuple

from krita import Document, Node

from layerpeel.plugin.canvas import CanvasError
from layerpeel.plugin.canvas.finding import id_of
from layerpeel.plugin.canvas.hint_layer import find_hint_layer, read_hints
from layerpeel.plugin.canvas.pixels import Pixels, SourceKind
from layerpeel.plugin.canvas.placement import Place
from layerpeel.plugin.canvas.profiles import SRGB
from layerpeel.plugin.canvas.source_reading import has_to_be_converted, read_source
from layerpeel.plugin.canvas.submitted_picture import converted_for_display
from layerpeel.plugin.texts import i18n
from layerpeel.plugin.turns import Turns
from layerpeel.shared.protocol import ColourModel, Depth, Point

# Bytes that are hashed in one turn: some ten milliseconds.
AT_A_TIME = 4_000_000
# Krita takes a second to convert a large picture of floats: so long a one will do to look at.
LONGEST_CONVERTED = 1024

# What Python calls numbers of so many bytes.
_FORMS: Dict[int, Literal["H", "I", "Q"]] = {2: "H", 4: "I", 8: "Q"}


@dataclass(frozen=True)
class Hints:
    """What is painted on a layer of hints. layer: its name; empty when there is none."""

    layer: str = ""
    points: Tuple[Point, ...] = ()


@dataclass(frozen=True)
class PointedSource:
    """What would be peeled, without the hints that are painted over it.

    fingerprint: tells the pixels from any others.
    """

    pixels: Pixels
    place: Place
    fingerprint: str


def read_hints_of(document: Document) -> "Turns[Hints]":
    """Read the layer of hints, if there is one."""
    layer = find_hint_layer(document)
    if layer is None:
        return Hints()
    name = layer.name()
    return Hints(name, (yield from read_hints(document, layer)))


def is_quick_to_read(document: Document, kind: SourceKind) -> bool:
    """Whether reading takes little: without a copy of the document, drawn anew or converted."""
    if kind is SourceKind.LAYER:
        layer = document.activeNode()
        return layer is None or not has_to_be_converted(layer)
    if kind is SourceKind.PICTURE:
        return find_hint_layer(document) is None and not has_to_be_converted(document)
    return False


def read_to_point_at(document: Document, kind: SourceKind) -> "Turns[PointedSource]":
    """Read the pixels to peel, and find out where the result belongs.

    Raises CanvasError when there is nothing to peel.
    """
    hints = find_hint_layer(document)
    if kind is SourceKind.LAYER and hints is not None and _is_active(document, hints):
        raise CanvasError(
            i18n("“{name}” holds the hints: choose the layer to peel.").format(name=hints.name())
        )
    pixels, place = yield from read_source(document, kind, without=hints)
    digest = hashlib.blake2b(digest_size=16)
    space = (pixels.width, pixels.height, pixels.model.value, pixels.depth.value, pixels.profile)
    digest.update(repr(space).encode("utf-8"))
    view = memoryview(pixels.data)
    for start in range(0, len(view), AT_A_TIME):
        digest.update(view[start : start + AT_A_TIME])
        yield "look whether the picture has changed"
    return PointedSource(pixels, place, digest.hexdigest())


def display_of(document: Document, pixels: Pixels) -> "Turns[Pixels]":
    """Return pixels as 8-bit sRGB in the order B, G, R, A, to be shown to the artist.

    Where they have to be converted, only some of a large picture's are returned, evenly spread.
    """
    if (pixels.model, pixels.depth, pixels.profile) == (ColourModel.RGBA, Depth.U8, SRGB):
        return pixels
    fewer = _thinned_out(pixels)
    yield "take some of the pixels"
    return (yield from converted_for_display(document, fewer))


def _thinned_out(pixels: Pixels) -> Pixels:
    """Take every so many pixels of every so many rows."""
    step = 1 + (max(pixels.width, pixels.height) - 1) // LONGEST_CONVERTED
    columns = len(range(step // 2, pixels.width, step))
    rows = range(step // 2, pixels.height, step)
    size = pixels.model.channels * pixels.depth.bytes
    # Python copies numbers of up to eight bytes from place to place at once.
    words = max(1, size // 8)
    form = _FORMS[size // words]
    all_words = memoryview(pixels.data).cast(form)
    taken = bytearray()
    for row in rows:
        line = all_words[row * pixels.width * words : (row + 1) * pixels.width * words]
        fewer = memoryview(bytearray(columns * size)).cast(form)
        for word in range(words):
            fewer[word::words] = line[step // 2 * words + word :: step * words]
        taken += fewer.cast("B")
    data = bytes(taken)
    return Pixels(columns, len(rows), pixels.model, pixels.depth, pixels.profile, data)


def _is_active(document: Document, layer: Node) -> bool:
    active: Optional[Node] = document.activeNode()
    return active is not None and id_of(active) == id_of(layer)
