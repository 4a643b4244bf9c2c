"""The loss is the paper's, by the transform that PyWavelets calls Haar."""

import numpy as np
import pytest
import pywt
import torch

from layerpeel.backend.networks.haar import haar_bands, high_frequency_error

pytestmark = pytest.mark.torch

SIZES = [(16, 24), (15, 9), (7, 1), (1, 1), (2, 13)]


def reference_error(layer, decoded):
    """Equation 3 of the paper for pictures of one channel (N×H×W), the mean of all."""
    error = 0.0
    for _ in range(3):
        layer, bands = pywt.dwt2(layer, "haar", mode="symmetric")
        decoded, other_bands = pywt.dwt2(decoded, "haar", mode="symmetric")
        pixels = layer[0].size
        differences = np.stack(bands) - np.stack(other_bands)
        error += (differences**2).sum() / pixels / len(layer)
    return error


@pytest.mark.parametrize("size", SIZES)
def test_bands_are_those_of_pywavelets(size):
    planes = np.random.default_rng(0).random((2, 3, *size))
    average, (horizontal, vertical, diagonal) = pywt.dwt2(planes, "haar", mode="symmetric")
    bands = haar_bands(torch.from_numpy(planes).float())
    for band, reference in zip(bands, (average, horizontal, vertical, diagonal), strict=True):
        np.testing.assert_allclose(band.numpy(), reference, atol=1e-5)


@pytest.mark.parametrize("size", SIZES)
def test_error_is_that_of_the_paper(size):
    layer, decoded = np.random.default_rng(1).random((2, 2, 3, *size))
    error = high_frequency_error(*(torch.from_numpy(each).float() for each in (layer, decoded)))
    reference = reference_error(layer.reshape(6, *size), decoded.reshape(6, *size))
    assert float(error) == pytest.approx(reference, abs=1e-5)


def test_a_shift_of_colour_is_no_error():
    layer = torch.rand(1, 3, 16, 16, dtype=torch.float64)
    assert float(high_frequency_error(layer + 0.3, layer)) < 1e-20


@pytest.mark.parametrize("size", [(8, 8), (5, 3)])
def test_gradient_is_right(size):
    torch.manual_seed(0)
    layer, decoded = torch.rand(2, 1, 2, *size, dtype=torch.float64)
    assert torch.autograd.gradcheck(
        lambda moved: high_frequency_error(moved, decoded), layer.requires_grad_(True)
    )
