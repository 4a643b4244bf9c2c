"""Pictures ↔ latents, by the variational autoencoder (VAE) of latent diffusion."""

import torch
from diffusers import AutoencoderKL
from torch import Tensor
from torch.nn import functional

LATENT_CHANNELS = 4

# Pixels to a side for one pixel of a latent.
LATENT_STRIDE = 8

# A latent's pixel gets every pixel of alpha that it stands for as a channel of its own.
ALPHA_CHANNELS = LATENT_STRIDE**2


def encode(vae: AutoencoderKL, picture: Tensor) -> Tensor:
    """Encode [N, 3, H, W] (RGB, 0–1, sides multiples of 8) to [N, 4, H/8, W/8] in float32.

    The mode of the latent distribution, not a sample: the same picture gives the same latent.
    """
    planes = (picture * 2 - 1).to(vae.device, vae.dtype)
    latent: Tensor = vae.encode(planes).latent_dist.mode() * vae.config.scaling_factor
    return latent.float()


def decode(vae: AutoencoderKL, latent: Tensor) -> Tensor:
    """Decode [N, 4, h, w] to [N, 3, 8h, 8w]: RGB, clipped to 0–1, float32."""
    scaled = (latent / vae.config.scaling_factor).to(vae.device, vae.dtype)
    planes: Tensor = vae.decode(scaled).sample
    return (planes.float() / 2 + 0.5).clamp(0, 1)


def alpha_at_latent_size(alpha: Tensor) -> Tensor:
    """Fold α, [N, 1, H, W] (0–1), to [N, 64, H/8, W/8]: nothing of it is lost (paper, section 3.3).

    Channel 8·y + x holds the pixel in row y and column x of each 8×8 pixels.
    """
    return functional.pixel_unshuffle(alpha, LATENT_STRIDE)


def vae_precision(precision: torch.dtype) -> torch.dtype:
    """Choose the VAE's precision by that of the diffusion: in float16 its activations overflow."""
    return torch.float32 if precision == torch.float16 else precision
