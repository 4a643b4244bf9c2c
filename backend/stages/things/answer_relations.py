"""What is known of each of many answers beside the others: who holds whom, and who agrees.

Points all over what stands out are answered with parts, things and several things at once. Whether
an answer is a whole is seen beside those that hold it, and those that it holds: how likely they
are, and whether what they have more, or it has more than they, is of the same kind.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.progress import ReportFraction, say_no_fraction
from layerpeel.backend.stages.things.kinds_apart import REPORTED, cells_covered, cells_seen

RELATIONS = 26
"""How many facts of this kind are known of each answer."""

# With so much in common (as an intersection over union), two answers are the same thing.
SAME = 0.75
# An answer that has so much of another holds it, if it is larger by so much.
HELD, LARGER = 0.9, 1.25
# Two that have such a share of each other cross: neither holds the other.
CROSSING = 0.15

Indices = npt.NDArray[np.intp]
Bits = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class AnswersTogether:
    """All answers to points in one picture, in its proportions.

    masks: n×h×w, 256 pixels on the longer side. likelihoods: n, that each is what was meant.
    points: p rows and columns. point_of: n, which point each answers.
    embedding: [1, 256, 64, 64], of the square in which the picture lies at the top left.
    """

    masks: Bool
    likelihoods: Float32
    points: Sequence[tuple[int, int]]
    point_of: Indices
    embedding: Float32

    def relations(self, report: ReportFraction = say_no_fraction) -> Float32:
        """Find out about each, n×26; of an empty answer all are 0.

        How much its points, and those who answer them, agree (5); the likeliest answer that holds
        it (7); the likeliest that it holds, and how much of it those cover (8); answers that cross
        it (2); how likely it is beside the others, and on how many points it lies (4).

        Raises whatever `report` raises to cancel.
        """
        facts = np.zeros((len(self.masks), RELATIONS), np.float32)
        for index in range(len(self.masks)):
            if index % REPORTED == 0:
                report(index / len(self.masks))
            if not self._areas[index]:
                continue
            facts[index] = [
                *self._agreement(index),
                *self._beside_holder(index),
                *self._beside_held(index),
                *self._crossing(index),
                *self._standing(index),
            ]
        return facts

    @cached_property
    def _halved(self) -> Bool:
        """The masks at half their size, n×pixels: of a hundred points they are many."""
        return self.masks[:, ::2, ::2].reshape(len(self.masks), -1)

    @cached_property
    def _bits(self) -> Bits:
        """The same, eight pixels in each number."""
        return np.packbits(self._halved, axis=1)

    @cached_property
    def _both(self) -> Float32:
        """How many pixels each two have in common, n×n."""
        flat = self._halved.astype(np.float32)
        return np.asarray(flat @ flat.T, np.float32)

    @cached_property
    def _areas(self) -> Float32:
        return np.diag(self._both).copy()

    @cached_property
    def _overlaps(self) -> Float32:
        """Intersections over unions, n×n."""
        either = self._areas[:, None] + self._areas[None] - self._both
        return np.asarray(self._both / np.maximum(either, 1), np.float32)

    @cached_property
    def _held(self) -> Float32:
        """Which share of each answer the others have, n×n."""
        return np.asarray(self._both / np.maximum(self._areas, 1)[:, None], np.float32)

    @cached_property
    def _has(self) -> Bool:
        """Which answers have which points, n×p."""
        rows, columns = np.array(self.points).T
        return np.asarray(self.masks[:, rows, columns], np.bool_)

    @cached_property
    def _likeliest(self) -> Indices:
        """The likeliest answer to each point, p."""
        order = np.argsort(self.likelihoods, kind="stable")
        likeliest = np.zeros(len(self.points), np.intp)
        likeliest[self.point_of[order]] = order
        return likeliest

    @cached_property
    def _coarse(self) -> Float32:
        """Which share of each cell of the embedding an answer covers, n×cells."""
        return cells_covered(self.masks, self.embedding.shape[-1]).reshape(len(self.masks), -1)

    @cached_property
    def _kinds(self) -> Float32:
        """The embedding as it differs from what is usual in the picture, cells×256."""
        cells = self.embedding.reshape(self.embedding.shape[1], -1).T
        height, width = self.masks.shape[1:]
        seen = cells_seen((height, width), self.embedding.shape[-1])
        return np.asarray(cells - cells[seen.ravel()].mean(axis=0), np.float32)

    @cached_property
    def _kind(self) -> Float32:
        """Of what kind each answer is, n×256."""
        return np.asarray(self._coarse @ self._kinds, np.float32)

    def _agreement(self, index: int) -> list[float]:
        points = np.flatnonzero(self._has[index])
        same = np.flatnonzero(self._overlaps[index] > SAME)
        others = same[same != index]
        agreeing = np.zeros(len(self.points), np.bool_)
        agreeing[self.point_of[same]] = True
        likeliest = self._likeliest[points]
        weights = np.maximum(self.likelihoods[likeliest], 0)
        agreed = float((weights * self._overlaps[index, likeliest]).sum())
        return [
            len(points) / 10,
            float(agreeing[points].mean()) if len(points) else 0.0,
            agreed / max(float(weights.sum()), 1e-6),
            len(others) / len(self.masks),
            float(self.likelihoods[others].max(initial=0)),
        ]

    def _beside_holder(self, index: int) -> list[float]:
        larger = self._areas > LARGER * self._areas[index]
        holders = np.flatnonzero((self._held[index] > HELD) & larger)
        return self._beside(index, holders, outer=True)

    def _beside_held(self, index: int) -> list[float]:
        smaller = (self._areas > 0) & (LARGER * self._areas < self._areas[index])
        held = np.flatnonzero((self._held[:, index] > HELD) & smaller)
        any_held = np.bitwise_or.reduce(self._bits[held], axis=0)
        covered = float(np.count_nonzero(np.unpackbits(any_held)))
        return [*self._beside(index, held, outer=False), covered / float(self._areas[index])]

    def _beside(self, index: int, others: Indices, outer: bool) -> list[float]:
        """An answer beside the likeliest of those that hold it (`outer`), or that it holds."""
        if not len(others):
            return [0.0, -float(self.likelihoods[index]), 0.0, 0.0, 0.0, 0.0, 0.0]
        other = int(others[self.likelihoods[others].argmax()])
        large, small = (other, index) if outer else (index, other)
        rest = np.maximum(self._coarse[large] - self._coarse[small], 0)
        return [
            float(self.likelihoods[other]),
            float(self.likelihoods[other] - self.likelihoods[index]),
            len(others) / len(self.masks),
            float(np.log(self._areas[large] / self._areas[small])),
            _alike(self._kind[small], self._kind_of(rest)),
            _alike(self._kind[small], self._kind[large]),
            float(self.likelihoods[others].mean()),
        ]

    def _kind_of(self, shares: Float32) -> Float32:
        """Of what kind such shares of the cells are together, 256."""
        some = np.flatnonzero(shares)
        return np.asarray(shares[some] @ self._kinds[some], np.float32)

    def _crossing(self, index: int) -> list[float]:
        mine, theirs = self._held[index], self._held[:, index]
        least = np.minimum(mine, theirs) > CROSSING
        crossing = np.flatnonzero(least & (np.maximum(mine, theirs) < 1 - CROSSING))
        return [
            len(crossing) / len(self.masks),
            float(self.likelihoods[crossing].max(initial=0)),
        ]

    def _standing(self, index: int) -> list[float]:
        mine = self.likelihoods[index]
        return [
            float(mine - self.likelihoods[self._likeliest[self.point_of[index]]]),
            float((self.likelihoods > mine).mean()),
            float(mine),
            float(self._has[index].mean()),
        ]


def _alike(one: Float32, other: Float32) -> float:
    """How like two kinds are, −1 to 1."""
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / lengths if lengths > 0 else 0.0
