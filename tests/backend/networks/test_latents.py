"""Alpha is folded as it says, and the VAE gives one latent for one picture."""

import numpy as np
import pytest
import torch

from layerpeel.backend.networks.latents import (
    alpha_at_latent_size,
    decode,
    encode,
    vae_precision,
)

pytestmark = pytest.mark.torch


def test_alpha_is_folded_row_by_row():
    alpha = np.random.default_rng(0).random((2, 1, 24, 40), dtype=np.float32)
    folded = alpha.reshape(2, 3, 8, 5, 8).transpose(0, 2, 4, 1, 3).reshape(2, 64, 3, 5)
    np.testing.assert_array_equal(alpha_at_latent_size(torch.from_numpy(alpha)).numpy(), folded)


def test_a_latent_is_the_scaled_mean_of_what_the_encoder_says(tiny_vae):
    picture = torch.rand(2, 3, 24, 40)
    with torch.inference_mode():
        latent = encode(tiny_vae, picture)
        moments = tiny_vae.quant_conv(tiny_vae.encoder(picture * 2 - 1))
    assert latent.shape == (2, 4, 3, 5)
    torch.testing.assert_close(latent, moments[:, :4] * 0.18215, atol=1e-6, rtol=0)


def test_the_same_picture_has_the_same_latent(tiny_vae):
    picture = torch.rand(1, 3, 16, 16)
    with torch.inference_mode():
        first, second = encode(tiny_vae, picture), encode(tiny_vae, picture)
    assert torch.equal(first, second)


def test_decoding_undoes_the_scaling_and_clips(tiny_vae):
    latent = torch.randn(1, 4, 3, 5)
    with torch.inference_mode():
        layer = decode(tiny_vae, latent)
        wild = decode(tiny_vae, latent * 1000)
        plain = tiny_vae.decode(latent / 0.18215).sample / 2 + 0.5
    assert layer.shape == (1, 3, 24, 40)
    torch.testing.assert_close(layer, plain.clamp(0, 1))
    assert wild.min() >= 0
    assert wild.max() <= 1


def test_in_bfloat16_it_gives_float32(tiny_vae):
    picture = torch.rand(1, 3, 16, 16)
    with torch.inference_mode():
        full = encode(tiny_vae, picture)
        tiny_vae.to(torch.bfloat16)
        half = encode(tiny_vae, picture)
        layer = decode(tiny_vae, half)
        tiny_vae.float()
    assert half.dtype == layer.dtype == torch.float32
    assert (half - full).abs().max() < 0.02


def test_the_autoencoder_is_never_in_float16():
    assert vae_precision(torch.float16) == torch.float32
    assert vae_precision(torch.bfloat16) == torch.bfloat16
    assert vae_precision(torch.float32) == torch.float32
