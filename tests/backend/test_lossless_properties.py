"""Whatever an engine believes, what leaves the lossless step flattens to the picture."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from layerpeel.backend.flatten import blend_over
from layerpeel.backend.image import DTYPE_OF_DEPTH, FULL_SCALE, from_float
from layerpeel.backend.lossless import Estimates, split_exactly
from layerpeel.shared.protocol import Depth

DEPTHS = list(Depth)
EXAMPLES = settings(max_examples=50)


@dataclass(frozen=True)
class Case:
    """A parent H×W×(C+1), and what some engine believes about it."""

    parent: np.ndarray
    estimates: Estimates
    depth: Depth

    @property
    def colour(self):
        return self.parent[..., :-1].astype(np.float64)

    @property
    def alpha(self):
        return self.parent[..., -1]

    @property
    def full(self):
        return FULL_SCALE[self.depth]

    def split(self):
        """Foreground, background, and both flattened."""
        layers = split_exactly(self.parent, self.estimates, self.depth)
        assert layers.foreground.shape == layers.background.shape == self.parent.shape
        assert layers.foreground.dtype == layers.background.dtype == self.parent.dtype
        return (
            layers.foreground,
            layers.background,
            blend_over(layers.foreground, layers.background),
        )


def _values(depth):
    """One value of a document: the ends often, and for floats also far outside 0–1."""
    full = int(FULL_SCALE[depth])
    if not depth.is_float:
        return st.sampled_from([0, 1, full // 2, full - 1, full]) | st.integers(0, full)
    width = 8 * depth.bytes
    return st.floats(0, 1, width=width) | st.floats(-1000, 1000, width=width)


def _alphas(depth, opaque):
    full = int(FULL_SCALE[depth])
    if opaque:
        return st.just(full)
    if not depth.is_float:
        return st.sampled_from([0, 1, full // 2, full - 1, full]) | st.integers(0, full)
    return st.sampled_from([0.0, 0.5, 1.0]) | st.floats(0, 1, width=8 * depth.bytes)


@st.composite
def cases(draw, depth, opaque):
    height, width = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    shape = (height, width, draw(st.sampled_from([1, 3])))
    dtype = DTYPE_OF_DEPTH[depth]
    colour = draw(arrays.arrays(dtype, shape, elements=_values(depth)))
    alpha = draw(arrays.arrays(dtype, shape[:2], elements=_alphas(depth, opaque)))
    guess = st.floats(-0.5, 1.5, width=32)
    if depth.is_float:
        guess |= st.floats(-1500, 1500, width=32)
    share = st.sampled_from([0, 1]) | st.floats(-0.25, 1.25, width=32)
    behind = st.sampled_from([0.0, 0.5, 1.0]) | st.floats(0, 1, width=32)
    estimates = Estimates(
        draw(arrays.arrays(np.float32, shape[:2], elements=share)),
        draw(arrays.arrays(np.float32, shape, elements=guess)),
        draw(arrays.arrays(np.float32, shape, elements=guess)),
        draw(arrays.arrays(np.bool_, shape[:2])),
        background_alpha=draw(st.none() | arrays.arrays(np.float32, shape[:2], elements=behind)),
    )
    return Case(np.dstack([colour, alpha]), estimates, depth)


def _one_step(case):
    """How far the colours of two flattened pictures may lie apart in a step, value by value."""
    if not case.depth.is_float:
        return np.ones_like(case.colour)
    if case.depth is Depth.F16:
        return np.spacing(np.abs(case.colour).astype(np.float16)).astype(np.float64)
    return 1e-6 * np.maximum(1, np.abs(case.colour))


@pytest.mark.parametrize("depth", DEPTHS)
@given(data=st.data())
@EXAMPLES
def test_an_opaque_parent_comes_back(depth, data):
    case = data.draw(cases(depth, opaque=True))
    _foreground, background, flattened = case.split()
    assert (background[..., -1] == case.full).all()
    if depth is Depth.F32:
        error = np.abs(flattened[..., :-1].astype(np.float64) - case.colour)
        assert (error <= 1e-6 * np.maximum(1, np.abs(case.colour))).all()
        assert (flattened[..., -1] == 1).all()
    else:
        assert np.array_equal(flattened, case.parent)


@pytest.mark.parametrize("depth", DEPTHS)
@given(data=st.data())
@EXAMPLES
def test_a_transparent_parent_comes_back(depth, data):
    case = data.draw(cases(depth, opaque=False))
    foreground, background, flattened = case.split()
    assert np.array_equal(flattened[..., -1], case.alpha)
    assert (foreground[..., -1] <= case.alpha).all()
    # Behind what is opaque a fill may be anything; the same goes for nothing else.
    opaque = foreground[..., -1] == case.full
    assert (background[..., -1] <= case.alpha)[~opaque].all()
    shows = case.alpha > 0
    error = np.abs(flattened[..., :-1].astype(np.float64) - case.colour)
    assert (error <= _one_step(case))[shows].all()


@pytest.mark.parametrize("depth", DEPTHS)
@given(data=st.data())
@EXAMPLES
def test_behind_an_opaque_foreground_the_background_is_as_opaque_as_wished(depth, data):
    case = data.draw(cases(depth, opaque=False))
    if (case.alpha == case.full).all() or case.estimates.background_alpha is None:
        return
    foreground, background, _ = case.split()
    wished = from_float(case.estimates.background_alpha, depth)
    opaque = foreground[..., -1] == case.full
    assert np.array_equal(background[..., -1][opaque], wished[opaque])
    covered = (case.estimates.alpha >= 1) & ~case.estimates.open_pixels
    assert opaque[covered & (case.alpha == case.full)].all()


@pytest.mark.parametrize("depth", DEPTHS)
@given(data=st.data())
@EXAMPLES
def test_a_see_through_foreground_gives_nothing_up_for_a_fill(depth, data):
    case = data.draw(cases(depth, opaque=False))
    thin = np.minimum(case.alpha, from_float(np.float32(0.9), depth))
    case = replace(case, parent=np.dstack([case.parent[..., :-1], thin]))
    foreground, background, _ = case.split()
    covered = (case.estimates.alpha >= 1) & ~case.estimates.open_pixels
    assert np.array_equal(foreground[..., -1][covered], thin[covered])
    assert (background[..., -1][covered] <= 5 / 255 * case.full).all()


@pytest.mark.parametrize("depth", DEPTHS)
@given(data=st.data())
@EXAMPLES
def test_colours_that_are_hidden_change_nothing_that_is_seen(depth, data):
    case = data.draw(cases(depth, opaque=False))
    hidden = case.alpha == 0
    others = data.draw(arrays.arrays(case.parent.dtype, case.colour.shape, elements=_values(depth)))
    changed = case.parent.copy()
    changed[hidden, :-1] = others[hidden]
    for layer, other in zip(case.split(), replace(case, parent=changed).split(), strict=True):
        assert np.array_equal(layer[..., -1], other[..., -1])
        seen = layer[..., -1] > 0
        assert np.array_equal(layer[seen], other[seen])


@pytest.mark.parametrize("opaque", [True, False])
@pytest.mark.parametrize("depth", DEPTHS)
@given(data=st.data())
@EXAMPLES
def test_outside_the_open_pixels_each_layer_has_all_or_nothing(depth, opaque, data):
    case = data.draw(cases(depth, opaque))
    foreground, background, _ = case.split()
    covered = ~case.estimates.open_pixels & (case.estimates.alpha >= 1)
    left = ~case.estimates.open_pixels & ~covered
    assert not foreground[..., -1][left].any()
    assert np.array_equal(background[left], case.parent[left])
    # Where the picture is see-through both layers may show a little.
    whole = covered & (case.alpha == case.full)
    assert np.array_equal(foreground[whole], case.parent[whole])
    filled = from_float(case.estimates.background, depth)
    assert np.array_equal(background[..., :-1][whole], filled[whole])


@pytest.mark.parametrize("depth", DEPTHS)
@given(data=st.data())
@EXAMPLES
def test_one_layer_alone_is_the_picture(depth, data):
    case = data.draw(cases(depth, opaque=True))
    foreground, background, _ = case.split()
    absent, whole = foreground[..., -1] == 0, foreground[..., -1] == case.full
    bound = 1e-6 * np.maximum(1, np.abs(case.colour)) if depth is Depth.F32 else 0
    for layer, where in ((background, absent), (foreground, whole)):
        error = np.abs(layer[..., :-1].astype(np.float64) - case.colour)
        assert (error <= bound)[where].all()


@pytest.mark.parametrize("opaque", [True, False])
@pytest.mark.parametrize("depth", DEPTHS)
@given(data=st.data())
@EXAMPLES
def test_an_exact_alpha_is_kept_and_the_parent_still_comes_back(depth, opaque, data):
    case = data.draw(cases(depth, opaque))
    mask = data.draw(arrays.arrays(np.uint8, case.alpha.shape))
    alpha = mask.astype(np.float32) / np.float32(255)
    case = replace(case, estimates=case.estimates.held_to(alpha))
    foreground, background, flattened = case.split()
    exact = mask.astype(np.float64) / 255 * case.alpha
    if depth.is_float:
        # One rounding to float32 on the way, one to the document's own type.
        spacing = np.finfo(case.parent.dtype).eps
        np.testing.assert_allclose(foreground[..., -1], exact, rtol=spacing, atol=1e-7)
    else:
        assert np.array_equal(foreground[..., -1], np.floor(exact + 0.5))
    assert np.array_equal(background[mask == 0], case.parent[mask == 0])
    whole = (mask == 255) & (case.alpha > 0)
    assert np.array_equal(foreground[whole], case.parent[whole])
    assert np.array_equal(flattened[..., -1], case.alpha)
    error = np.abs(flattened[..., :-1].astype(np.float64) - case.colour)
    exactly = opaque and depth is not Depth.F32
    bound = 0 if exactly else _one_step(case)
    assert (error <= bound)[case.alpha > 0].all()


@pytest.mark.parametrize("depth", [Depth.F16, Depth.F32])
@given(data=st.data())
@EXAMPLES
def test_float_colours_stay_as_far_as_the_picture_goes(depth, data):
    case = data.draw(cases(depth, opaque=True))
    opened = case.estimates.open_pixels & (case.split()[0][..., -1] > 0)
    seen = case.colour[case.estimates.open_pixels]
    for layer in case.split()[:2]:
        values = layer[..., :-1].astype(np.float64)[opened]
        if values.size:
            reach = max(1.0, np.abs(seen).max()) * float(np.finfo(layer.dtype).eps)
            assert values.min() >= min(0.0, seen.min()) - reach
            assert values.max() <= max(1.0, seen.max()) + reach
