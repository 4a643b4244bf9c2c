"""What the matting network learns from and is checked on."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from layerpeel.backend.composites.composite import Composite
from layerpeel.backend.networks.local_unet import LocalUNet
from layerpeel.backend.stages.small_networks.planes import planes_of
from layerpeel.backend.training.check_sheet import write_sheet
from layerpeel.backend.training.comparison import mean_figures
from layerpeel.backend.training.kept_samples import Hints, KeptSamples
from layerpeel.backend.training.matting_network import (
    WEIGHTS,
    layers_of,
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
        self._kept = KeptSamples(art, recipe, _hints_of)
        self._composites = composites

    def network(self) -> LocalUNet:
        """Make the network that is to be trained."""
        return matting_network(self._recipe)

    def batches(self, numbers: range, device: torch.device) -> Iterator[dict[str, Tensor]]:
        """Make the batches of these numbers."""
        return self._kept.batches(numbers, device)

    def losses(self, network: nn.Module, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Give each loss, weighted."""
        layers = layers_of(network(batch["planes"]).float(), batch["planes"])
        losses = matting_losses(layers, batch)
        return {name: WEIGHTS[name] * loss for name, loss in losses.items()}

    def check(self, network: nn.Module, sheet: Path) -> dict[str, float]:
        """Measure on the composites (means, docs/quality.md), and draw the first few."""
        separate = partial(separate_by, network)
        write_sheet(separate, self._composites[:PICTURES_ON_SHEET], sheet)
        return mean_figures(separate, self._composites)


def _hints_of(sample: Sample) -> Hints:
    planes = planes_of(sample.picture, sample.trimap)
    foreground, background = (planes[first : first + 3].transpose(1, 2, 0) for first in (5, 8))
    return Hints(foreground, background, planes[12])
