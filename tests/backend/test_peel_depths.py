"""Documents of every kind are peeled in their own values: depth, range, profile, transparency."""

import imagecodecs
import numpy as np
import pytest

from layerpeel.backend import peel
from layerpeel.backend.flatten import flatten
from layerpeel.backend.image import array_of, block_of
from layerpeel.shared.protocol import ColourModel, Mask, Picture, PixelBlock

pytestmark = pytest.mark.usefixtures("plain_stages")

D65 = [0.3127, 0.329, 1.0]
SRGB_PRIMARIES = [0.64, 0.33, 1.0, 0.30, 0.60, 1.0, 0.15, 0.06, 1.0]
LINEAR = bytes(imagecodecs.cms_profile("rgb", whitepoint=D65, primaries=SRGB_PRIMARIES, gamma=1.0))


@pytest.fixture(scope="module")
def scene(make_scene):
    return make_scene((160, 144), "chateau", ("cactus1", 40, 6, 130))


@pytest.fixture(scope="module")
def lift(scene, coverage_of):
    return Mask(coverage_of(scene.alphas[0] > 127))


def _linear(encoded):
    """IEC 61966-2-1, back to light."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def _with_alpha(colour, alpha):
    return np.concatenate([colour, np.broadcast_to(alpha, colour.shape[:2])[..., None]], axis=-1)


def _alpha_of_foreground(stack):
    width, height = stack.size
    pixels, (x, y) = array_of(stack.layers[1].pixels), stack.layers[1].offset
    canvas = np.zeros((height, width), pixels.dtype)
    canvas[y : y + pixels.shape[0], x : x + pixels.shape[1]] = pixels[..., -1]
    return canvas


def test_16_bits_come_back_to_the_last(scene, lift):
    noise = np.random.default_rng(0).integers(-128, 129, scene.picture.shape)
    picture = np.clip(scene.picture.astype(int) * 257 + noise, 0, 65535).astype(np.uint16)
    stack = peel(picture, lift=lift)
    assert all(layer.pixels.depth.value == "U16" for layer in stack.layers)
    assert np.array_equal(flatten(stack)[..., :3], picture)
    # 256 shades between two of 8 bits live on in the layers themselves.
    assert len(np.unique(array_of(stack.layers[0].pixels)[..., 0])) > 2000


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float16, np.float32])
def test_grey_stays_grey(scene, lift, dtype):
    full = np.iinfo(dtype).max if np.dtype(dtype).kind == "u" else 1
    grey = (scene.picture[..., 1].astype(np.float64) / 255 * full).astype(dtype)
    stack = peel(grey, lift=lift)
    flattened = flatten(stack)
    assert flattened.shape == (144, 160, 2)
    assert all(layer.pixels.model is ColourModel.GRAYA for layer in stack.layers)
    error = np.abs(flattened[..., 0].astype(np.float64) - grey)
    assert error.max() <= (1e-6 if dtype is np.float32 else 0)
    assert (flattened[..., 1] == full).all()


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_light_above_white_and_below_black_in_a_linear_document_comes_back(scene, lift, dtype):
    light = _linear(scene.picture / 255) * 8
    light[100:110, 70:90] = 40.0  # a lamp
    light[20:25, 10:40] = -0.02  # out of gamut
    picture = Picture(block_of(_with_alpha(light, 1).astype(dtype)), LINEAR)
    stack = peel(picture, lift=lift)
    assert stack.icc_profile == LINEAR
    wanted = array_of(picture.pixels)
    flattened = flatten(stack)
    if dtype is np.float16:
        assert np.array_equal(flattened, wanted)
    else:
        error = np.abs(flattened.astype(np.float64) - wanted)
        assert (error <= 1e-6 * np.maximum(1, np.abs(wanted))).all()
    for layer in stack.layers:
        values = array_of(layer.pixels)[..., :3]
        assert values.min() >= -0.021
        assert values.max() <= 40.1


def test_what_is_filled_in_is_in_the_space_of_the_document(scene, lift):
    """The same picture in light gives the same layers in light, as far as eyes can tell."""
    encoded = scene.picture / np.float32(255)
    light = _with_alpha(_linear(encoded), 1).astype(np.float32)
    linear = peel(Picture(block_of(light), LINEAR), lift=lift)
    plain = peel(encoded, lift=lift)
    covered = scene.alphas[0] > 250
    fills = [array_of(stack.layers[0].pixels)[covered][:, :3] for stack in (linear, plain)]
    assert np.abs(fills[0] - _linear(fills[1])).mean() < 0.02


def test_a_proxy_that_is_sent_is_what_networks_see(scene, lift):
    """A document whose own values say nothing is matted by the proxy that came with it."""
    proxy = block_of(_with_alpha(scene.picture, 255).astype(np.uint8))
    flat = np.full((144, 160, 3), 0.5, np.float32)
    picture = Picture(block_of(_with_alpha(flat, 1).astype(np.float32)), b"", proxy)
    by_proxy = _alpha_of_foreground(peel(picture, lift=lift))
    by_picture = _alpha_of_foreground(peel(scene.picture, lift=lift)) / 255
    assert np.abs(by_proxy - by_picture)[scene.alphas[0] > 0].mean() < 0.06


def test_a_cut_out_is_peeled_within_its_own_transparency(open_art, coverage_of):
    """The head of a painted lady who stands on nothing."""
    lady = np.asarray(open_art("fg", "jessica"))
    head = np.zeros(lady.shape[:2], np.bool_)
    head[10:110, 50:190] = True
    stack = peel(lady, lift=Mask(coverage_of(head & (lady[..., 3] > 127))))
    flattened = flatten(stack)
    visible = lady[..., 3] > 0
    assert np.array_equal(flattened[..., 3], lady[..., 3])
    assert np.abs(flattened[visible].astype(int) - lady[visible]).max() <= 1
    above = _alpha_of_foreground(stack)
    assert (above <= lady[..., 3]).all()
    assert (above > 200).sum() > 2000
    below, (x, y) = array_of(stack.layers[0].pixels), stack.layers[0].offset
    # Nearly opaque ones have room for a fill behind them, others for what rounding leaves.
    rows, columns = np.nonzero((above == lady[..., 3]) & visible & (lady[..., 3] < 240))
    inside = (rows >= y) & (rows < y + len(below)) & (columns >= x)
    inside &= columns < x + below.shape[1]
    assert below[rows[inside] - y, columns[inside] - x, 3].max() <= 8


def test_a_veiled_picture_keeps_its_veil(scene, lift):
    alpha = np.tile(np.linspace(0, 255, 160).round(), (144, 1))
    picture = _with_alpha(scene.picture, alpha).astype(np.uint8)
    stack = peel(picture, lift=lift)
    flattened = flatten(stack)
    visible = picture[..., 3] > 0
    assert np.array_equal(flattened[..., 3], picture[..., 3])
    assert np.abs(flattened[visible].astype(int) - picture[visible]).max() <= 1
    assert (_alpha_of_foreground(stack) <= picture[..., 3]).all()


def test_a_picture_that_is_wholly_clear_gives_two_clear_layers(coverage_of):
    clear = np.zeros((20, 30, 4), np.uint8)
    mask = np.zeros((20, 30), np.bool_)
    mask[5:15, 8:20] = True
    stack = peel(clear, lift=Mask(coverage_of(mask)))
    assert [layer.pixels.data for layer in stack.layers] == [bytes(4), bytes(4)]
    assert not flatten(stack).any()


def test_pixels_of_another_byte_order_are_the_same_picture(scene, lift):
    picture = (scene.picture.astype(np.uint16) * 257).astype(">u2")
    stack = peel(picture, lift=lift)
    assert np.array_equal(flatten(stack)[..., :3], picture)
    assert isinstance(stack.layers[0].pixels, PixelBlock)
