"""The training task of FAN and BAN (paper, section 3.4).

The paper gives them picture, alpha and “a decoded layer from the FBDD module”, trains both
independently of FBDD and of one another, FAN by the mean squared error and BAN by that and 0.2·L_H.
It does not say how decoded layers for training were made. BAN's second loss ties it to the texture
of the decoded layer where nothing else is known, so that layer must be what FBDD would paint there,
and not the truth through the VAE, from which BAN would learn that what it sees behind an object is
right. So here FBDD, once trained, paints it (recipes/paper-hfa.toml); or, where there is no FBDD,
it is simulated (recipes/small-hfa.toml; ours).
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from layerpeel.backend.errors import BadInputError
from layerpeel.backend.image import Float32
from layerpeel.backend.networks.fbdd_folder import Fbdd, LayerName
from layerpeel.backend.networks.haar import high_frequency_error
from layerpeel.backend.networks.hfa_folder import save_hfa
from layerpeel.backend.networks.high_frequency_alignment import (
    INPUTS,
    OUTPUTS,
    AlignmentNetwork,
    HighFrequencyAlignment,
)
from layerpeel.backend.networks.latents import LATENT_CHANNELS, LATENT_STRIDE
from layerpeel.backend.networks.local_unet import UNetShape
from layerpeel.backend.training.batches import batches_of, stacked
from layerpeel.backend.training.check_sheet import write_panels
from layerpeel.backend.training.decoded_layers import as_if_decoded, as_if_filled_in
from layerpeel.backend.training.known_layers import draw_layers
from layerpeel.backend.training.opened_art import OpenedArt
from layerpeel.backend.training.painting import check_side, paint
from layerpeel.backend.training.recipe import HfaRecipe
from layerpeel.backend.training.training_checkpoint import fill_with

# λ of the paper's equation 2.
HIGH_FREQUENCY_SHARE = 0.2

PICTURES_TO_CHECK_ON, PICTURES_ON_SHEET = 16, 6


class HfaTask:
    """A `trainer.Task`: FAN, where the layer is the foreground, or BAN."""

    def __init__(
        self,
        layer: LayerName,
        recipe: HfaRecipe,
        art: OpenedArt,
        art_to_check_on: OpenedArt,
        fbdd: Fbdd | None,
    ) -> None:
        """Train on `art`, and check on the other.

        fbdd: paints the decoded layers, where the recipe has them by FBDD; else None.
        Raises BadInputError when recipe and fbdd do not match, or FBDD cannot work on pictures of
        this size.
        """
        if fbdd is None and recipe.decoded.by == "fbdd":
            raise BadInputError(
                "By this recipe an FBDD makes the decoded layers, and none is given. Give one, or "
                "choose a recipe that simulates them."
            )
        if fbdd is not None and recipe.decoded.by != "fbdd":
            raise BadInputError(
                "This recipe simulates the decoded layers, so it takes no FBDD. Give none, or "
                "choose a recipe by which an FBDD makes them."
            )
        if fbdd is not None:
            check_side(recipe.samples.side)
        self.name = f"hfa-{layer}"
        self._layer = layer
        self._recipe = recipe
        self._art = art
        self._art_to_check_on = art_to_check_on
        self._fbdd = fbdd
        self._checked_on: dict[str, Tensor] | None = None

    def network(self) -> AlignmentNetwork:
        """Make the untrained network."""
        return AlignmentNetwork(shape_of(self._recipe))

    def sample(self, index: int) -> dict[str, Float32]:
        """Draw picture, alpha, true layer, and decoded layer or the noise it is painted from."""
        return self._drawn(self._art, index)

    def batches(self, numbers: range, device: torch.device) -> Iterator[dict[str, Tensor]]:
        """Make the batches of these numbers."""
        return batches_of(self.sample, self._recipe, numbers, device)

    def losses(self, network: nn.Module, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Compute the mean squared error, and for the background the weighted L_H."""
        decoded = self._decoded(batch)
        refined = network(batch["picture"], batch["alpha"], decoded).float()
        losses = {"mse": functional.mse_loss(refined, batch["truth"])}
        if self._layer == "background":
            error = high_frequency_error(refined, decoded)
            losses["high_frequency"] = HIGH_FREQUENCY_SHARE * error
        return losses

    @torch.no_grad()
    def check(self, network: nn.Module, sheet: Path) -> dict[str, float]:
        """Compute the losses, and PSNR before and after, on held-out pictures; draw the first few.

        A row of the sheet holds picture, alpha, decoded layer, refined layer, truth.
        """
        batch = self._to_check_on(next(network.parameters()).device)
        decoded = batch["decoded"]
        losses = self.losses(network, batch)
        refined = network(batch["picture"], batch["alpha"], decoded).float().clamp(0, 1)
        shown = (batch["picture"], batch["alpha"], decoded, refined, batch["truth"])
        write_panels([planes[:PICTURES_ON_SHEET] for planes in shown], sheet)
        return {
            **{name: loss.item() for name, loss in losses.items()},
            "psnr_decoded": _psnr(decoded, batch["truth"]),
            "psnr_refined": _psnr(refined, batch["truth"]),
        }

    def _to_check_on(self, device: torch.device) -> dict[str, Tensor]:
        if self._checked_on is None:
            indices = range(PICTURES_TO_CHECK_ON)
            samples = [self._drawn(self._art_to_check_on, index) for index in indices]
            batch = stacked(samples, device)
            # Decoded once for all checks: by FBDD it takes long.
            self._checked_on = {**batch, "decoded": self._decoded(batch)}
        return self._checked_on

    def _drawn(self, art: OpenedArt, index: int) -> dict[str, Float32]:
        seed = self._recipe.training.seed
        layers = draw_layers(art, self._recipe.samples, seed, index)
        truth: Float32 = getattr(layers, self._layer)
        drawn = {
            "picture": layers.picture.transpose(2, 0, 1),
            "alpha": layers.alpha[None],
            "truth": truth.transpose(2, 0, 1),
        }
        random = np.random.default_rng((seed, index, 1))
        if self._fbdd is not None:
            side = len(layers.alpha) // LATENT_STRIDE
            noise = random.standard_normal((LATENT_CHANNELS, side, side), np.float32)
            return {**drawn, "noise": noise}
        if self._layer == "background":
            truth = as_if_filled_in(truth, layers.alpha, random)
        return {**drawn, "decoded": as_if_decoded(truth, random).transpose(2, 0, 1)}

    def _decoded(self, batch: dict[str, Tensor]) -> Tensor:
        if "decoded" in batch or self._fbdd is None:
            return batch["decoded"]
        unet = getattr(self._fbdd, self._layer)
        return paint(self._fbdd, unet, batch["noise"], batch["picture"], batch["alpha"])


def shape_of(recipe: HfaRecipe) -> UNetShape:
    """Return the shape of FAN and of BAN in a recipe."""
    made = recipe.network
    return UNetShape(INPUTS, OUTPUTS, made.widths, made.blocks, made.unshuffle)


def save_trained_hfa(recipe: HfaRecipe, fan: Path, ban: Path, folder: Path) -> None:
    """Make a folder for the engine of what two trainings saved (`training_checkpoint.WEIGHTS`).

    Raises BadInputError when one has saved nothing, ModelError when it is damaged or of another
    recipe, OutputError when the folder cannot be written.
    """
    shape = shape_of(recipe)
    hfa = HighFrequencyAlignment(shape, shape)
    for network, file in ((hfa.foreground, fan), (hfa.background, ban)):
        fill_with(network, file)
    save_hfa(hfa, folder)


def _psnr(first: Tensor, second: Tensor) -> float:
    """Mean over pictures, in decibels."""
    errors = (first - second).square().mean(dim=(1, 2, 3)).clamp(min=1e-10)
    return float((-10 * errors.log10()).mean())
