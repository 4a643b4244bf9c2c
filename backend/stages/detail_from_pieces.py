"""Full detail for a fill that was made smaller: the pieces it took are taken again, at full size.

A fill by patches is made of pieces of the picture. Which piece lies where is found again in the
small picture, patch by patch; then every pixel of the hole is copied from where its pieces lie in
the large one.
"""

import cv2
import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.stages.crop import grown

# 7×7 pixels, described by so many principal components of their colours.
PATCH_RADIUS = 3
COMPONENTS = 16

# Components are found from this many patches.
PATCHES_TO_LEARN_FROM = 4000

# Pixels of the small picture from one patch that is looked for to the next.
SPACING = 2

# A patch up to five times as far as the nearest is near enough: most are the very piece, and flat
# areas, where many are as near, would take ten times as long.
NEAR_ENOUGH = 4.0

Int64 = npt.NDArray[np.int64]


def with_full_detail(
    filled: Float32, picture: Float32, hole: Bool, barred: Bool, small: Float32, small_taboo: Bool
) -> Float32:
    """Copy into the hole (H×W) of `filled` (H×W×C) what fits it in `picture`, where anything does.

    filled: the fill, enlarged; it stays where nothing is copied. picture: H×W×C. barred: H×W, what
    nothing is taken from besides the hole. small: h×w×C, the picture with the fill in it, made
    smaller. small_taboo: h×w, hole and barred together.
    """
    nodes, offsets = _pieces_taken(small, small_taboo)
    if len(nodes) == 0:
        return filled
    # Offsets of the pieces as a picture, a node a pixel.
    shape = tuple(-(-size // SPACING) for size in small_taboo.shape)
    taken = np.zeros((*shape, 2), np.float32)
    is_node = np.zeros(shape, np.bool_)
    rows, columns = (nodes // SPACING).T
    scale = np.array(hole.shape) / np.array(small_taboo.shape)  # of rows, of columns
    taken[rows, columns] = offsets * scale
    is_node[rows, columns] = True
    return _copied(filled, picture, hole, ~hole & ~barred, taken, is_node, scale * SPACING)


def _pieces_taken(small: Float32, taboo: Bool) -> tuple[Int64, Int64]:
    """Find where patches were taken from: their middles (N×2, rows, columns), and how far away.

    A node stands for every `SPACING` pixels of what is taboo.
    """
    margin = np.ones_like(taboo)
    margin[PATCH_RADIUS:-PATCH_RADIUS, PATCH_RADIUS:-PATCH_RADIUS] = False
    sources = np.argwhere(~(grown(taboo, 2 * PATCH_RADIUS) | margin))
    grid = np.zeros_like(taboo)
    grid[::SPACING, ::SPACING] = True
    nodes = np.argwhere(grid & taboo)
    if len(sources) == 0 or len(nodes) == 0:
        return nodes[:0], nodes[:0]
    described = _described(small, sources)
    tree = cKDTree(described[tuple(sources.T)], balanced_tree=False, compact_nodes=False)
    _, found = tree.query(described[tuple(nodes.T)], eps=NEAR_ENOUGH, workers=-1)
    return nodes, sources[found] - nodes


def _described(small: Float32, sources: Int64) -> Float32:
    """Describe the patch round each pixel of h×w×C by its principal components: h×w×components."""
    side = 2 * PATCH_RADIUS + 1
    patches = np.lib.stride_tricks.sliding_window_view(small, (side, side), axis=(0, 1))
    some = sources[:: max(1, len(sources) // PATCHES_TO_LEARN_FROM)] - PATCH_RADIUS
    learned = patches[tuple(some.T)].reshape(len(some), -1)  # N × C·side·side
    spread = np.cov(learned, rowvar=False) if len(some) > 1 else np.eye(learned.shape[1])
    _, axes = np.linalg.eigh(np.atleast_2d(spread))
    planes = []
    for axis in axes[:, : -COMPONENTS - 1 : -1].T:
        filters = axis.reshape(small.shape[2], side, side).astype(np.float32)
        planes.append(
            sum(
                cv2.filter2D(channel, cv2.CV_32F, weights, borderType=cv2.BORDER_REFLECT)
                for channel, weights in zip(cv2.split(small), filters, strict=True)
            )
        )
    return np.asarray(np.dstack(planes), np.float32)


def _copied(
    filled: Float32,
    picture: Float32,
    hole: Bool,
    usable: Bool,
    taken: Float32,
    is_node: Bool,
    spacing: npt.NDArray[np.float64],
) -> Float32:
    """Copy by the offsets of the four nodes round each pixel, the nearest counting most.

    taken: offsets, and is_node: where there are any, in a grid whose pixels are `spacing` (of rows,
    of columns) pixels of the picture apart.
    """
    height, width = hole.shape
    places = np.argwhere(hole)
    on_grid = (places + 0.5) / spacing - 0.5 / SPACING  # Middles of nodes' own pixels are whole.
    first = np.floor(on_grid).astype(np.int64)
    share = on_grid - first
    share = share * share * (3 - 2 * share)
    total = np.zeros((len(places), picture.shape[2]), np.float32)
    weights = np.zeros((len(places), 1), np.float32)
    last = np.array(is_node.shape) - 1
    for corner in ((0, 0), (0, 1), (1, 0), (1, 1)):
        node = tuple(np.clip(first + corner, 0, last).T)
        source = places + np.rint(taken[node]).astype(np.int64)
        inside = ((source >= 0) & (source < (height, width))).all(axis=1) & is_node[node]
        source = np.where(inside[:, None], source, 0)
        inside &= usable[tuple(source.T)]
        weight = np.where(corner, share, 1 - share).prod(axis=1) * inside
        total += weight[:, None].astype(np.float32) * picture[tuple(source.T)]
        weights += weight[:, None].astype(np.float32)
    there = weights[:, 0] > 0
    result = filled.copy()
    result[tuple(places[there].T)] = total[there] / weights[there]
    return result
