"""Picture and alpha become two layers, by FBDD and HFA as the paper puts them together."""

import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from layerpeel.backend.errors import DeviceError, ModelError
from layerpeel.backend.networks.denoising import Conditions, denoise, first_noise
from layerpeel.backend.networks.fbdd_folder import FbddFolder
from layerpeel.backend.networks.hfa_folder import load_hfa
from layerpeel.backend.networks.latents import alpha_at_latent_size, decode, encode
from layerpeel.backend.progress import say_no_fraction
from layerpeel.backend.stages import layer_diffusion
from layerpeel.backend.stages.layer_diffusion import LayerDiffusion

pytestmark = pytest.mark.torch

# Less than a latent pixel, odd, thin, larger than the resolution of 64, larger and odd.
SIZES = [(1, 1), (37, 101), (130, 70), (3, 300), (200, 150)]


@pytest.fixture(scope="module")
def layering(fbdd_folder, hfa_folder, make_pool):
    return LayerDiffusion(fbdd_folder, hfa_folder, make_pool())


@pytest.mark.parametrize("size", SIZES)
def test_any_size_gives_layers_of_that_size(layering, make_picture, size):
    picture, alpha = make_picture(*size)
    layers = layering.separate(picture, alpha, seed=1)
    for layer in (layers.foreground, layers.background):
        assert layer.shape == picture.shape
        assert layer.dtype == np.float32
        assert np.isfinite(layer).all()
        assert layer.min() >= 0
        assert layer.max() <= 1
    assert layering.notes == []


@pytest.mark.parametrize("size", SIZES)
def test_where_one_layer_shows_it_is_the_picture(layering, make_picture, size):
    picture, alpha = make_picture(*size)
    layers = layering.separate(picture, alpha, seed=1)
    np.testing.assert_array_equal(layers.foreground[alpha == 1], picture[alpha == 1])
    np.testing.assert_array_equal(layers.background[alpha == 0], picture[alpha == 0])
    if alpha.size > 1:
        hidden = alpha == 1
        assert np.abs(layers.background - picture)[hidden].mean() > 0.05
        assert np.abs(layers.foreground - picture)[alpha == 0].mean() > 0.05


def test_it_is_the_papers_chain(layering, make_picture, fbdd_folder, hfa_folder):
    """At the working size and in one tile there is nothing but the networks themselves."""
    picture, alpha = make_picture(64, 64)
    layers = layering.separate(picture, alpha, seed=7)
    folder, hfa = FbddFolder(fbdd_folder), load_hfa(hfa_folder)
    fbdd = folder.load()
    composite = torch.from_numpy(picture).permute(2, 0, 1)[None]
    matte = torch.from_numpy(alpha)[None, None]
    expected = []
    with torch.inference_mode():
        latent = encode(fbdd.vae, composite)
        conditions = Conditions(latent, alpha_at_latent_size(matte), fbdd.null_embedding)
        for unet, network in (
            (fbdd.foreground, hfa.foreground),
            (fbdd.background, hfa.background),
        ):
            noise = first_noise(8, 8, 7)
            denoised = denoise(unet, folder.new_scheduler(), noise, conditions, 3, say_no_fraction)
            refined = network(composite, matte, decode(fbdd.vae, denoised)).clamp(0, 1)
            expected.append(refined[0].permute(1, 2, 0).numpy())
    between = (alpha > 0) & (alpha < 1)
    np.testing.assert_allclose(layers.foreground[alpha < 1], expected[0][alpha < 1], atol=1e-4)
    np.testing.assert_allclose(layers.background[alpha > 0], expected[1][alpha > 0], atol=1e-4)
    assert np.abs(expected[0] - expected[1])[between].mean() > 0.02


def test_same_seed_same_bytes(layering, make_picture, fbdd_folder, hfa_folder, make_pool):
    picture, alpha = make_picture(70, 90)
    first = layering.separate(picture, alpha, seed=3)
    torch.manual_seed(0)
    anew = LayerDiffusion(fbdd_folder, hfa_folder, make_pool())
    for again in (layering.separate(picture, alpha, seed=3), anew.separate(picture, alpha, seed=3)):
        assert first.foreground.tobytes() == again.foreground.tobytes()
        assert first.background.tobytes() == again.background.tobytes()
    other = layering.separate(picture, alpha, seed=4)
    assert np.abs(other.foreground - first.foreground).max() > 1e-3
    assert np.abs(other.background - first.background).max() > 1e-3


def test_what_is_given_stays_as_it_is(layering, make_picture):
    picture, alpha = make_picture(40, 50)
    picture.flags.writeable = alpha.flags.writeable = False
    before = picture.copy(), alpha.copy()
    layers = layering.separate(picture, alpha, seed=1)
    layers.foreground[:] = 0
    np.testing.assert_array_equal(picture, before[0])
    np.testing.assert_array_equal(alpha, before[1])


def test_tiles_do_not_show(layering, make_picture, monkeypatch):
    picture, alpha = make_picture(200, 150)
    whole = layering.separate(picture, alpha, seed=1)
    monkeypatch.setattr(layer_diffusion, "TILE_SIDES", (96,))
    tiled = layering.separate(picture, alpha, seed=1)
    np.testing.assert_allclose(tiled.foreground, whole.foreground, atol=1e-4)
    np.testing.assert_allclose(tiled.background, whole.background, atol=1e-4)


def test_a_small_device_holds_one_network_after_the_other(
    layering, make_picture, fbdd_folder, hfa_folder, make_pool
):
    """Its budget holds the largest network, and no two of them."""
    picture, alpha = make_picture(64, 64)
    unet = FbddFolder(fbdd_folder).unet("foreground", torch.float32)
    largest = sum(weights.numel() for weights in unet.parameters()) * 4
    pool = make_pool(budget=largest)
    small = LayerDiffusion(fbdd_folder, hfa_folder, pool).separate(picture, alpha, seed=1)
    assert pool.bytes_on_device <= largest
    assert small.foreground.tobytes() == layering.separate(picture, alpha, 1).foreground.tobytes()


def test_in_bfloat16_layers_hardly_differ(
    layering, make_picture, fbdd_folder, hfa_folder, make_pool
):
    picture, alpha = make_picture(64, 64)
    half = LayerDiffusion(fbdd_folder, hfa_folder, make_pool(precision=torch.bfloat16))
    full = layering.separate(picture, alpha, seed=1)
    difference = half.separate(picture, alpha, seed=1).foreground - full.foreground
    assert 0 < np.abs(difference).max() < 0.1


def test_progress_only_rises(layering, make_picture):
    picture, alpha = make_picture(200, 150)
    told = []
    layering.separate(picture, alpha, seed=1, report=told.append)
    assert told == sorted(told)
    assert told[0] == 0
    assert told[-1] == pytest.approx(1)
    assert len(told) >= 1 + 2 * 3 + 2  # begun, steps of both, a tile of both


class EnoughError(Exception):
    """Nobody wants the layers any more."""


@pytest.mark.parametrize("after", [0.0, 0.1, 0.5, 0.9])
def test_it_can_be_cancelled_and_goes_on_afterwards(layering, make_picture, after):
    picture, alpha = make_picture(70, 90)
    told = []

    def report(done):
        told.append(done)
        if done >= after:
            raise EnoughError

    with pytest.raises(EnoughError):
        layering.separate(picture, alpha, seed=3, report=report)
    assert [done for done in told if done >= after] == told[-1:]
    layers = layering.separate(picture, alpha, seed=3)
    assert np.isfinite(layers.background).all()


def scarce_memory(monkeypatch, enough_for):
    """Fail as a GPU does when a picture wider than `enough_for` is encoded."""
    really_encode = layer_diffusion.encode

    def scarcely_encode(vae, picture):
        if picture.shape[-1] > enough_for:
            raise torch.OutOfMemoryError
        return really_encode(vae, picture)

    monkeypatch.setattr(layer_diffusion, "encode", scarcely_encode)


@pytest.fixture
def large(large_fbdd_folder, hfa_folder, make_pool):
    return LayerDiffusion(large_fbdd_folder, hfa_folder, make_pool())


def test_with_too_little_memory_it_works_smaller_and_says_so(large, make_picture, monkeypatch):
    picture, alpha = make_picture(100, 300)
    scarce_memory(monkeypatch, enough_for=128)
    told = []
    layers = large.separate(picture, alpha, seed=1, report=told.append)
    (note,) = large.notes
    assert "128 pixels, not of 256" in note
    assert layers.foreground.shape == picture.shape
    assert told == sorted(told)


def test_a_smaller_picture_is_tried_at_smaller_sizes_than_its_own(large, make_picture, monkeypatch):
    picture, alpha = make_picture(100, 130)
    scarce_memory(monkeypatch, enough_for=128)
    large.separate(picture, alpha, seed=1)
    (note,) = large.notes
    assert "128 pixels, not of 192" in note


def test_with_next_to_no_memory_it_says_what_to_do(large, make_picture, monkeypatch):
    scarce_memory(monkeypatch, enough_for=0)
    with pytest.raises(DeviceError, match="not even at 128 pixels"):
        large.separate(*make_picture(100, 300), seed=1)


def test_folders_that_are_none_are_refused(fbdd_folder, hfa_folder, make_pool, make_picture):
    with pytest.raises(ModelError, match=r"no fbdd\.json"):
        LayerDiffusion(hfa_folder, hfa_folder, make_pool())
    wrong = LayerDiffusion(fbdd_folder, fbdd_folder, make_pool())
    told = []
    with pytest.raises(ModelError, match=r"no hfa\.json"):
        wrong.separate(*make_picture(8, 8), seed=1, report=told.append)
    assert told == [0]  # before any diffusion


def test_weights_that_give_no_numbers_never_become_layers(
    fbdd_folder, hfa_folder, make_pool, make_picture, tmp_path
):
    shutil.copytree(fbdd_folder, tmp_path / "fbdd")
    (weights,) = (tmp_path / "fbdd" / "foreground").glob("*.safetensors")
    tensors = load_file(weights)
    tensors["conv_out.bias"][:] = torch.nan
    save_file(tensors, weights, metadata={"format": "pt"})
    layering = LayerDiffusion(tmp_path / "fbdd", hfa_folder, make_pool())
    with pytest.raises(ModelError, match="no numbers"):
        layering.separate(*make_picture(40, 50), seed=1)


def test_what_makes_memory_scarce_is_sent_away_before_less_is_made(
    large, make_picture, monkeypatch
):
    """The first try fails, and not the second, at the same size."""
    encode, tried = layer_diffusion.encode, []

    def scarce_once(vae, picture):
        tried.append(max(picture.shape[-2:]))
        if len(tried) == 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return encode(vae, picture)

    monkeypatch.setattr(layer_diffusion, "encode", scarce_once)
    large.separate(*make_picture(100, 300), seed=1)
    assert tried == [256, 256]
    assert large.notes == []
