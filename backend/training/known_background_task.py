"""The network for a known background (alpha and the foreground's colour), learned and asked."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from layerpeel.backend.composites.composite import Composite
from layerpeel.backend.networks.local_unet import LocalUNet
from layerpeel.backend.separation import Separation
from layerpeel.backend.stages.small_networks.known_background import (
    FAINT,
    OUTPUTS,
    foreground_of_answer,
    planes_over,
)
from layerpeel.backend.training.check_sheet import write_sheet
from layerpeel.backend.training.comparison import mean_figures
from layerpeel.backend.training.kept_samples import Hints, KeptSamples
from layerpeel.backend.training.matting_network import (
    WEIGHTS,
    Layers,
    clamp,
    corrected_alpha,
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
        self._kept = KeptSamples(art, recipe, _hints_of)
        self._composites = composites

    def network(self) -> LocalUNet:
        """Make the network that is to be trained."""
        return matting_network(self._recipe, OUTPUTS)

    def batches(self, numbers: range, device: torch.device) -> Iterator[dict[str, Tensor]]:
        """Make the batches of these numbers."""
        return self._kept.batches(numbers, device)

    def losses(self, network: nn.Module, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Give each loss, weighted; there is none of the background, which is known."""
        layers = layers_over(network(batch["planes"]).float(), batch["planes"])
        losses = matting_losses(layers, batch)
        return {name: WEIGHTS[name] * loss for name, loss in losses.items() if name != "background"}

    def check(self, network: nn.Module, sheet: Path) -> dict[str, float]:
        """Measure on the composites (means, docs/quality.md), and draw the first few."""
        separate = partial(separate_over, network)
        write_sheet(separate, self._composites[:PICTURES_ON_SHEET], sheet)
        return mean_figures(separate, self._composites)


def _hints_of(sample: Sample) -> Hints:
    planes = planes_over(sample.picture, sample.background, sample.trimap)
    return Hints(planes[5:8].transpose(1, 2, 0), sample.background, planes[12])


def layers_over(answer: Tensor, planes: Tensor) -> Layers:
    """Do as `foreground_of_answer` does, so that gradients come through.

    answer: [N, 4, h, w]. planes: [N, 13, h, w].
    """
    picture, background = planes[:, :3], planes[:, 8:11]
    logits, alpha = corrected_alpha(answer[:, :1], planes)
    foreground = clamp(planes[:, 5:8] + answer[:, 1:4])
    missing = picture - alpha * foreground - (1 - alpha) * background
    foreground = clamp(foreground + missing * alpha / (alpha**2 + FAINT))
    return Layers(logits, alpha, foreground, background)


@torch.inference_mode()
def separate_over(network: nn.Module, composite: Composite) -> Separation:
    """Let a network separate a whole picture over its true background, where the network lies."""
    planes = planes_over(composite.picture, composite.background, composite.trimap)
    device = next(network.parameters()).device
    answer = network(torch.from_numpy(planes)[None].to(device))[0]
    layers = foreground_of_answer(np.asarray(answer.float().cpu().numpy()), planes)
    return Separation(*layers, composite.background)
