"""What changes from one iteration of a training to the next."""

import copy

import torch
from torch import Tensor, nn

from layerpeel.backend.training.recipe import TrainingRecipe


class WeightsEma:
    """The exponential moving average (EMA) of a network's weights: better than any one of them.

    decay: what an iteration keeps of the average; less at the beginning, so that the random weights
        that training starts from are soon forgotten.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = copy.deepcopy(network).requires_grad_(False).eval()
        self._decay = decay

    def weights(self) -> dict[str, Tensor]:
        """Return the averages themselves, by name, and what does not change (buffers)."""
        return {**dict(self.network.named_parameters()), **dict(self.network.named_buffers())}

    @torch.no_grad()
    def update(self, network: nn.Module, iteration: int) -> None:
        """Add the weights after an iteration, counted from 0."""
        decay = min(self._decay, (1 + iteration) / (10 + iteration))
        averages: list[Tensor] = list(self.network.parameters())
        weights: list[Tensor] = list(network.parameters())
        torch._foreach_lerp_(averages, weights, 1 - decay)


class TrainingState:
    """Network, EMA of its weights, and optimizer.

    iteration: how many are done.
    """

    def __init__(self, network: nn.Module, recipe: TrainingRecipe) -> None:
        settings = recipe.training
        self.iteration = 0
        self.network = network
        self.ema = WeightsEma(network, settings.ema_decay)
        self.optimizer = torch.optim.AdamW(
            network.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
        )
