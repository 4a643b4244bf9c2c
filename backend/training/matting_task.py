"""What the matting network learns from and is checked on."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from torch import Tensor, nn

from layerpeel.backend.evaluation.composites import Composite
from layerpeel.backend.image import Float32
from layerpeel.backend.networks.local_unet import LocalUNet
from layerpeel.backend.stages.band_planes import coarse_alpha_of, planes_of
from layerpeel.backend.training.comparison import mean_figures, write_sheet
from layerpeel.backend.training.kept_samples import KeptSamples
from layerpeel.backend.training.matting import (
    WEIGHTS,
    layers_of,
    matting_losses,
    matting_network,
    separate_by,
)
from layerpeel.backend.training.opened_art import OpenedArt
from layerpeel.backend.training.recipe import Recipe

PICTURES_ON_SHEET = 6


class MattingTask:
    """A `trainer.Task`: alpha and colours in one network (recipes/small-matting.toml)."""

    name = "matting"

    def __init__(self, recipe: Recipe, art: OpenedArt, composites: Sequence[Composite]) -> None:
        """Learn from `art`, check on `composites`."""
        self._recipe = recipe
        samples = recipe.samples
        self._kept = KeptSamples(
            art,
            samples,
            recipe.training.seed,
            samples.distinct,
            lambda sample: coarse_alpha_of(sample.picture, sample.trimap),
        )
        self._composites = composites

    def network(self) -> LocalUNet:
        """Make the network that is to be trained."""
        return matting_network(self._recipe)

    def sample(self, index: int) -> dict[str, Float32]:
        """Draw a sample: `planes` for the network, and the truth, all C×h×w."""
        sample = self._kept.sample(index)
        share = sample.alpha[..., None]
        composite = share * sample.foreground + (1 - share) * sample.background
        return {
            "planes": planes_of(sample.picture, sample.trimap, sample.coarse_alpha),
            "composite": composite.transpose(2, 0, 1),
            "alpha": sample.alpha[None],
            "foreground": sample.foreground.transpose(2, 0, 1),
            "background": sample.background.transpose(2, 0, 1),
        }

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
