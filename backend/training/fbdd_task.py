"""The training task of FBDD's UNets (paper, sections 3.3 and 3.4).

Each is trained on its own to denoise its layer's latent, conditioned on the picture's latent and on
alpha at latent size; by the v-prediction loss, with a null prompt, the VAE fixed. Timesteps are
drawn evenly from the schedule of the network that training starts from (ours; the paper does not
say).
"""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import UNet2DConditionModel
from torch import Tensor, nn
from torch.nn import functional

from layerpeel.backend.image import Float32
from layerpeel.backend.networks.denoising import scheduler_from
from layerpeel.backend.networks.fbdd_folder import (
    DESCRIPTION,
    Fbdd,
    FbddFolder,
    LayerName,
    save_fbdd,
)
from layerpeel.backend.networks.fbdd_start import fbdd_from_inpainting
from layerpeel.backend.networks.latents import LATENT_CHANNELS, LATENT_STRIDE, encode
from layerpeel.backend.networks.layer_unet import new_unet
from layerpeel.backend.training.batches import batches_of, stacked
from layerpeel.backend.training.check_sheet import write_panels
from layerpeel.backend.training.known_layers import draw_layers
from layerpeel.backend.training.lora import add_lora, merge_lora
from layerpeel.backend.training.opened_art import OpenedArt
from layerpeel.backend.training.painting import check_side, conditions_of, paint
from layerpeel.backend.training.recipe import FbddRecipe
from layerpeel.backend.training.training_checkpoint import fill_with

PICTURES_TO_CHECK_ON, PICTURES_ON_SHEET = 8, 4


class FbddTask:
    """A `trainer.Task`: the UNet of one layer."""

    def __init__(
        self,
        layer: LayerName,
        recipe: FbddRecipe,
        art: OpenedArt,
        art_to_check_on: OpenedArt,
        start: Fbdd,
    ) -> None:
        """Train on `art`, check on the other, and start from what `starting_fbdd` returns."""
        self.name = f"fbdd-{layer}"
        self._layer = layer
        self._recipe = recipe
        self._art = art
        self._art_to_check_on = art_to_check_on
        self._start = start
        self._start.vae.requires_grad_(False).eval()
        self._alphas_cumprod = alphas_cumprod(start.scheduler_config)

    def network(self) -> UNet2DConditionModel:
        """Make the UNet to be trained."""
        unet = _untrained(self._recipe, self._start, self._layer)
        if self._recipe.run.gradient_checkpointing:
            unet.enable_gradient_checkpointing()
        return unet

    def sample(self, index: int) -> dict[str, Float32]:
        """Draw picture, alpha, true layer, noise and timestep."""
        return self._drawn(self._art, index)

    def batches(self, numbers: range, device: torch.device) -> Iterator[dict[str, Tensor]]:
        """Make the batches of these numbers."""
        return batches_of(self.sample, self._recipe, numbers, device)

    def losses(self, network: nn.Module, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Compute the v-prediction loss (Salimans and Ho, 2022, appendix D)."""
        picture = batch["picture"]
        with torch.no_grad():
            conditions = conditions_of(self._start, picture, batch["alpha"])
            clean = encode(self._start.vae, batch["truth"])  # [N, 4, h, w]
        timesteps = batch["timestep"].flatten().long()
        kept = self._alphas_cumprod.to(picture.device)[timesteps][:, None, None, None]
        noisy, velocity = noisy_and_velocity(clean, batch["noise"], kept)
        planes = torch.cat([noisy, conditions.picture, conditions.alpha], dim=1)  # [N, 72, h, w]
        prompt = conditions.null_embedding.to(picture.device).expand(len(planes), -1, -1)
        predicted = network(planes, timesteps, encoder_hidden_states=prompt).sample.float()
        return {"velocity": functional.mse_loss(predicted, velocity)}

    @torch.no_grad()
    def check(self, network: nn.Module, sheet: Path) -> dict[str, float]:
        """Compute the loss on held-out pictures, and paint the first few layers.

        mse_painted is of those few. A row of the sheet holds picture, alpha, painted layer, truth.
        """
        indices = range(PICTURES_TO_CHECK_ON)
        samples = [self._drawn(self._art_to_check_on, index) for index in indices]
        batch = stacked(samples, next(network.parameters()).device)
        losses = self.losses(network, batch)
        few = {name: planes[:PICTURES_ON_SHEET] for name, planes in batch.items()}
        painted = paint(self._start, network, few["noise"], few["picture"], few["alpha"])
        write_panels([few["picture"], few["alpha"], painted, few["truth"]], sheet)
        return {
            "velocity": losses["velocity"].item(),
            "mse_painted": functional.mse_loss(painted, few["truth"]).item(),
        }

    def _drawn(self, art: OpenedArt, index: int) -> dict[str, Float32]:
        seed, side = self._recipe.training.seed, self._recipe.samples.side // LATENT_STRIDE
        layers = draw_layers(art, self._recipe.samples, seed, index)
        truth: Float32 = getattr(layers, self._layer)
        # Not the composite's random numbers: these differ each time that one comes round again.
        random = np.random.default_rng((seed, index, 1))
        timestep = random.integers(len(self._alphas_cumprod))
        return {
            "picture": layers.picture.transpose(2, 0, 1),
            "alpha": layers.alpha[None],
            "truth": truth.transpose(2, 0, 1),
            "noise": random.standard_normal((LATENT_CHANNELS, side, side), np.float32),
            "timestep": np.full((1, 1, 1), timestep, np.float32),
        }


def alphas_cumprod(scheduler_config: Mapping[str, Any]) -> Tensor:
    """Return ᾱ for each timestep of a noise schedule: [num_train_timesteps], float32."""
    cumulative: Tensor = scheduler_from(scheduler_config).alphas_cumprod
    return cumulative.float()


def noisy_and_velocity(
    clean: Tensor, noise: Tensor, alphas_cumprod: Tensor
) -> tuple[Tensor, Tensor]:
    """Add noise to latents, both [N, 4, h, w], and compute the target of v-prediction.

    alphas_cumprod: ᾱ of each, [N, 1, 1, 1]. Returns √ᾱ·x + √(1−ᾱ)·ε and √ᾱ·ε − √(1−ᾱ)·x.
    """
    signal, rest = alphas_cumprod.sqrt(), (1 - alphas_cumprod).sqrt()
    return signal * clean + rest * noise, signal * noise - rest * clean


def starting_fbdd(folder: Path, recipe: FbddRecipe) -> Fbdd:
    """Open where training starts: an inpainting model as the hub has it, or a trained FBDD.

    Raises BadInputError when FBDD cannot work on pictures of the recipe's size, ModelError when
    the folder is none of these, incomplete or damaged.
    """
    side, steps = recipe.samples.side, recipe.network.num_inference_steps
    check_side(side)
    if (folder / DESCRIPTION).is_file():
        return replace(FbddFolder(folder).load(), resolution=side, num_inference_steps=steps)
    start = fbdd_from_inpainting(folder, side, steps)
    # It was computed in inference mode, and such tensors are refused where gradients are wanted.
    return replace(start, null_embedding=start.null_embedding.clone())


def save_trained_fbdd(
    recipe: FbddRecipe, start: Fbdd, foreground: Path, background: Path, folder: Path
) -> None:
    """Write the engine's folder from the weights of two trainings (`training_checkpoint.WEIGHTS`).

    Raises as `hfa_task.save_trained_hfa` does.
    """
    trained = replace(
        start,
        foreground=_trained(recipe, start, "foreground", foreground),
        background=_trained(recipe, start, "background", background),
    )
    save_fbdd(trained, folder)


def _trained(
    recipe: FbddRecipe, start: Fbdd, layer: LayerName, weights: Path
) -> UNet2DConditionModel:
    unet = _untrained(recipe, start, layer)
    fill_with(unet, weights)
    if recipe.network.lora_rank:
        merge_lora(unet)
    return unet


def _untrained(recipe: FbddRecipe, start: Fbdd, layer: LayerName) -> UNet2DConditionModel:
    made = recipe.network
    if made.widths:
        return new_unet(made.widths, made.blocks, start.null_embedding.shape[-1])
    unet: UNet2DConditionModel = copy.deepcopy(getattr(start, layer))
    if made.lora_rank:
        add_lora(unet, made.lora_rank)
    return unet
