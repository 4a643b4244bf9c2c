"""Flattened, the layers are the picture: whatever the estimates, at every depth."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerpeel.backend.flatten import blend_over
from layerpeel.backend.image import DTYPE_OF_DEPTH, FULL_SCALE
from layerpeel.backend.lossless import Estimates, least_alpha, split_exactly
from layerpeel.shared.protocol import Depth

SHAPE = (17, 23)
cases = st.tuples(st.integers(0, 2**32 - 1), st.sampled_from([1, 3]), st.booleans())


def draw(seed, channels, opaque, depth):
    random = np.random.default_rng(seed)
    full = FULL_SCALE[depth]
    if depth.is_float:
        parent = random.normal(0.5, 1.0, (*SHAPE, channels + 1))
        parent[..., -1] = random.random(SHAPE)
    else:
        parent = random.integers(0, int(full) + 1, (*SHAPE, channels + 1))
    if opaque:
        parent[..., -1] = full
    alpha = np.clip(random.normal(0.5, 0.6, SHAPE), 0, 1).astype(np.float32)
    layers = random.normal(0.5, 0.5, (2, *SHAPE, channels)).astype(np.float32)
    estimates = Estimates(alpha, layers[0], layers[1], random.random(SHAPE) < 0.7)
    return parent.astype(DTYPE_OF_DEPTH[depth]), estimates


@pytest.mark.parametrize("depth", list(Depth))
@settings(max_examples=40, deadline=None, derandomize=True)
@given(case=cases)
def test_flattening_is_the_picture(depth, case):
    seed, channels, opaque = case
    parent, estimates = draw(seed, channels, opaque, depth)
    layers = split_exactly(parent, estimates, depth)
    flat = blend_over(layers.foreground, layers.background).astype(np.float64)
    wanted = parent.astype(np.float64)
    shows = parent[..., -1] > 0
    difference = np.abs(flat - wanted)[..., :-1][shows]
    if depth is Depth.F32:
        assert (difference <= 1e-6 * np.maximum(1, np.abs(wanted[..., :-1][shows]))).all()
    elif opaque:
        assert difference.max(initial=0) == 0
    elif depth is Depth.F16:
        step = np.spacing(np.abs(parent[..., :-1][shows])).astype(np.float64)
        assert (difference <= step).all()
    else:
        assert difference.max(initial=0) <= 1
    if not depth.is_float:
        np.testing.assert_array_equal(flat[..., -1], wanted[..., -1])


@settings(max_examples=40, deadline=None, derandomize=True)
@given(case=cases)
def test_transparency_of_the_parent_stays(case):
    parent, estimates = draw(case[0], case[1], False, Depth.U8)
    layers = split_exactly(parent, estimates, Depth.U8)
    whole, above, below = (p[..., -1] for p in (parent, layers.foreground, layers.background))
    assert (above <= whole).all()
    assert (below[(whole < 255) & (above == whole)] == 0).all()


@settings(max_examples=40, deadline=None, derandomize=True)
@given(case=cases)
def test_what_is_not_open_is_kept(case):
    parent, estimates = draw(case[0], case[1], True, Depth.U8)
    layers = split_exactly(parent, estimates, Depth.U8)
    outside = ~estimates.open_pixels & (estimates.alpha < 1)
    np.testing.assert_array_equal(layers.background[outside], parent[outside])
    assert (layers.foreground[outside][:, -1] == 0).all()
    covered = ~estimates.open_pixels & (estimates.alpha >= 1)
    np.testing.assert_array_equal(layers.foreground[covered], parent[covered])


def test_least_alpha_is_the_least():
    random = np.random.default_rng(1)
    target, background = random.random((2, 500, 3))
    least = least_alpha(target, background, 0.0, 1.0)[:, None]
    foreground = (target - (1 - least) * background) / np.maximum(least, 1e-9)
    assert (foreground >= -1e-6).all()
    assert (foreground <= 1 + 1e-6).all()
    less = least * 0.98
    beyond = (target - (1 - less) * background) / np.maximum(less, 1e-9)
    assert ((beyond < 0) | (beyond > 1)).any(axis=1).all()
