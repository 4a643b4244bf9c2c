"""Colours of both layers, whatever range the document's values have."""

import numpy as np
import pytest

from layerpeel.backend.composites.composite import draw_composites
from layerpeel.backend.stages.multilevel_colours import MARGIN, estimate_colours


@pytest.fixture(scope="module")
def composite(art):
    return next(draw_composites(art, 1, seed=3, size=192))


@pytest.fixture(scope="module")
def estimates(composite):
    return estimate_colours(composite.picture, composite.alpha, composite.unknown)


@pytest.mark.parametrize(("scale", "shift"), [(3, -1), (40, 0), (0.01, 5)])
def test_values_of_another_range_give_the_same_estimates_in_that_range(
    composite, estimates, scale, shift
):
    values = composite.picture * np.float32(scale) + np.float32(shift)
    moved = estimate_colours(values, composite.alpha, composite.unknown)
    for estimate, other in zip(estimates, moved, strict=True):
        np.testing.assert_allclose(other, estimate * scale + shift, atol=2e-4 * scale)


def test_grey_is_estimated_as_a_picture_of_equal_channels(composite):
    grey = composite.picture[..., 1:2].copy()
    alone = estimate_colours(grey, composite.alpha, composite.unknown)
    three = estimate_colours(np.repeat(grey, 3, axis=-1), composite.alpha, composite.unknown)
    for estimate, other in zip(alone, three, strict=True):
        assert estimate.shape == grey.shape
        np.testing.assert_allclose(estimate, other[..., 1:2], atol=1e-5)


def test_by_the_true_alpha_both_layers_are_near_the_truth(composite, estimates):
    alpha, band = composite.alpha[..., None], composite.unknown
    foreground = (alpha * np.abs(estimates[0] - composite.foreground))[band].mean()
    background = ((1 - alpha) * np.abs(estimates[1] - composite.background))[band].mean()
    assert foreground < 0.03
    assert background < 0.03
    mixed = alpha * estimates[0] + (1 - alpha) * estimates[1]
    assert np.abs(mixed - composite.picture)[band].mean() < 0.02


def test_elsewhere_both_are_the_values(composite, estimates):
    for estimate in estimates:
        assert np.array_equal(estimate[~composite.unknown], composite.picture[~composite.unknown])


def test_where_nothing_is_wanted_nothing_is_estimated(composite):
    nothing = np.zeros_like(composite.unknown)
    for estimate in estimate_colours(composite.picture, composite.alpha, nothing):
        assert np.array_equal(estimate, composite.picture)
        assert not np.shares_memory(estimate, composite.picture)


def test_what_is_far_from_the_band_has_no_say(composite):
    wanted = np.zeros_like(composite.unknown)
    wanted[90:96, 90:96] = True
    far = np.ones_like(wanted)
    far[90 - MARGIN : 96 + MARGIN, 90 - MARGIN : 96 + MARGIN] = False
    values = composite.picture.copy()
    values[far] = 1000
    here = estimate_colours(composite.picture, composite.alpha, wanted)
    there = estimate_colours(values, composite.alpha, wanted)
    for estimate, other in zip(here, there, strict=True):
        assert np.array_equal(estimate[wanted], other[wanted])


@pytest.mark.parametrize("value", [0.0, -7.0, 60000.0])
@pytest.mark.parametrize("shape", [(1, 9), (9, 1), (12, 12)])
def test_a_flat_picture_stays_what_it_is(value, shape):
    values = np.full((*shape, 3), value, np.float32)
    alpha = np.random.default_rng(0).random(shape).astype(np.float32)
    for estimate in estimate_colours(values, alpha, np.ones(shape, np.bool_)):
        np.testing.assert_allclose(estimate, value, rtol=1e-5, atol=1e-5)
