"""The full-size networks of stage 3 lie in the stated memory, all of them at once."""

import pytest
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel

from layerpeel.backend.devices.compute import STATED_BUDGET, budget_on_card
from layerpeel.backend.devices.pool import bytes_of
from layerpeel.backend.networks.high_frequency_alignment import HighFrequencyAlignment
from layerpeel.backend.networks.latents import vae_precision

pytestmark = pytest.mark.torch


def diffusion_unet():
    """As Stable Diffusion 2 inpainting's config.json has it, but for its 72 inputs."""
    return UNet2DConditionModel(
        sample_size=64,
        in_channels=72,
        out_channels=4,
        block_out_channels=(320, 640, 1280, 1280),
        layers_per_block=2,
        attention_head_dim=(5, 10, 20, 20),
        cross_attention_dim=1024,
        use_linear_projection=True,
    )


def autoencoder():
    return AutoencoderKL(
        block_out_channels=(128, 256, 512, 512),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=2,
        latent_channels=4,
    )


@pytest.mark.parametrize("precision", [torch.bfloat16, torch.float16])
def test_stage_3_fits(precision):
    with torch.device("meta"):
        unet = diffusion_unet().to(precision)
        vae = autoencoder().to(vae_precision(precision))
        hfa = HighFrequencyAlignment()
    # Known sizes, so that a smaller network does not pass for the real one.
    assert bytes_of(unet) == pytest.approx(1.73e9, rel=0.01)
    assert bytes_of(vae) == pytest.approx(83.7e6 * vae.dtype.itemsize, rel=0.01)
    assert 2 * bytes_of(unet) + bytes_of(vae) + bytes_of(hfa) <= budget_on_card(STATED_BUDGET)
