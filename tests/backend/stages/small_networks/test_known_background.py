"""What was painted over a known background: near the truth on real composites, noise or not."""

import contextlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from layerpeel.backend.composites.composite import draw_composites
from layerpeel.backend.errors import NothingFoundError
from layerpeel.backend.evaluation.classical import closed_form_alpha
from layerpeel.backend.stages.small_networks.band_layers import (
    OUTPUTS_OVER_BACKGROUND,
    layers_over_background,
)
from layerpeel.backend.stages.small_networks.known_background import (
    alpha_over,
    lift_off_known_background,
    matte_over,
    noise_between,
    planes_over,
)
from layerpeel.backend.stages.small_networks.planes import INPUTS, NUMPY, named

SIZE = 192
SMALL = (12, 15)
COLOURS = arrays(np.float32, (*SMALL, 3), elements=st.floats(0, 1, width=32))
SHARES = arrays(np.float32, SMALL, elements=st.sampled_from([0.0, 0.25, 1.0]))


@pytest.fixture(scope="module")
def composites(art):
    return tuple(draw_composites(art, 6, seed=3, size=SIZE))


def as_a_generator_leaves_it(picture):
    """As after a lossy codec, about 38 dB from what it was."""
    pixels = np.floor(picture * 255 + 0.5).astype(np.uint8)
    _, encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 92])
    return cv2.imdecode(encoded, cv2.IMREAD_COLOR).astype(np.float32) / np.float32(255)


def error_in_band(alpha, composite):
    return float(np.abs(alpha - composite.alpha)[composite.unknown].mean())


@pytest.mark.parametrize("degrade", [lambda picture: picture, as_a_generator_leaves_it])
def test_alpha_and_colour_beat_closed_form_which_knows_no_background(composites, degrade):
    ratios = []
    for each in composites:
        picture = degrade(each.picture)
        found = matte_over(picture, each.background, each.trimap)
        without = closed_form_alpha(picture, each.trimap)
        ratios.append(error_in_band(found.alpha, each) / error_in_band(without, each))
        share = found.alpha[..., None]
        mixed = share * found.foreground + (1 - share) * each.background
        assert np.abs(mixed - picture)[each.unknown].mean() < 0.02
    assert np.median(ratios) < 0.8


def test_what_was_painted_is_found_within_a_rough_selection(composites):
    for each in composites:
        within = cv2.dilate((each.alpha > 0.02).astype(np.float32), np.ones((15, 15)))
        alpha = lift_off_known_background(each.picture, each.background, within).alpha
        assert np.abs(alpha - each.alpha)[within > 0].mean() < 0.15
        assert (alpha[within == 0] == 0).all()


def test_a_feathered_selection_fades_what_is_found(composites):
    each = composites[0]
    within = np.full_like(each.alpha, 0.5)
    alpha = lift_off_known_background(each.picture, each.background, within).alpha
    assert alpha.max() <= 0.5


def test_nothing_is_found_where_nothing_was_painted(composites):
    each = composites[0]
    within = np.ones_like(each.alpha)
    with pytest.raises(NothingFoundError, match="another seed"):
        lift_off_known_background(each.background, each.background, within)
    within[: SIZE // 2] = 0
    suffered = as_a_generator_leaves_it(each.background)
    alpha = np.zeros_like(within)
    with contextlib.suppress(NothingFoundError):
        alpha = lift_off_known_background(suffered, each.background, within).alpha
    assert alpha.mean() < 0.02


def test_noise_is_seen_where_both_show_the_same():
    random = np.random.default_rng(0)
    background = random.uniform(0.2, 0.8, (64, 64, 3)).astype(np.float32)
    picture = background + random.normal(0, 0.0126, background.shape).astype(np.float32)
    same = np.ones((64, 64), bool)
    assert noise_between(picture, background, same) == pytest.approx(0.0126, rel=0.05)
    assert 0 < noise_between(picture, background, ~same) < 1 / 255


@settings(max_examples=25, deadline=None)
@given(COLOURS, COLOURS, arrays(np.float32, SMALL, elements=st.sampled_from([0.0, 0.5, 1.0])))
def test_any_pictures_and_trimap_give_planes_and_layers_in_range(picture, background, trimap):
    planes = planes_over(picture, background, trimap)
    assert planes.shape == (INPUTS, *SMALL)
    found = matte_over(picture, background, trimap)
    for plane in (planes, found.alpha, found.foreground):
        assert np.isfinite(plane).all()
        assert plane.min() >= 0
        assert plane.max() <= 1
    assert np.array_equal(found.alpha[trimap != 0.5], trimap[trimap != 0.5])


@settings(max_examples=25, deadline=None)
@given(COLOURS, COLOURS, SHARES)
def test_any_selection_keeps_what_is_found_within_it(picture, background, within):
    if not (within > 0).any():
        return
    try:
        alpha = lift_off_known_background(picture, background, within).alpha
    except NothingFoundError:
        return
    assert (alpha <= within).all()


def test_alpha_covers_at_least_what_the_colours_need(composites):
    for each in composites:
        alpha = alpha_over(each.picture, each.background, each.trimap)
        black_on_white = np.full_like(each.picture, 1.0)
        needed = alpha_over(
            each.alpha[..., None] * 0 + (1 - each.alpha[..., None]) * black_on_white,
            black_on_white,
            each.trimap,
        )
        assert (needed >= each.alpha - 0.02)[each.unknown].all()
        assert np.array_equal(alpha[~each.unknown], each.trimap[~each.unknown])


def test_an_answer_of_nothing_is_where_the_network_starts_from(composites):
    each = composites[0]
    planes = named(planes_over(each.picture, each.background, each.trimap))
    nothing = np.zeros((OUTPUTS_OVER_BACKGROUND, SIZE, SIZE), np.float32)
    layers = layers_over_background(nothing, planes, NUMPY)
    # Log-odds have no ends, so that those move a little.
    assert np.abs(layers.alpha - planes.coarse_alpha).max() < 0.03
