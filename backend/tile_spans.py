"""How a side of a picture is cut into tiles for a network whose reach is known."""

from typing import NamedTuple


class Span(NamedTuple):
    """Along one side of the picture: what a tile answers for, and what it has to see for that."""

    begin: int
    end: int
    seen_begin: int
    seen_end: int


def tile_spans(extent: int, reach: int, stride: int, side: int) -> list[Span]:
    """Cut `extent` pixels into tiles that see at most `side` and begin at multiples of the stride.

    So a tile is folded as the whole picture is; and whatever the network puts round a tile, at
    borders that are not the picture's, lies further than its reach from what the tile answers for.

    Raises ValueError when `side` leaves nothing between the overlaps.
    """
    if extent <= side:
        return [Span(0, extent, 0, extent)]
    core = (side - 2 * reach) // stride * stride
    if core <= 0:
        raise ValueError(f"tiles of {side} pixels are all overlap: the reach is {reach}")
    spans = []
    for begin in range(0, extent, core):
        end = min(extent, begin + core)
        spans.append(Span(begin, end, max(0, begin - reach), min(extent, end + reach)))
    return spans
