"""The diffusion UNet of FBDD: Stable Diffusion's inpainting UNet, with α instead of a mask.

By channel it takes the noisy latent of a layer (4), the latent of the picture (4) and α at latent
size (64). Inputs and the pretrained start are the paper's; how the first layer is
widened is ours.
"""

from math import gcd

import torch
from diffusers import UNet2DConditionModel
from torch import nn

from layerpeel.backend.networks.latents import ALPHA_CHANNELS, LATENT_CHANNELS

INPUTS = LATENT_CHANNELS + LATENT_CHANNELS + ALPHA_CHANNELS

# Inputs of Stable Diffusion's inpainting: noisy latent, mask, latent of the masked picture.
INPAINTING_INPUTS = LATENT_CHANNELS + 1 + LATENT_CHANNELS

# Channels of one attention head, and groups of the norms, as Stable Diffusion 2 has them.
CHANNELS_A_HEAD, GROUPS = 64, 32


def widen_for_alpha(unet: UNet2DConditionModel) -> None:
    """Widen the first layer of an inpainting UNet in place, from 9 inputs to 72.

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


def new_unet(widths: tuple[int, ...], blocks: int, prompt_width: int) -> UNet2DConditionModel:
    """Make one of random weights, as Stable Diffusion 2 has it, only of another size.

    widths: channels of each level, finest first; every level but the coarsest attends.
    blocks: residual blocks a level. prompt_width: of the null embedding.
    """
    attending = len(widths) - 1
    coarsest = ("DownBlock2D", "UpBlock2D")
    return UNet2DConditionModel(
        in_channels=INPUTS,
        out_channels=LATENT_CHANNELS,
        block_out_channels=widths,
        layers_per_block=blocks,
        down_block_types=("CrossAttnDownBlock2D",) * attending + (coarsest[0],),
        up_block_types=(coarsest[1],) + ("CrossAttnUpBlock2D",) * attending,
        attention_head_dim=tuple(max(1, width // CHANNELS_A_HEAD) for width in widths),
        cross_attention_dim=prompt_width,
        norm_num_groups=gcd(GROUPS, *widths),
        use_linear_projection=True,
    )
