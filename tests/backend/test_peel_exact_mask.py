"""A mask taken at its word: its levels are the alpha, and flattened it is still the picture."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from layerpeel.backend import peel
from layerpeel.backend.flatten import flatten
from layerpeel.backend.image import array_of
from layerpeel.shared.protocol import Mask

pytestmark = pytest.mark.usefixtures("plain_stages")


def _placed(stack, index):
    """A layer on the whole canvas: H×W×channels."""
    width, height = stack.size
    layer = stack.layers[index]
    pixels, (x, y) = array_of(layer.pixels), layer.offset
    canvas = np.zeros((height, width, pixels.shape[-1]), pixels.dtype)
    canvas[y : y + pixels.shape[0], x : x + pixels.shape[1]] = pixels
    return canvas


def _is_exact(picture, mask, stack):
    """Alpha is the mask, the flattening the picture, and each layer alone is too where it is."""
    background, foreground = _placed(stack, 0), _placed(stack, 1)
    assert np.array_equal(foreground[..., -1], mask)
    flattened = flatten(stack)
    assert np.array_equal(flattened[..., :-1], picture)
    assert (flattened[..., -1] == 255).all()
    assert np.array_equal(background[mask == 0][..., :-1], picture[mask == 0])
    assert np.array_equal(foreground[mask == 255][..., :-1], picture[mask == 255])


@st.composite
def masked_pictures(draw):
    """A random picture and a random 8-bit mask that lifts something and leaves something."""
    shape = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    picture = draw(arrays.arrays(np.uint8, (*shape, draw(st.sampled_from([1, 3])))))
    levels = st.sampled_from([0, 1, 127, 128, 254, 255]) | st.integers(0, 255)
    mask = draw(arrays.arrays(np.uint8, shape, elements=levels, fill=levels))
    if not mask.any() or mask.min() == 255:
        mask.flat[draw(st.integers(0, mask.size - 1))] = draw(st.integers(1, 254))
    return picture, mask


@given(masked_pictures())
@settings(max_examples=20)
def test_any_mask_is_the_alpha_of_any_picture(coverage_of, case):
    picture, mask = case
    stack = peel(picture, lift=Mask(coverage_of(mask), exact=True))
    _is_exact(picture, mask, stack)


def test_every_level_of_a_mask_comes_back_as_it_was(coverage_of):
    levels = np.arange(256, dtype=np.uint8)
    mask = np.vstack([levels.reshape(16, 16), levels[::-1].reshape(16, 16)])
    picture = np.random.default_rng(0).integers(0, 256, (32, 16, 3), np.uint8)
    _is_exact(picture, mask, peel(picture, lift=Mask(coverage_of(mask), exact=True)))


@pytest.mark.parametrize("level", [1, 128, 255])
@pytest.mark.parametrize("place", [(0, 0), (7, 9), (15, 19)])
def test_a_single_pixel_is_lifted(coverage_of, level, place):
    mask = np.zeros((16, 20), np.uint8)
    mask[place] = level
    picture = np.random.default_rng(1).integers(0, 256, (16, 20, 3), np.uint8)
    stack = peel(picture, lift=Mask(coverage_of(mask), exact=True))
    _is_exact(picture, mask, stack)
    foreground = stack.layers[1]
    assert (foreground.pixels.width, foreground.pixels.height) == (1, 1)
    assert foreground.offset == place[::-1]


@pytest.fixture(scope="module")
def scene(make_scene):
    return make_scene((192, 160), "mountains", ("jessica", 40, 20, 130))


def test_an_artists_edge_is_kept_and_filled_behind(scene, coverage_of):
    mask = scene.alphas[0]
    stack = peel(scene.picture, lift=Mask(coverage_of(mask), exact=True))
    _is_exact(scene.picture, mask, stack)
    assert list(stack.made_with.seconds) == ["determine", "matte", "separate", "exact"]
    background = _placed(stack, 0)[..., :3].astype(int)
    hidden = mask > 250
    before = np.abs(scene.picture.astype(int) - scene.background)[hidden].mean()
    after = np.abs(background - scene.background)[hidden].mean()
    assert after < 0.5 * before
    # Where both show, the true alpha leads near to the true background.
    edge = (mask > 0) & (mask < 128)
    assert np.abs(background - scene.background)[edge].mean() < 8


@pytest.mark.parametrize("dtype", [np.uint16, np.float16, np.float32])
def test_at_other_depths_alpha_is_the_nearest_value(scene, coverage_of, dtype):
    full = 65535 if dtype is np.uint16 else 1
    picture = (scene.picture / 255 * full).astype(dtype)
    stack = peel(picture, lift=Mask(coverage_of(scene.alphas[0]), exact=True))
    nearest = scene.alphas[0] / np.float64(255) * full
    nearest = nearest.round().astype(dtype) if dtype is np.uint16 else nearest.astype(dtype)
    assert np.array_equal(_placed(stack, 1)[..., -1], nearest)
    difference = np.abs(flatten(stack)[..., :3].astype(np.float64) - picture)
    assert difference.max() <= (1e-6 if dtype is np.float32 else 0)


def test_of_a_veiled_picture_the_alpha_is_a_share(scene, coverage_of):
    veil = np.tile(np.linspace(0, 255, 192).round(), (160, 1)).astype(np.uint8)
    picture = np.dstack([scene.picture, veil])
    mask = scene.alphas[0]
    stack = peel(picture, lift=Mask(coverage_of(mask), exact=True))
    share = mask.astype(np.float64) * veil / 255
    assert np.array_equal(_placed(stack, 1)[..., -1], np.floor(share + 0.5))
    flattened = flatten(stack)
    assert np.array_equal(flattened[..., 3], veil)
    assert np.abs(flattened.astype(int) - picture)[veil > 0].max() <= 1
