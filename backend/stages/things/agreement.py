"""How like a thing answers are, by how far those to other points agree."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from layerpeel.backend.image import Float32
from layerpeel.backend.stages.things.choosing_things import SURE, PointAnswer

# Of a part alone, many of its points are answered with the whole: so much the others count, and
# the rest an answer's own likelihood (docs/decisions.md).
AGREEMENT = 0.4
# Less like a thing than this it is none.
LEAST_LIKE = 0.55


def agreed_upon(answers: Sequence[PointAnswer]) -> list[PointAnswer]:
    """Give those of some answers that are like a thing, by themselves and beside the others."""
    if not answers:
        return []
    like_things = _like_things(answers)
    return [
        replace(answer, likelihood=float(like))
        for answer, like in zip(answers, like_things, strict=True)
        if like >= LEAST_LIKE
    ]


def _like_things(answers: Sequence[PointAnswer]) -> Float32:
    """How like a thing each answer is: n, 0–1."""
    masks = np.stack([each.sureness > SURE for each in answers])
    flat = masks.reshape(len(masks), -1).astype(np.float32)
    both = flat @ flat.T
    areas = np.diag(both)
    overlaps = both / np.maximum(areas[:, None] + areas[None] - both, 1)
    likelihood = np.array([each.likelihood for each in answers], np.float32)
    rows, columns = np.array([each.place for each in answers]).T
    weights = masks[:, rows, columns] * likelihood  # n×n, of the points in each mask
    agreement = (weights * overlaps).sum(axis=1) / np.maximum(weights.sum(axis=1), 1e-6)
    return np.asarray((1 - AGREEMENT) * likelihood + AGREEMENT * agreement, np.float32)
