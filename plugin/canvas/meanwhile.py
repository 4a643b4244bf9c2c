"""What the artist did while a peel ran: it stays in sight above the result, or is left alone.

A result shows the picture as it was read. What differs from that by the time the result comes is
found pixel by pixel, and laid over the result as layers within its group: one undo step for all.
"""

from dataclasses import dataclass, replace
from typing import Dict, FrozenSet, List, Optional, Tuple

from krita import Document, Node

from layerpeel.plugin.canvas.finding import (
    active_layer,
    id_of,
    is_mask,
    is_open,
    node_of,
    nodes_within,
    peeled_groups,
    position_of,
    size_of,
)
from layerpeel.plugin.canvas.frames import is_animated
from layerpeel.plugin.canvas.pixel_flags import chosen, number_of, where_different
from layerpeel.plugin.canvas.pixels import (
    Pixels,
    SourceKind,
    black_where,
    clear_part,
    opaque_part,
)
from layerpeel.plugin.canvas.source_reading import read_source_again
from layerpeel.plugin.qt import QByteArray
from layerpeel.plugin.texts import i18n
from layerpeel.plugin.turns import Turns
from layerpeel.shared.protocol import Layer, PixelBlock, Role

BAND = 2**19
"""Pixels to look at in one turn."""

MOST_KEPT = 256 << 20
"""Bytes of the pictures that older jobs were made from; that of the newest is always kept."""


@dataclass(frozen=True)
class Arrangement:
    """How a document was arranged just before the pixels to peel were read.

    layers: unique ids of all layers; outermost: of those outside of groups. active: of the active
    layer or mask; empty without one. frame: number of the frame that is shown.
    """

    layers: FrozenSet[str]
    outermost: FrozenSet[str]
    active: str
    frame: int


@dataclass(frozen=True)
class Before:
    """A document at the moment when the pixels to peel were read.

    source: unique id of the layer that they are of; empty where they are of the whole picture.
    without: unique id of a layer that is no part of the picture; empty where there is none.
    frame: of an animation; None where what was read is none.
    """

    pixels: Pixels
    kind: SourceKind
    source: str
    without: str
    arrangement: Arrangement
    frame: Optional[int] = None


_KEPT: Dict[str, Tuple[Document, Before]] = {}


@dataclass(frozen=True)
class Painted:
    """What has changed, as layers to lay over a result.

    painted: what is there now. erased: opaque where what was there is to be cleared first.
    why_unknown: for the artist, why none of this is known; empty where it is.
    """

    painted: Optional[Layer] = None
    erased: Optional[Layer] = None
    why_unknown: str = ""


def arrangement_of(document: Document) -> Arrangement:
    """Look how a document is arranged; to be called before its pixels are read."""
    root = document.rootNode()
    return Arrangement(
        frozenset(id_of(node) for node in nodes_within(root) if not is_mask(node)),
        frozenset(id_of(node) for node in root.childNodes() if not is_mask(node)),
        active_layer(document),
        document.currentTime(),
    )


def look_before(
    document: Document,
    arrangement: Arrangement,
    kind: SourceKind,
    source: str,
    pixels: Pixels,
    without: Optional[Node],
) -> Before:
    """Remember a document whose pixels have been read; see `Before`."""
    layer = "" if kind is SourceKind.PICTURE else source
    return Before(
        replace(pixels, own=None),
        kind,
        layer,
        id_of(without) if without is not None else "",
        arrangement,
        arrangement.frame if is_animated(document, layer) else None,
    )


def keep_before(job: str, document: Document, before: Before) -> None:
    """Keep what a job was made from for as long as the document is open, within `MOST_KEPT`."""
    for each in [each for each, (made_from, _) in _KEPT.items() if not is_open(made_from)]:
        del _KEPT[each]
    _KEPT[job] = (document, before)
    kept = 0
    for each in reversed(list(_KEPT)):
        kept += len(_KEPT[each][1].pixels.data)
        if kept > MOST_KEPT and each != job:
            del _KEPT[each]


def before_job(job: str, document: Document) -> Optional[Before]:
    """Return what a job was made from; None where that is not known, gone, or elsewhere."""
    made_from, before = _KEPT.get(job, (None, None))
    if before is None or made_from != document or not is_open(document):
        return None
    is_gone = before.source and node_of(document, before.source) is None
    return None if is_gone else before


def added_on_top(document: Document, before: Before) -> List[Node]:
    """List the layers outside of groups that were added above all others since, bottom to top.

    A new result goes above any that has come since, and above all that lies below that. None count
    as added where that cannot be told: layers were merged, or removed.
    """
    if before.kind is not SourceKind.PICTURE:
        return []
    here = {id_of(node) for node in nodes_within(document.rootNode())}
    if not here >= before.arrangement.outermost - {before.without}:
        return []
    stay_below = before.arrangement.layers.union(each.group for each in peeled_groups(document))
    added: List[Node] = []
    for node in reversed(document.rootNode().childNodes()):
        if is_mask(node):
            continue
        # A group may have been made of layers that were there.
        if not stay_below.isdisjoint(map(id_of, (node, *nodes_within(node)))):
            return added
        added.insert(0, node)
    return []


def below_what_was_added(document: Document, before: Before) -> Optional[Node]:
    """Return the topmost layer below those that were added on top; None where none were."""
    added = added_on_top(document, before)
    siblings = document.rootNode().childNodes()
    position = position_of(added[0], siblings) if added else 0
    return siblings[position - 1] if position > 0 else None


def seen_of(document: Document, before: Before) -> Tuple[QByteArray, ...]:
    """Read at once what tells whether anything has been painted since: the picture, the source."""
    width, height = size_of(document)
    source = node_of(document, before.source)
    read = [document.pixelData]
    if source is not None:
        read.append(source.projectionPixelData)
    return tuple(each(0, 0, width, height) for each in read)


def said_of(painted: Painted, before: Optional[Before]) -> Tuple[str, ...]:
    """Return what the artist should know of the layers that came."""
    said: Tuple[str, ...] = ()
    if before is not None and before.frame is not None:
        line = i18n("Only frame {frame} was peeled; what came shows in every frame.")
        said += (line.format(frame=before.frame),)
    if painted.why_unknown:
        said += (painted.why_unknown,)
    elif painted.painted is not None:
        said += (i18n("What you painted meanwhile is a layer of its own, on top."),)
    elif painted.erased is not None:
        said += (i18n("What you erased meanwhile is a layer of its own, on top."),)
    return said


def read_painted(document: Document, before: Before, shows_through: bool) -> "Turns[Painted]":
    """Find what has changed in what was read, but for layers that were added on top.

    shows_through: whether the document itself shows where a result is clear.

    Raises CanvasError when what was read is gone.
    """
    if before.frame not in (None, document.currentTime()):
        return Painted(
            why_unknown=i18n(
                "You went to another frame: what you painted meanwhile is below the new layers."
            )
        )
    hidden = [id_of(node) for node in added_on_top(document, before)]
    hidden += [before.without] if before.without else []
    now = yield from read_source_again(document, before.kind, before.source, hidden)
    if _space_of(now) != _space_of(before.pixels):
        return Painted(
            why_unknown=i18n(
                "The colours were converted: what you painted meanwhile is below the new layers."
            )
        )
    rows = yield from _rows_that_differ(now, before.pixels)
    if not rows:
        return Painted()
    return (yield from _layers_of(now, before.pixels, rows, shows_through))


def _space_of(pixels: Pixels) -> Pixels:
    return replace(pixels, data=b"", own=None)


def _rows_that_differ(now: Pixels, before: Pixels) -> "Turns[range]":
    """Return the rows from the first to the last in which two pictures differ; maybe none."""
    size = now.width * now.model.channels * now.depth.bytes
    at_once = max(1, BAND // now.width)
    differ: List[int] = []
    for begin in range(0, now.height, at_once):
        rows = range(begin, min(begin + at_once, now.height))
        if _differ(now, before, rows.start * size, rows.stop * size):
            differ += [row for row in rows if _differ(now, before, row * size, (row + 1) * size)]
        yield "see which rows were painted on"
    return range(differ[0], differ[-1] + 1) if differ else range(0)


def _differ(now: Pixels, before: Pixels, first: int, last: int) -> bool:
    return now.data[first:last] != before.data[first:last]


def _layers_of(now: Pixels, before: Pixels, rows: range, shows_through: bool) -> "Turns[Painted]":
    size = now.model.channels * now.depth.bytes
    at_once = max(1, BAND // now.width)
    painted, erased = bytearray(), bytearray()
    for begin in range(rows.start, rows.stop, at_once):
        first, last = begin * now.width, min(begin + at_once, rows.stop) * now.width
        changed = _changed(now, before, first, last)
        opaque = number_of(opaque_part(now.data, now.model, now.depth, first, last))
        kept = changed & opaque if shows_through else changed
        place = slice(first * size, last * size)
        painted += chosen(kept, now.data[place], bytes((last - first) * size), size)
        erased += black_where(
            (changed & ~opaque).to_bytes(last - first, "little"), now.model, now.depth
        )
        yield "take what was painted"
    return Painted(
        _layer(painted, now, rows, i18n("Painted meanwhile")),
        _layer(erased, now, rows, i18n("Erased meanwhile")),
    )


def _changed(now: Pixels, before: Pixels, first: int, last: int) -> int:
    """Return where pixels differ, 255 or 0 for each, but for those that are clear in both."""
    size = now.model.channels * now.depth.bytes
    place = slice(first * size, last * size)
    changed = where_different(now.data[place], before.data[place], size)
    clear = -1
    for pixels in (now, before):
        clear &= number_of(clear_part(pixels.data, pixels.model, pixels.depth, first, last))
    return changed & ~clear


def _layer(data: bytearray, like: Pixels, rows: range, name: str) -> Optional[Layer]:
    if data.count(0) == len(data):
        return None
    block = PixelBlock(like.width, len(rows), like.model, like.depth, bytes(data), like.order)
    return Layer(name, Role.FOREGROUND, block, (0, rows.start))
