"""A layer of hints: strokes that say what to lift off, for those who would rather paint.

Green, or any colour nearer to it than to red, says what to lift off; red says what stays.
"""

import math
from typing import List, Optional, Tuple

from krita import Document, Node

from layerpeel.plugin.canvas.source_reading import read_layer
from layerpeel.plugin.canvas.submitted_picture import converted_for_display
from layerpeel.plugin.texts import i18n
from layerpeel.plugin.turns import Turns
from layerpeel.shared.protocol import ColourModel, Depth, Point

# So many points stand for all strokes of a colour.
MOST_OF_A_COLOUR = 24
# Less than this is a stroke's soft edge.
SEEN = 127
# Looked at along the long side: no stroke that one can see is thinner than what lies between.
LINES = 1000
# Points from which those are chosen that lie farthest apart.
_CANDIDATES = 1200
_ROWS_AT_A_TIME = 64


def find_hint_layer(document: Document) -> Optional[Node]:
    """Find the topmost visible paint layer whose name begins with “Hints”, outside of groups."""
    beginnings = ("hints", i18n("Hints").casefold())
    for node in reversed(document.rootNode().childNodes()):
        is_seen = node.type() == "paintlayer" and node.visible()
        if is_seen and node.name().casefold().startswith(beginnings):
            return node
    return None


def read_hints(document: Document, layer: Node) -> "Turns[Tuple[Point, ...]]":
    """Read the strokes on a layer as points; those that lie on what to lift off come first."""
    pixels = yield from read_layer(document, layer)
    if (pixels.model, pixels.depth) != (ColourModel.RGBA, Depth.U8):
        pixels = yield from converted_for_display(document, pixels)
    found = yield from _painted(pixels.data, pixels.width)
    points: List[Point] = []
    for keeps in (True, False):
        for x, y in _far_apart(found[keeps]):
            points.append(Point(x, y, keeps))
        yield "spread the hints"
    return tuple(points)


_Pixel = Tuple[int, int]


def _painted(data: bytes, width: int) -> "Turns[Tuple[List[_Pixel], List[_Pixel]]]":
    """Find painted pixels in rows of B, G, R, A: those of what stays, and of what to lift off."""
    height = len(data) // (4 * width)
    step = 1 + max(width, height) // LINES
    found: Tuple[List[_Pixel], List[_Pixel]] = ([], [])
    for row in range(0, height, step):
        pixels = data[row * width * 4 : (row + 1) * width * 4]
        alphas = pixels[3 :: 4 * step]
        if max(alphas) > SEEN:
            for column, alpha in enumerate(alphas):
                if alpha > SEEN:
                    at = 4 * step * column
                    # Of the colours with a hue, half are nearer to green: those with more green.
                    keeps = pixels[at + 1] >= pixels[at + 2]
                    found[keeps].append((step * column, row))
        if row // step % _ROWS_AT_A_TIME == 0:
            yield "look at the hints"
    return found


def _far_apart(pixels: List[_Pixel]) -> List[_Pixel]:
    """Choose the pixels that lie farthest from each other."""
    pixels = pixels[:: 1 + len(pixels) // _CANDIDATES]
    chosen: List[_Pixel] = []
    distances = [math.inf] * len(pixels)
    while pixels and len(chosen) < min(MOST_OF_A_COLOUR, len(pixels)):
        x, y = pixels[distances.index(max(distances))]
        chosen.append((x, y))
        distances = [
            min(distance, math.hypot(other_x - x, other_y - y))
            for distance, (other_x, other_y) in zip(distances, pixels)
        ]
    return chosen
