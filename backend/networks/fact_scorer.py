"""How surely each part of a picture belongs to its subject, by what is known of the part.

Several small perceptrons, each begun with other weights, whose mean is more right than any of them.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class FactScorerShape:
    """The size of a `FactScorer`.

    facts: how many are known of a part. widths: of the two hidden layers. members: perceptrons.
    dropout: share of the first layer that is left out while it learns.
    """

    facts: int
    widths: tuple[int, int]
    members: int
    dropout: float


class FactScorer(nn.Module):
    """See the module; what is usual of each fact is told it once, by `expect`."""

    # Facts further from what is usual, in deviations, are as far as this.
    _FURTHEST = 4.0

    def __init__(self, shape: FactScorerShape) -> None:
        super().__init__()
        self.shape = shape
        self.mean: Tensor
        self.deviation: Tensor
        self.register_buffer("mean", torch.zeros(shape.facts))
        self.register_buffer("deviation", torch.ones(shape.facts))
        first, second = shape.widths
        self.members = nn.ModuleList(
            nn.Sequential(
                nn.Linear(shape.facts, first),
                nn.ReLU(),
                nn.Dropout(shape.dropout),
                nn.Linear(first, second),
                nn.ReLU(),
                nn.Linear(second, 1),
            )
            for _ in range(shape.members)
        )

    @torch.no_grad()
    def expect(self, facts: Tensor) -> None:
        """Take the mean and the deviation of some facts, [N, facts], as usual."""
        self.mean.copy_(facts.mean(dim=0))
        self.deviation.copy_(facts.std(dim=0) + 1e-3)

    def logits(self, facts: Tensor) -> Tensor:
        """What each member says of each part: [members, N]."""
        usual = ((facts - self.mean) / self.deviation).clamp(-self._FURTHEST, self._FURTHEST)
        return torch.stack([member(usual)[:, 0] for member in self.members])

    def forward(self, facts: Tensor) -> Tensor:
        """Map [N, facts] to how surely each is subject, [N], 0–1."""
        return torch.sigmoid(self.logits(facts)).mean(dim=0)
