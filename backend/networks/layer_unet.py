"""The diffusion UNet of FBDD: Stable Diffusion's inpainting UNet, told of α instead of a mask.

By channel it takes the noisy latent of a layer (4), the latent of the picture (4) and α at latent
size (64). The paper says what goes in, and that training starts from a pretrained network; how the
first layer takes that over is ours.
"""

import torch
from diffusers import UNet2DConditionModel
from torch import nn

from layerpeel.backend.networks.latents import ALPHA_CHANNELS, LATENT_CHANNELS

INPUTS = LATENT_CHANNELS + LATENT_CHANNELS + ALPHA_CHANNELS

# What Stable Diffusion's inpainting takes: noisy latent, mask, latent of the masked picture.
INPAINTING_INPUTS = LATENT_CHANNELS + 1 + LATENT_CHANNELS


def widen_for_alpha(unet: UNet2DConditionModel) -> None:
    """Give an inpainting UNet of 9 inputs, in place, a first layer of 72.

    The latents' weights are kept, those of the mask go, and those of α start at zero: at first the
    network does what it did when no mask was drawn.
    Raises ValueError when it has other inputs.
    """
    old = unet.conv_in
    if old.in_channels != INPAINTING_INPUTS:
        raise ValueError(
            f"an inpainting UNet has {INPAINTING_INPUTS} inputs, not {old.in_channels}"
        )
    new = nn.Conv2d(
        INPUTS,
        old.out_channels,
        old.kernel_size,
        padding=old.padding,
        device=old.weight.device,
        dtype=old.weight.dtype,
    )
    with torch.no_grad():
        new.weight.zero_()
        new.weight[:, :LATENT_CHANNELS] = old.weight[:, :LATENT_CHANNELS]
        new.weight[:, LATENT_CHANNELS : 2 * LATENT_CHANNELS] = old.weight[:, -LATENT_CHANNELS:]
    new.bias = old.bias
    unet.conv_in = new
    unet.register_to_config(in_channels=INPUTS)
