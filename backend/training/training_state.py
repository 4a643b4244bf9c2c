"""What changes from one iteration of a training to the next."""

import copy

import torch
from torch import Tensor, nn

from layerpeel.backend.training.recipe import TrainingRecipe


class WeightsEma:
    """The exponential moving average (EMA) of a network's weights: better than any one of them.

    Weights that are not trained are shared with the network.

    decay: what an iteration keeps of the average; less at the beginning, so that the random weights
        that training starts from are soon forgotten.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self._trained = [name for name, _ in trained_parameters(network)]
        frozen = {id(each): each for each in network.parameters() if not each.requires_grad}
        self.network = copy.deepcopy(network, frozen).requires_grad_(False).eval()
        self._decay = decay

    def weights(self) -> dict[str, Tensor]:
        """Return the averages themselves, by name, and buffers, which do not change."""
        averages = dict(self.network.named_parameters())
        trained = {name: averages[name] for name in self._trained}
        return {**trained, **dict(self.network.named_buffers())}

    @torch.no_grad()
    def update(self, network: nn.Module, iteration: int) -> None:
        """Add the weights after an iteration, counted from 0."""
        decay = min(self._decay, (1 + iteration) / (10 + iteration))
        there = dict(self.network.named_parameters())
        averages: list[Tensor] = [there[name] for name in self._trained]
        weights: list[Tensor] = [weight for _, weight in trained_parameters(network)]
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
            [weight for _, weight in trained_parameters(network)],
            settings.learning_rate,
            weight_decay=settings.weight_decay,
        )


def trained_parameters(network: nn.Module) -> list[tuple[str, nn.Parameter]]:
    """Return the weights that are trained, by name."""
    return [(name, each) for name, each in network.named_parameters() if each.requires_grad]
