"""Scaling and padding for the diffusion, and back."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from layerpeel.backend.stages.working_size import (
    at_full_size,
    at_working_size,
    pixels_of,
    planes_of,
)

pytestmark = pytest.mark.torch


@given(
    height=st.integers(1, 300),
    width=st.integers(1, 300),
    longest=st.sampled_from([64, 128, 192]),
)
def test_any_size_becomes_multiples_of_64_no_longer_than_asked(height, width, longest):
    picture = torch.rand(1, 3, height, width)
    shown = at_working_size(picture, picture[:, :1], longest)
    padded_height, padded_width = shown.picture.shape[-2:]
    assert shown.alpha.shape == (1, 1, padded_height, padded_width)
    assert padded_height % 64 == padded_width % 64 == 0
    assert 64 <= max(padded_height, padded_width) <= max(64, longest)
    assert 0 <= padded_height - shown.height < 64
    assert 0 <= padded_width - shown.width < 64
    # Proportions stay, to half a pixel.
    factor = min(1, longest / max(height, width))
    assert abs(shown.height - height * factor) <= 0.5 or shown.height == 1
    assert abs(shown.width - width * factor) <= 0.5 or shown.width == 1
    assert shown.picture.min() >= 0
    assert shown.picture.max() <= 1
    assert at_full_size(shown.picture, shown, (height, width)).shape == picture.shape


def test_what_fits_is_not_scaled_and_its_edge_is_repeated():
    picture, alpha = torch.rand(1, 3, 37, 101), torch.rand(1, 1, 37, 101)
    shown = at_working_size(picture, alpha, 128)
    assert torch.equal(shown.picture[..., :37, :101], picture)
    assert torch.equal(shown.alpha[..., :37, :101], alpha)
    assert torch.equal(shown.picture[..., 63, :101], picture[..., 36, :])
    assert torch.equal(shown.picture[..., :37, 127], picture[..., :, 100])
    assert torch.equal(at_full_size(shown.picture, shown, (37, 101)), picture)


def test_fine_texture_becomes_grey_and_no_moire():
    stripes = torch.zeros(1, 3, 256, 256)
    stripes[..., ::2] = 1
    shown = at_working_size(stripes, stripes[:, :1], 64)
    assert (shown.picture[..., 4:-4] - 0.5).abs().max() < 0.02


def test_a_smooth_picture_survives_the_way_down_and_up():
    y, x = np.mgrid[:200, :150] / 200
    smooth = np.stack([y, x, 0.5 + 0.3 * np.sin(3 * x + 2 * y)], axis=-1).astype(np.float32)
    planes = planes_of(smooth)
    shown = at_working_size(planes, planes[:, :1], 64)
    back = pixels_of(at_full_size(shown.picture, shown, (200, 150)))
    assert np.abs(back - smooth)[8:-8, 8:-8].max() < 0.01


def test_pixels_become_planes_and_come_back():
    pixels = np.random.default_rng(0).random((5, 7, 3), dtype=np.float32)
    assert planes_of(pixels).shape == (1, 3, 5, 7)
    assert planes_of(pixels[..., 0]).shape == (1, 1, 5, 7)
    np.testing.assert_array_equal(pixels_of(planes_of(pixels)), pixels)
