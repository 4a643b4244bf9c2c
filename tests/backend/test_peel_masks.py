"""Foregrounds as opaque colour with a transparency mask beside it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from layerpeel.backend.engines.engine_registry import engine_named
from layerpeel.backend.flatten import flatten
from layerpeel.backend.image import DTYPE_OF_DEPTH, FULL_SCALE, array_of, block_of
from layerpeel.backend.mask_levels import is_level, raised_to_levels
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.pipeline import peel_picture
from layerpeel.shared.protocol import Depth, Mask, Outcome, PeelRequest, Picture, Role

pytestmark = pytest.mark.usefixtures("plain_stages")


@pytest.fixture(scope="module")
def scene(make_scene):
    return make_scene((300, 220), "mountains", ("jessica", 90, 10, 200))


@pytest.fixture(scope="module")
def peel_masked(scene, coverage_of):
    lift = Mask(coverage_of(scene.alphas[0] > 127))

    def peel(pixels, masks=True, outcome=Outcome.LAYERS):
        request = PeelRequest(lift, outcome=outcome, masks=masks)
        engine = engine_named("compact", ModelStore())
        return peel_picture(Picture(block_of(pixels)), request, engine)

    return peel


def _as(scene, depth, alpha=None):
    """The scene's picture in a depth, with an alpha of 0–1."""
    dtype, full = DTYPE_OF_DEPTH[depth], FULL_SCALE[depth]
    colour = scene.picture / 255 * full
    if alpha is None:
        alpha = np.ones(colour.shape[:2])
    pixels = np.dstack([colour, alpha * full])
    return (pixels if depth.is_float else np.floor(pixels + 0.5)).astype(dtype)


@pytest.mark.parametrize("depth", list(Depth))
def test_under_its_mask_the_layer_flattens_to_the_picture(scene, peel_masked, depth):
    picture = _as(scene, depth)
    stack = peel_masked(picture)
    background, foreground = stack.layers
    assert background.role is Role.BACKGROUND
    assert background.mask is None
    assert (array_of(foreground.pixels)[..., -1] == FULL_SCALE[depth]).all()
    assert (foreground.mask.width, foreground.mask.height) == (
        foreground.pixels.width,
        foreground.pixels.height,
    )
    error = np.abs(flatten(stack).astype(np.float64) - picture)
    assert error.max() <= (1e-6 if depth is Depth.F32 else 0)


@pytest.mark.parametrize("depth", [Depth.U8, Depth.U16])
def test_a_picture_that_is_thin_in_places_keeps_its_alpha(scene, peel_masked, depth):
    thin = np.linspace(0, 1.3, 300).clip(0, 1)[None, :].repeat(220, axis=0)
    picture = _as(scene, depth, thin)
    flattened = flatten(peel_masked(picture)).astype(np.int64)
    assert np.array_equal(flattened[..., 3], picture[..., 3])
    shows = picture[..., 3] > 0
    assert np.abs(flattened - picture)[shows].max() <= 1


def test_at_8_bits_the_mask_is_the_alpha_of_the_layer(scene, peel_masked):
    masked, plain = peel_masked(_as(scene, Depth.U8)), peel_masked(_as(scene, Depth.U8), False)
    mask, layer = masked.layers[1].mask, plain.layers[1]
    levels = np.frombuffer(mask.data, np.uint8).reshape(mask.height, mask.width)
    left = layer.offset[0] - masked.layers[1].offset[0]
    top = layer.offset[1] - masked.layers[1].offset[1]
    window = np.s_[top : top + layer.pixels.height, left : left + layer.pixels.width]
    assert np.array_equal(levels[window], array_of(layer.pixels)[..., 3])
    assert masked.layers[0] == plain.layers[0]


def test_whoever_paints_the_mask_wider_finds_the_picture_there(scene, peel_masked):
    foreground = peel_masked(_as(scene, Depth.U8)).layers[1]
    (left, top), pixels = foreground.offset, array_of(foreground.pixels)
    around = scene.picture[top : top + pixels.shape[0], left : left + pixels.shape[1]]
    corner = np.s_[:8, :8]
    assert scene.alphas[0][top : top + 8, left : left + 8].max() == 0
    assert np.array_equal(pixels[corner][..., :3], around[corner])


def test_patches_come_with_masks_too(scene, peel_masked):
    stack = peel_masked(_as(scene, Depth.U8), outcome=Outcome.PATCHES)
    assert [layer.mask is None for layer in stack.layers] == [True, False]


@pytest.mark.parametrize("depth", list(Depth))
@given(data=st.data())
def test_raised_alpha_is_a_value_that_a_mask_can_give(depth, data):
    full = FULL_SCALE[depth]
    share = st.floats(0, 1, width=32)
    most = data.draw(arrays.arrays(np.float32, 8, elements=share)).astype(np.float64)
    alpha = most * data.draw(arrays.arrays(np.float32, 8, elements=share))
    most, alpha = (
        (values * full if depth.is_float else np.floor(values * full)).astype(DTYPE_OF_DEPTH[depth])
        for values in (most, alpha)
    )
    raised = raised_to_levels(alpha, most, depth)
    assert is_level(raised, depth).all()
    assert (raised <= most).all()
    step = full / 255 * 1.01
    assert (np.abs(raised.astype(np.float64) - alpha) <= step).all()
    assert ((raised >= alpha) | (raised.astype(np.float64) + step >= most)).all()
    assert np.array_equal(raised_to_levels(raised, most, depth), raised)
