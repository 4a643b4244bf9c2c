"""The matting network (alpha and both colours in the band of a trimap) and how wrong it is."""

import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from layerpeel.backend.composites.composite import Composite
from layerpeel.backend.errors import ModelError
from layerpeel.backend.image import Float32
from layerpeel.backend.networks.local_unet import LocalUNet, UNetShape, he_initialise
from layerpeel.backend.separation import Separation
from layerpeel.backend.stages.small_networks.band_layers import (
    OUTPUTS,
    BandLayers,
    layers_of_answer,
    separation_of,
)
from layerpeel.backend.stages.small_networks.planes import INPUTS, NUMPY, named, planes_of
from layerpeel.backend.training.recipe import Recipe
from layerpeel.backend.training.training_checkpoint import read_weights

# How much each loss counts.
WEIGHTS = {
    "alpha": 1.0,
    "alpha_logits": 0.5,
    "alpha_gradient": 0.5,
    "composition": 0.5,
    "foreground": 1.0,
    "painted": 1.0,
    "background": 0.5,
    "surroundings": 1.0,
}
GRADIENT_SCALES = 3

# What closed-form alpha is wrong by in a typical band, and what all is measured against at least.
TYPICAL_ERROR, LEAST_ERROR = 0.08, 0.008

# Up to this alpha the background is visible, as `evaluation.metrics` counts it.
VISIBLE_TO = 0.999


def matting_network(recipe: Recipe, outputs: int = OUTPUTS) -> LocalUNet:
    """Make the network of a recipe, untrained."""
    made = recipe.network
    network = LocalUNet(UNetShape(INPUTS, outputs, made.widths, made.blocks, made.unshuffle))
    he_initialise(network)
    return network


def load_matting_network(file: Path, outputs: int = OUTPUTS) -> tuple[LocalUNet, dict[str, str]]:
    """Load what a training saved (`training_checkpoint.WEIGHTS`), and what it says about itself.

    Raises BadInputError when there is no such file, ModelError when it is damaged or of another
    network.
    """
    weights, about = read_weights(file)
    try:
        made = json.loads(about["recipe"])["network"]
        shape = UNetShape(INPUTS, outputs, tuple(made["widths"]), made["blocks"], made["unshuffle"])
        network = LocalUNet(shape)
        network.load_state_dict(weights)
    except (KeyError, ValueError, RuntimeError) as error:
        raise ModelError(f"{file} holds no matting network: {error}.") from error
    return network.eval(), about


class _Clamp(torch.autograd.Function):
    @staticmethod
    def forward(context: torch.autograd.function.FunctionCtx, value: Tensor) -> Tensor:
        context.save_for_backward(value)
        return value.clamp(0, 1)

    @staticmethod
    def backward(context: torch.autograd.function.FunctionCtx, gradient: Tensor) -> Tensor:
        (value,) = context.saved_tensors  # type: ignore[attr-defined]
        stuck = ((value < 0) & (gradient > 0)) | ((value > 1) & (gradient < 0))
        return gradient.masked_fill(stuck, 0)


def clamp(value: Tensor) -> Tensor:
    """Clamp to 0–1; a gradient that leads back inside still passes, so that nothing gets stuck."""
    clamped: Tensor = _Clamp.apply(value)
    return clamped


class DifferentiableMath:
    """`planes.ArrayMath` of torch, through which gradients come back."""

    def clip(self, value: Tensor) -> Tensor:
        """See `clamp`."""
        return clamp(value)

    def logit(self, share: Tensor, ends: float) -> Tensor:
        """See `planes.ArrayMath.logit`."""
        return torch.logit(share, ends)

    def sigmoid(self, logits: Tensor) -> Tensor:
        """See `planes.ArrayMath.sigmoid`."""
        return torch.sigmoid(logits)

    def where(self, condition: Tensor, one: Tensor, other: Tensor) -> Tensor:
        """See `planes.ArrayMath.where`."""
        return torch.where(condition, one, other)


DIFFERENTIABLE = DifferentiableMath()


def matting_losses(layers: BandLayers[Tensor], truth: dict[str, Tensor]) -> dict[str, Tensor]:
    """Mean errors in the band, by the names in `WEIGHTS`.

    All are absolute but that of the logits, which is a cross entropy. Absolute errors alone learn
    next to nothing where closed-form alpha is more often right than wrong: there it is the median.

    Samples count by how wrong closed-form alpha is about them: what is judged in the end is the
    ratio to it, and a few riddles would else be all that is learned from.

    truth: a batch of `kept_samples.varied`, [N, C, h, w].
    F counts as far as it shows: where alpha is 0, it is anybody's guess. B counts wherever it shows
    at all, as that is where it can be seen once the foreground is gone; and once more as far as it
    shows already: what stays of the object's colour in its surroundings is seen first of all.
    """
    planes = named(truth["planes"])
    band = planes.band.float()
    pixels = band.sum(dim=(1, 2, 3)).clamp(min=1)  # [N]
    alpha, foreground, background = truth["alpha"], truth["foreground"], truth["background"]

    def of_each(error: Tensor) -> Tensor:
        return (error.abs() * band).mean(dim=1).sum(dim=(1, 2)) / pixels  # [N]

    typical = TYPICAL_ERROR + LEAST_ERROR
    counts = typical / (of_each(planes.coarse_alpha - alpha) + LEAST_ERROR)  # [N]

    def mean(error: Tensor) -> Tensor:
        return (counts * of_each(error)).mean()

    error = (layers.alpha - alpha) * band
    recomposed = layers.alpha * foreground + (1 - layers.alpha) * background
    return {
        "alpha": mean(error),
        "alpha_logits": mean(_divergence(layers.logits, alpha)),
        "alpha_gradient": (counts * _gradient_of(error) / pixels).mean(),
        "composition": mean(recomposed - truth["composite"]),
        "foreground": mean(alpha * (layers.foreground - foreground)),
        "painted": mean(layers.alpha * layers.foreground - alpha * foreground),
        "background": mean((alpha < VISIBLE_TO) * (layers.background - background)),
        "surroundings": mean((1 - alpha) * (layers.background - background)),
    }


def _divergence(logits: Tensor, alpha: Tensor) -> Tensor:
    """Cross entropy less that of the truth with itself: 0 at the truth."""
    entropy = torch.special.entr(alpha) + torch.special.entr(1 - alpha)
    divergence: Tensor = (
        functional.binary_cross_entropy_with_logits(logits, alpha, reduction="none") - entropy
    )
    return divergence


def _gradient_of(error: Tensor) -> Tensor:
    """Sum the steps between neighbours in [N, 1, h, w], at three scales: [N]."""
    total = error.new_zeros(len(error))
    for scale in range(GRADIENT_SCALES):
        small = functional.avg_pool2d(error, 2**scale) if scale else error
        steps = sum(small.diff(dim=dim).abs().sum(dim=(1, 2, 3)) for dim in (-1, -2))
        total = total + steps * 2**scale
    return total / GRADIENT_SCALES


def separate_by(network: nn.Module, composite: Composite) -> Separation:
    """Let a network separate a whole picture, on the device where it lies."""
    planes = planes_of(composite.picture, composite.trimap)
    return separation_of(layers_of_answer(answer_by(network, planes), named(planes), NUMPY))


@torch.inference_mode()
def answer_by(network: nn.Module, planes: Float32) -> Float32:
    """Let a network answer planes (C×H×W) as `small_networks.answer_of` does, where it lies."""
    device = next(network.parameters()).device
    answer = network(torch.from_numpy(planes)[None].to(device))[0]
    return np.asarray(answer.float().cpu().numpy())
