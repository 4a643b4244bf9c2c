"""A network of known reach at full resolution, in tiles that overlap by that reach.

The result is what the whole picture in one piece would have given, up to rounding.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from layerpeel.backend.networks.local_unet import UNetShape
from layerpeel.backend.tile_spans import tile_spans


def in_tiles(
    network: Callable[..., Tensor],
    shape: UNetShape,
    planes: Sequence[Tensor],
    side: int,
    device: torch.device,
    report: Callable[[float], None],
) -> Tensor:
    """Apply a network to planes in main memory, in tiles of at most `side`² pixels.

    network: maps the planes to [N, shape.outputs, h, w] by a `LocalUNet` and pointwise
        operations. shape: that UNet's.
    planes: each [N, channels, H, W]; they are moved to `device` tile by tile.
    report: called after every tile with the share that is done, 0–1; may raise to stop.

    Returns [N, shape.outputs, H, W] in main memory. Raises ValueError when `side` leaves nothing
    between the overlaps.
    """
    count, _, height, width = planes[0].shape
    answer = torch.empty(count, shape.outputs, height, width)
    rows, columns = (
        tile_spans(extent, shape.reach, shape.stride, side) for extent in (height, width)
    )
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
