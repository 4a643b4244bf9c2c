"""A small diffusion UNet for FBDD, of random weights."""

from math import gcd

from diffusers import UNet2DConditionModel

from layerpeel.backend.networks.latents import LATENT_CHANNELS
from layerpeel.backend.networks.layer_unet import INPUTS

# Channels of one attention head, and groups of the norms, as Stable Diffusion 2 has them.
CHANNELS_A_HEAD, GROUPS = 64, 32


def new_unet(widths: tuple[int, ...], blocks: int, words: int) -> UNet2DConditionModel:
    """Make one as Stable Diffusion 2 has it, only of another size.

    widths: channels of each level, finest first; every level but the coarsest attends.
    blocks: residual blocks a level. words: width of the null embedding.
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
        cross_attention_dim=words,
        norm_num_groups=gcd(GROUPS, *widths),
        use_linear_projection=True,
    )
