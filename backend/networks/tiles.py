"""Applying a network whose reach is known at full resolution, in tiles that overlap by that reach.

The result is what the whole picture in one piece would have given, up to rounding.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from layerpeel.backend.networks.local_unet import UNetShape


class _Span(NamedTuple):
    """Along one side of the picture: what a tile answers for, and what it has to see for that."""

    begin: int
    end: int
    seen_begin: int
    seen_end: int


def in_tiles(
    network: Callable[..., Tensor],
    shape: UNetShape,
    planes: Sequence[Tensor],
    side: int,
    device: torch.device,
    report: Callable[[float], None],
) -> Tensor:
    """Apply a network to planes in main memory, of which at most `side`² pixels go in at once.

    network: takes the planes and gives [N, shape.outputs, h, w], by a `LocalUNet` and what works
        at each pixel alone. shape: that UNet's.
    planes: each [N, channels, H, W]; they are moved to `device` tile by tile.
    report: told after every tile how much is done, 0–1; may raise to stop.

    Gives [N, shape.outputs, H, W] in main memory. Raises ValueError when `side` leaves nothing
    between the overlaps.
    """
    count, _, height, width = planes[0].shape
    answer = torch.empty(count, shape.outputs, height, width)
    rows, columns = _spans(height, shape, side), _spans(width, shape, side)
    done = 0
    for row in rows:
        for column in columns:
            seen = [
                plane[..., row.seen_begin : row.seen_end, column.seen_begin : column.seen_end]
                for plane in planes
            ]
            tile = network(*(part.to(device) for part in seen)).cpu()
            answer[..., row.begin : row.end, column.begin : column.end] = tile[
                ...,
                row.begin - row.seen_begin : row.end - row.seen_begin,
                column.begin - column.seen_begin : column.end - column.seen_begin,
            ]
            done += 1
            report(done / (len(rows) * len(columns)))
    return answer


def _spans(extent: int, shape: UNetShape, side: int) -> list[_Span]:
    """Cut `extent` pixels into tiles that begin at multiples of the stride.

    So a tile is folded as the whole picture is; and whatever the network puts round a tile, at
    borders that are not the picture's, lies further than its reach from what the tile answers for.
    """
    if extent <= side:
        return [_Span(0, extent, 0, extent)]
    core = (side - 2 * shape.reach) // shape.stride * shape.stride
    if core <= 0:
        raise ValueError(f"tiles of {side} pixels are all overlap: the reach is {shape.reach}")
    spans = []
    for begin in range(0, extent, core):
        end = min(extent, begin + core)
        spans.append(_Span(begin, end, max(0, begin - shape.reach), min(extent, end + shape.reach)))
    return spans
