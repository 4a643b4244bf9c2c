"""Batches of facts, for networks that score one thing after the other (`FactScorer`)."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from layerpeel.backend.image import Float32


class FactBatches:
    """Draws from n things of which facts (n×facts) are known, and the right score (n, 0–1).

    Each is drawn as often as it weighs (n, over 0).
    """

    def __init__(self, facts: Float32, scores: Float32, weights: Float32) -> None:
        self.facts = torch.from_numpy(facts)
        self._scores = torch.from_numpy(scores)
        self._up_to = np.cumsum(weights / weights.sum(dtype=np.float64))

    def batches(
        self, numbers: range, size: int, seed: int, device: torch.device
    ) -> Iterator[dict[str, Tensor]]:
        """Give the batches of these numbers, each depending on its number alone.

        `facts` [size, facts] and `score` [size].
        """
        for number in numbers:
            drawn = np.random.default_rng((seed, number)).random(size)
            chosen = np.searchsorted(self._up_to[:-1], drawn, side="right")
            yield {
                "facts": self.facts[chosen].to(device),
                "score": self._scores[chosen].to(device),
            }
