"""Alpha in the band: the library's own answer, put back where it belongs at any size."""

import numpy as np
import pytest
import torch
from transformers import VitMatteForImageMatting, VitMatteImageProcessor

from layerpeel.backend.devices.compute import Compute
from layerpeel.backend.devices.pool import NetworkPool
from layerpeel.backend.errors import DeviceError
from layerpeel.backend.stages import vitmatte
from layerpeel.backend.stages.vitmatte import MARGIN, VitMatte
from tiny_checkpoints.matte import STEEPNESS

pytestmark = pytest.mark.torch


@pytest.fixture
def red_matte(red_vitmatte_folder, pool):
    """Answers by how red a pixel is, whatever lies round it."""
    return VitMatte(red_vitmatte_folder, pool)


def by_red(picture):
    return 1 / (1 + np.exp(-STEEPNESS * (2 * picture[..., 0] - 1)))


def banded(height, width):
    """Unknown but for a strip of background at the top and one of foreground on the right."""
    trimap = np.full((height, width), 0.5, np.float32)
    trimap[: height // 4] = 0
    trimap[:, width - width // 4 :] = 1
    return trimap


SHAPES = [(64, 64), (60, 90), (33, 65), (32, 31), (5, 3), (1, 1), (1, 70)]


@pytest.mark.parametrize("shape", SHAPES)
def test_in_the_band_it_answers_as_the_library_does(vitmatte_folder, pool, noise, shape):
    picture, trimap = noise(*shape), banded(*shape)
    network = VitMatteForImageMatting.from_pretrained(vitmatte_folder).eval()
    inputs = VitMatteImageProcessor.from_pretrained(vitmatte_folder)(
        images=picture,
        trimaps=trimap,
        do_rescale=False,
        input_data_format="channels_last",
        return_tensors="pt",
    )
    with torch.inference_mode():
        answer = network(**inputs).alphas[0, 0].numpy()
    alpha = VitMatte(vitmatte_folder, pool).matte(picture, trimap)
    band = trimap == 0.5
    height, width = shape
    assert answer.shape == (-(-height // 32) * 32, -(-width // 32) * 32)
    assert np.abs(alpha - answer[:height, :width])[band].max() < 1e-5
    assert np.array_equal(alpha[~band], trimap[~band])


@pytest.mark.parametrize("shape", SHAPES)
def test_each_pixel_has_its_own_answer(red_matte, noise, shape):
    picture, trimap = noise(*shape), banded(*shape)
    alpha = red_matte.matte(picture, trimap)
    assert alpha.dtype == np.float32
    expected = np.where(trimap == 0.5, by_red(picture), trimap)
    assert np.abs(alpha - expected).max() < 1e-4


def test_models_in_two_folders_are_two_models(red_matte, vitmatte_folder, pool, noise):
    picture, trimap = noise(40, 50), banded(40, 50)
    other = VitMatte(vitmatte_folder, pool).matte(picture, trimap)
    assert np.abs(red_matte.matte(picture, trimap) - other).max() > 0.1


@pytest.fixture
def seen(monkeypatch):
    """Sizes of what the network is given."""
    sizes, forward = [], VitMatteForImageMatting.forward

    def watched(network, pixels):
        sizes.append(tuple(pixels.shape[-2:]))
        return forward(network, pixels)

    monkeypatch.setattr(VitMatteForImageMatting, "forward", watched)
    return sizes


@pytest.mark.parametrize(("top", "left"), [(150, 200), (0, 0), (277, 431)])
def test_only_the_window_round_the_band_is_looked_at(red_matte, noise, seen, top, left):
    picture, trimap = noise(300, 460), np.zeros((300, 460), np.float32)
    trimap[top : top + 23, left : left + 29] = 0.5
    alpha = red_matte.matte(picture, trimap)
    assert np.abs(alpha - np.where(trimap == 0.5, by_red(picture), trimap)).max() < 1e-4
    ((height, width),) = seen
    assert height <= 23 + 2 * MARGIN + 31
    assert width <= 29 + 2 * MARGIN + 31


def test_without_a_band_nothing_is_looked_at(red_matte, noise, seen):
    trimap = np.zeros((20, 30), np.float32)
    trimap[5:10] = 1
    alpha = red_matte.matte(noise(20, 30), trimap)
    assert np.array_equal(alpha, trimap)
    assert alpha is not trimap
    assert not seen


@pytest.fixture
def disc():
    """A soft red disc on blue, 200×240, its alpha by the network's own rule, and a trimap."""
    y, x = np.mgrid[:200, :240]
    depth = 60 - np.hypot(y - 90, x - 130)
    red = np.clip(0.5 + depth / 2, 0, 1)
    picture = np.stack([red, 0.2 * red, 1 - red], axis=-1).astype(np.float32)
    trimap = np.full((200, 240), 0.5, np.float32)
    trimap[depth > 20], trimap[depth < -20] = 1, 0
    return picture, by_red(picture), trimap


def test_what_is_too_large_is_matted_smaller_and_goes_up_along_the_edges(
    red_matte, disc, seen, monkeypatch
):
    monkeypatch.setattr(vitmatte, "SIDE", 100)
    picture, truth, trimap = disc
    alpha = red_matte.matte(picture, trimap)
    assert seen[0][0] * seen[0][1] < 1.5 * 100**2
    band = trimap == 0.5
    assert np.array_equal(alpha[~band], trimap[~band])
    assert ((alpha >= 0) & (alpha <= 1)).all()
    # Each of its pixels stands for 2 × 2: enlarged without the picture, this would be 0.018.
    assert np.abs(alpha - truth)[band].mean() < 0.01
    assert not red_matte.notes


@pytest.fixture
def little_memory(monkeypatch):
    """Make the device run out of memory above so many pixels; gives the sizes that were tried."""

    def limit(most):
        tried, forward = [], VitMatteForImageMatting.forward

        def limited(network, pixels):
            tried.append(tuple(pixels.shape[-2:]))
            if pixels.shape[-2] * pixels.shape[-1] > most:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return forward(network, pixels)

        monkeypatch.setattr(VitMatteForImageMatting, "forward", limited)
        monkeypatch.setattr(vitmatte, "SIDE", 192)
        monkeypatch.setattr(vitmatte, "SMALLER_SIDES", (128, 96))
        return tried

    return limit


def test_with_little_memory_it_is_matted_smaller_and_said(red_matte, disc, little_memory):
    tried = little_memory(150**2)
    picture, truth, trimap = disc
    alpha = red_matte.matte(picture, trimap)
    assert np.abs(alpha - truth)[trimap == 0.5].mean() < 0.02
    # Once more at the same size, with the device to itself; then smaller.
    assert tried[0] == tried[1] > tried[2]
    assert len(tried) == 3
    assert red_matte.notes == [
        "The edge was found at 128 pixels instead of 192: the memory of the processor did not "
        "suffice for more."
    ]


def test_with_too_little_memory_nothing_is_given(red_matte, disc, little_memory):
    tried = little_memory(10)
    with pytest.raises(DeviceError, match="the edge, not even at 96 pixels"):
        red_matte.matte(disc[0], disc[2])
    assert len(tried) == 4


@pytest.mark.parametrize(
    ("device", "budget", "largest"),
    [
        ("cpu", 100_000_000_000, 1024),
        ("cuda", 5_000_000_000, 1024),
        ("cuda", 70_000_000_000, 1536),
        ("mps", 20_000_000_000, 1536),
    ],
)
def test_large_cards_see_more_at_once(red_vitmatte_folder, device, budget, largest):
    compute = Compute(torch.device(device), torch.float32, budget)
    sides = VitMatte(red_vitmatte_folder, NetworkPool(compute)).sides
    assert sides[:2] == [largest, largest]
    assert sides[1:] == sorted(set(sides), reverse=True)
