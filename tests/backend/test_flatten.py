"""Flattening against Krita's arithmetic, worked out here in another way."""

from fractions import Fraction
from math import floor

import numpy as np
import pytest

from layerpeel.backend.flatten import blend_over, flatten, union_of_alpha
from layerpeel.backend.image import block_of
from layerpeel.shared.protocol import Layer, LayerStack, MadeWith, Role

HALF = Fraction(1, 2)


def _stack(size, *layers):
    made = tuple(
        Layer(f"Layer {index}", Role.FOREGROUND, block_of(pixels), offset)
        for index, (pixels, offset) in enumerate(layers)
    )
    return LayerStack(size, made, MadeWith("compact", 0))


@pytest.mark.parametrize("alpha", range(0, 256, 5))
def test_8_bits_over_an_opaque_layer_round_half_up(alpha):
    over, under = np.meshgrid(np.arange(256), np.arange(256), indexing="ij")
    # Quotients lie on a grid of 1/255, so doubles tell every half from its neighbours.
    expected = np.floor((alpha * over + (255 - alpha) * under) / 255 + 0.5)
    result = blend_over(
        np.dstack([over, np.full_like(over, alpha)]).astype(np.uint8),
        np.dstack([under, np.full_like(under, 255)]).astype(np.uint8),
    )
    assert np.array_equal(result[..., 0], expected)
    assert (result[..., 1] == 255).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_integers_over_an_opaque_layer_equal_exact_fractions(dtype):
    full = int(np.iinfo(dtype).max)
    random = np.random.default_rng(1)
    alpha, over, under = random.integers(0, full + 1, (3, 2000))
    # Close to a half the rounding shows; ends show overflow.
    alpha[:9], over[:9], under[:9] = np.repeat([0, full // 2, full], 3), full, full - 1
    result = blend_over(
        np.dstack([over, alpha]).astype(dtype),
        np.dstack([under, np.full_like(under, full)]).astype(dtype),
    )[0, :, 0]
    expected = [
        floor(Fraction(a * f + (full - a) * b, full) + HALF)
        for a, f, b in zip(alpha.tolist(), over.tolist(), under.tolist(), strict=True)
    ]
    assert result.tolist() == expected


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_integers_over_a_transparent_layer_unite_alpha_and_mix_by_weight(dtype):
    full = int(np.iinfo(dtype).max)
    pairs = np.random.default_rng(2).integers(0, full + 1, (1000, 2, 2))
    pairs[:4, :, 1] = [[0, 0], [0, full], [full, 0], [1, 1]]
    result = blend_over(pairs[None, :, 0].astype(dtype), pairs[None, :, 1].astype(dtype))[0]
    for ((over, above), (under, below)), (colour, alpha) in zip(
        pairs.tolist(), result.tolist(), strict=True
    ):
        assert alpha == above + below - floor(Fraction(above * below, full) + HALF)
        weights = above * full, below * (full - above)
        if not sum(weights):
            assert (colour, alpha) == (0, 0)
            continue
        exact = Fraction(weights[0] * over + weights[1] * under, sum(weights))
        assert colour == floor(exact + HALF)


def test_the_union_of_8_bit_alphas_is_between_the_greater_and_their_sum():
    over, under = np.meshgrid(np.arange(256), np.arange(256))
    union = union_of_alpha(over, under, 255)
    assert (union >= np.maximum(over, under)).all()
    assert (union <= np.minimum(over + under, 255)).all()
    assert np.array_equal(union, union.T)
    # One step of the lower alpha is at most one of the union: every parent's alpha can be met.
    assert set(np.unique(np.diff(union, axis=0))) <= {0, 1}


@pytest.mark.parametrize(("dtype", "bound"), [(np.float16, 2.0**-11), (np.float32, 2.0**-24)])
def test_floats_are_mixed_without_rounding_in_between(dtype, bound):
    random = np.random.default_rng(3)
    pair = random.normal(0.5, 20, (2, 40, 50, 4)).astype(dtype)
    pair[..., -1] = random.random(pair.shape[:-1])
    over, under = pair.astype(np.float64)
    result = blend_over(*pair)
    above, below = over[..., -1:], under[..., -1:]
    alpha = 1 - (1 - above) * (1 - below)
    mixed = (above * over[..., :3] + (1 - above) * below * under[..., :3]) / alpha
    assert result.dtype == dtype
    np.testing.assert_allclose(result[..., -1:], alpha, rtol=bound)
    np.testing.assert_allclose(result[..., :3], mixed, rtol=bound, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float16, np.float32])
@pytest.mark.parametrize("channels", [2, 4])
def test_what_is_clear_changes_nothing_and_what_is_opaque_hides_all(dtype, channels):
    full = 1 if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max
    pair = (np.random.default_rng(4).random((2, 5, 6, channels)) * full).astype(dtype)
    pair[0, ..., -1] = 0
    pair[1, ..., -1] = full
    assert np.array_equal(blend_over(*pair), pair[1])
    assert np.array_equal(blend_over(*pair[::-1]), pair[1])


def test_a_stack_is_flattened_layer_by_layer_each_at_its_offset():
    below = np.full((4, 5, 4), (10, 20, 30, 255), np.uint8)
    middle = np.full((2, 2, 4), (200, 100, 0, 128), np.uint8)
    top = np.full((1, 1, 4), (0, 0, 255, 255), np.uint8)
    expected = below.copy()
    expected[1:3, 3:5] = blend_over(middle, below[1:3, 3:5])
    expected[2, 4] = top
    result = flatten(_stack((5, 4), (below, (0, 0)), (middle, (3, 1)), (top, (4, 2))))
    assert np.array_equal(result, expected)


def test_where_nothing_lies_all_is_0():
    lone = np.full((1, 2, 2), (77, 255), np.uint8)
    result = flatten(_stack((4, 3), (lone, (1, 2))))
    assert result.shape == (3, 4, 2)
    assert np.array_equal(np.argwhere(result.any(axis=-1)), [[2, 1], [2, 2]])
