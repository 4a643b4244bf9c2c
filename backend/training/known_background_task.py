"""The network for a known background (alpha and the foreground's colour), learned and asked."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from layerpeel.backend.composites.composite import Composite
from layerpeel.backend.image import Float32
from layerpeel.backend.networks.local_unet import LocalUNet
from layerpeel.backend.separation import Separation
from layerpeel.backend.stages.small_networks.band_layers import (
    OUTPUTS_OVER_BACKGROUND,
    layers_over_background,
    separation_of,
)
from layerpeel.backend.stages.small_networks.known_background import planes_over
from layerpeel.backend.stages.small_networks.planes import NUMPY, named
from layerpeel.backend.training.check_sheet import write_sheet
from layerpeel.backend.training.comparison import mean_figures
from layerpeel.backend.training.kept_samples import KeptSamples
from layerpeel.backend.training.matting_network import (
    DIFFERENTIABLE,
    WEIGHTS,
    answer_by,
    matting_losses,
    matting_network,
)
from layerpeel.backend.training.matting_task import PICTURES_ON_SHEET
from layerpeel.backend.training.opened_art import OpenedArt
from layerpeel.backend.training.recipe import Recipe
from layerpeel.backend.training.samples import Sample


class KnownBackgroundTask:
    """A `trainer.Task`: alpha and F over a known B (recipes/small-known-background.toml).

    The composites are those of matting. Where they are degraded the background is not, as when a
    generator has painted into a picture.
    """

    name = "known-background"

    def __init__(self, recipe: Recipe, art: OpenedArt, composites: Sequence[Composite]) -> None:
        """Learn from `art`, check on `composites`."""
        self._recipe = recipe
        self._kept = KeptSamples(art, recipe, _planes_of_sample)
        self._composites = composites

    def network(self) -> LocalUNet:
        """Make the network that is to be trained."""
        return matting_network(self._recipe, OUTPUTS_OVER_BACKGROUND)

    def batches(self, numbers: range, device: torch.device) -> Iterator[dict[str, Tensor]]:
        """Make the batches of these numbers."""
        return self._kept.batches(numbers, device)

    def losses(self, network: nn.Module, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Give each loss, weighted; there is none of the background, which is known."""
        answer = network(batch["planes"]).float()
        layers = layers_over_background(answer, named(batch["planes"]), DIFFERENTIABLE)
        losses = matting_losses(layers, batch)
        return {name: WEIGHTS[name] * loss for name, loss in losses.items() if name != "background"}

    def check(self, network: nn.Module, sheet: Path) -> dict[str, float]:
        """Measure on the composites (means, docs/quality.md), and draw the first few."""
        separate = partial(separate_over, network)
        write_sheet(separate, self._composites[:PICTURES_ON_SHEET], sheet)
        return mean_figures(separate, self._composites)


def _planes_of_sample(sample: Sample) -> Float32:
    return planes_over(sample.picture, sample.background, sample.trimap)


def separate_over(network: nn.Module, composite: Composite) -> Separation:
    """Let a network separate a whole picture over its true background, where the network lies."""
    planes = planes_over(composite.picture, composite.background, composite.trimap)
    layers = layers_over_background(answer_by(network, planes), named(planes), NUMPY)
    return separation_of(layers)
