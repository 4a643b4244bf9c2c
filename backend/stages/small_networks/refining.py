"""Bringing layers that were found at half the size to the full one, tile by tile.

In a large picture the band of a trimap is wider than any that the network has learned from. Seen
smaller it is as wide as those, and what is left to find at full size is where the edge runs.
"""

from collections.abc import Callable

import cv2
import numpy as np

from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.progress import ReportFraction
from layerpeel.backend.separation import Separation
from layerpeel.backend.stages.crop import Window, resized, window_round
from layerpeel.backend.stages.guided_upsampling import upsample_along
from layerpeel.backend.stages.small_networks.planes import stacked_planes

FindLayers = Callable[[Float32, Bool], Separation]
"""Finds layers (H×W) from stacked planes (13×H×W) where they are wanted (H×W)."""

# Between these alpha is an edge's, and so is what lies within so many pixels of the small picture.
EDGE_FROM, EDGE_TO = 0.02, 0.98
AROUND = 2

# Pixels to a side that a tile answers for, so that few lie off the edge, and what it sees beyond:
# both together little more than the pieces that the network has learned from.
CORE, REACH = 128, 32


def refine(
    picture: Float32,
    trimap: Float32,
    small_picture: Float32,
    small: Separation,
    find: FindLayers,
    report: ReportFraction,
) -> Separation:
    """Find the layers in the band of a trimap (H×W, 0, 0.5, 1) from those of half the size.

    picture: H×W×3, RGB, 0–1; H and W are even. small_picture, small: half as high and wide.
    Where the small alpha is no edge's, alpha is 0 or 1 as that has it, and colours are the small
    ones. Outside the band alpha is the trimap, and the colours are the picture's.
    """
    narrow = narrowed(trimap, small.alpha)
    alpha, foreground, background = narrow.copy(), picture.copy(), picture.copy()
    tiles = _tiles_of(trimap == 0.5)
    for number, tile in enumerate(tiles):
        report(number / len(tiles))
        seen = _with_reach(tile, trimap.shape)
        half = np.s_[seen.top // 2 : seen.bottom // 2, seen.left // 2 : seen.right // 2]
        known = narrow[seen.slices]
        front, back = (
            resized(plane[half], known.shape, cv2.INTER_LINEAR)
            for plane in (small.foreground, small.background)
        )
        top, left = tile.top - seen.top, tile.left - seen.left
        inner = np.s_[top : top + tile.bottom - tile.top, left : left + tile.right - tile.left]
        wanted = np.zeros(known.shape, np.bool_)
        wanted[inner] = known[inner] == 0.5
        if wanted.any():
            seen_picture = picture[seen.slices]
            guess = upsample_along(small_picture[half], small.alpha[half], seen_picture)
            planes = stacked_planes(seen_picture, known, front, back, guess)
            close = window_round(wanted, REACH).slices
            there = wanted[close]
            layers = find(planes[:, close[0], close[1]], there)
            alpha[tile.slices][wanted[inner]] = layers.alpha[there]
            front[wanted], back[wanted] = layers.foreground[there], layers.background[there]
        # Where alpha is 0 or 1, the layer that shows is the picture itself.
        within, found = trimap[tile.slices] == 0.5, alpha[tile.slices]
        for layer, colours, shown in ((foreground, front, 1), (background, back, 0)):
            behind = within & (found != shown)
            layer[tile.slices][behind] = colours[inner][behind]
    return Separation(alpha, foreground, background)


def narrowed(trimap: Float32, small_alpha: Float32) -> Float32:
    """Leave of a trimap's band (H×W) what may be edge by an alpha of half the size."""
    neighbours = np.ones((2 * AROUND + 1,) * 2, np.uint8)
    least, most = cv2.erode(small_alpha, neighbours), cv2.dilate(small_alpha, neighbours)
    edge = (most > EDGE_FROM) & (least < EDGE_TO)
    decided = np.where(edge, np.float32(0.5), (small_alpha > 0.5).astype(np.float32))
    full = resized(decided, trimap.shape, cv2.INTER_NEAREST)
    return np.where(trimap == 0.5, full, trimap)


def _tiles_of(band: Bool) -> list[Window]:
    """Squares of a grid as far as the band fills them."""
    height, width = band.shape
    tiles = []
    for top in range(0, height, CORE):
        for left in range(0, width, CORE):
            within = band[top : top + CORE, left : left + CORE]
            if within.any():
                close = window_round(within, 0)
                tiles.append(
                    Window(
                        top + close.top, top + close.bottom, left + close.left, left + close.right
                    )
                )
    return tiles


def _with_reach(tile: Window, shape: tuple[int, ...]) -> Window:
    """A tile and what it sees; its edges are even, as those of the picture (H×W)."""
    return Window(
        max(0, tile.top - REACH) // 2 * 2,
        min(shape[0], -(-(tile.bottom + REACH) // 2) * 2),
        max(0, tile.left - REACH) // 2 * 2,
        min(shape[1], -(-(tile.right + REACH) // 2) * 2),
    )
