"""What the matting network learns from and is checked on."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from layerpeel.backend.composites.composite import Composite
from layerpeel.backend.image import Float32
from layerpeel.backend.networks.local_unet import LocalUNet
from layerpeel.backend.stages.small_networks.band_layers import layers_of_answer
from layerpeel.backend.stages.small_networks.planes import named, planes_of
from layerpeel.backend.training.check_sheet import write_sheet
from layerpeel.backend.training.comparison import mean_figures
from layerpeel.backend.training.kept_samples import KeptSamples
from layerpeel.backend.training.matting_network import (
    DIFFERENTIABLE,
    WEIGHTS,
    matting_losses,
    matting_network,
    separate_by,
)
from layerpeel.backend.training.opened_art import OpenedArt
from layerpeel.backend.training.recipe import Recipe
from layerpeel.backend.training.samples import Sample

PICTURES_ON_SHEET = 6


class MattingTask:
    """A `trainer.Task`: alpha and colours in one network (recipes/small-matting.toml)."""

    name = "matting"

    def __init__(self, recipe: Recipe, art: OpenedArt, composites: Sequence[Composite]) -> None:
        """Learn from `art`, check on `composites`."""
        self._recipe = recipe
        self._kept = KeptSamples(art, recipe, _planes_of_sample)
        self._composites = composites

    def network(self) -> LocalUNet:
        """Make the network that is to be trained."""
        return matting_network(self._recipe)

    def batches(self, numbers: range, device: torch.device) -> Iterator[dict[str, Tensor]]:
        """Make the batches of these numbers."""
        return self._kept.batches(numbers, device)

    def losses(self, network: nn.Module, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Give each loss, weighted."""
        answer = network(batch["planes"]).float()
        layers = layers_of_answer(answer, named(batch["planes"]), DIFFERENTIABLE)
        losses = matting_losses(layers, batch)
        return {name: WEIGHTS[name] * loss for name, loss in losses.items()}

    def check(self, network: nn.Module, sheet: Path) -> dict[str, float]:
        """Measure on the composites (means, docs/quality.md), and draw the first few."""
        separate = partial(separate_by, network)
        write_sheet(separate, self._composites[:PICTURES_ON_SHEET], sheet)
        return mean_figures(separate, self._composites)


def _planes_of_sample(sample: Sample) -> Float32:
    return planes_of(sample.picture, sample.trimap)
