"""The mean of a network's last weights, which is better than any one of them."""

import copy

import torch
from torch import Tensor, nn


class RunningAverage:
    """Keeps a copy of a network whose weights follow slowly.

    share: what an iteration keeps of the mean; less at the beginning, so that the random weights
        that training starts from are soon forgotten.
    """

    def __init__(self, network: nn.Module, share: float) -> None:
        self.network = copy.deepcopy(network).requires_grad_(False).eval()
        self._share = share

    def weights(self) -> dict[str, Tensor]:
        """Give the means themselves, by name."""
        return dict(self.network.named_parameters())

    @torch.no_grad()
    def follow(self, network: nn.Module, iteration: int) -> None:
        """Take in the weights after iteration number `iteration`, counted from 0."""
        kept = min(self._share, (1 + iteration) / (10 + iteration))
        means: list[Tensor] = list(self.network.parameters())
        news: list[Tensor] = list(network.parameters())
        torch._foreach_lerp_(means, news, 1 - kept)
