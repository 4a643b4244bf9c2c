"""The full-size networks of stage 3 lie in the stated memory, all of them at once."""

import pytest
import torch

from layerpeel.backend.benchmarks.decomposition import full_size_unet, full_size_vae
from layerpeel.backend.devices.compute import STATED_BUDGET, budget_on_card
from layerpeel.backend.devices.pool import bytes_of
from layerpeel.backend.networks.high_frequency_alignment import HighFrequencyAlignment
from layerpeel.backend.networks.latents import vae_precision

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("precision", [torch.bfloat16, torch.float16])
def test_stage_3_fits(precision):
    with torch.device("meta"):
        unet = full_size_unet().to(precision)
        vae = full_size_vae().to(vae_precision(precision))
        hfa = HighFrequencyAlignment()
    # Known sizes, so that a smaller network does not pass for the real one.
    assert bytes_of(unet) == pytest.approx(1.73e9, rel=0.01)
    assert bytes_of(vae) == pytest.approx(83.7e6 * vae.dtype.itemsize, rel=0.01)
    assert 2 * bytes_of(unet) + bytes_of(vae) + bytes_of(hfa) <= budget_on_card(STATED_BUDGET)
