"""FBDD in training: its conditions, and the layers that it paints."""

from dataclasses import replace
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor

from layerpeel.backend.devices.compute import compute_on
from layerpeel.backend.errors import BadInputError
from layerpeel.backend.networks.denoising import Conditions, denoise, scheduler_from
from layerpeel.backend.networks.fbdd_folder import SIDE_MULTIPLE, Fbdd, FbddFolder
from layerpeel.backend.networks.latents import (
    alpha_at_latent_size,
    decode,
    encode,
    vae_precision,
)
from layerpeel.backend.progress import say_no_fraction


def painting_fbdd(folder: Path) -> Fbdd:
    """Load a trained FBDD in the precision that a peel computes in.

    Raises ModelError when it is no FBDD folder, incomplete or damaged.
    """
    precision = compute_on().precision
    opened = FbddFolder(folder)
    return replace(opened.load(precision), vae=opened.vae(vae_precision(precision)))


def conditions_of(fbdd: Fbdd, picture: Tensor, alpha: Tensor) -> Conditions:
    """Compute the conditions of both UNets as a peel does, of [N, 3, H, W] and alphas [N, 1, H, W].

    RGB, 0–1. The VAE computes where the pictures lie.
    """
    fbdd.vae.to(picture.device)
    latent = encode(fbdd.vae, picture)
    return Conditions(latent, alpha_at_latent_size(alpha), fbdd.null_embedding)


@torch.no_grad()
def paint(
    fbdd: Fbdd, unet: UNet2DConditionModel, noise: Tensor, picture: Tensor, alpha: Tensor
) -> Tensor:
    """Paint a layer as a peel does, from noise [N, 4, H/8, W/8].

    unet: of the layer; FBDD's own, or one that is learning. Both UNet and VAE compute where the
    pictures lie. Returns [N, 3, H, W], RGB, 0–1, float32.
    """
    unet.to(picture.device)
    conditions = conditions_of(fbdd, picture, alpha)
    scheduler = scheduler_from(fbdd.scheduler_config)
    latent = denoise(unet, scheduler, noise, conditions, fbdd.num_inference_steps, say_no_fraction)
    return decode(fbdd.vae, latent)


def check_side(side: int) -> None:
    """Raise BadInputError when FBDD cannot work on pictures of this side."""
    if side % SIDE_MULTIPLE:
        raise BadInputError(
            f"FBDD works on pictures whose side is a multiple of {SIDE_MULTIPLE}, but the recipe's "
            f"samples have side = {side}. Change it."
        )
