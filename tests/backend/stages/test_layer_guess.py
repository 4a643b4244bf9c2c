"""From painted layers to estimates, on layers that are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image as Pillow

from layerpeel.backend.image import Image
from layerpeel.backend.stages.layer_guess import guesses_from
from layerpeel.shared.protocol import Depth

SIZE = 96


def picture_of(colour, alpha=None):
    values = colour.astype(np.float32)
    alpha = np.ones(values.shape[:2], np.float32) if alpha is None else alpha.astype(np.float32)
    return Image(values, alpha, np.broadcast_to(values, (*alpha.shape, 3)).copy(), Depth.U8)


def plain(colour, alpha=1.0):
    """A layer of one colour."""
    return (
        np.full((SIZE, SIZE, 3), colour, np.float32),
        np.full((SIZE, SIZE), alpha, np.float32),
    )


def mixed(front, back):
    alpha = front[1][..., None]
    return alpha * front[0] + (1 - alpha) * back[0]


@pytest.fixture
def grain():
    """A background that no network would paint to the last pixel."""
    noise = np.random.default_rng(0).uniform(0.3, 0.6, (SIZE, SIZE, 3))
    return noise.astype(np.float32), np.ones((SIZE, SIZE), np.float32)


@pytest.fixture
def disc():
    """Red, opaque in the middle, with a soft edge."""
    y, x = np.mgrid[:SIZE, :SIZE]
    alpha = np.clip((25 - np.hypot(y - 48, x - 48)) / 5, 0, 1).astype(np.float32)
    return plain((0.9, 0.1, 0.1))[0], alpha


rgba = arrays.arrays(np.uint8, (4, 5, 4))


@given(st.lists(rgba, min_size=2, max_size=4))
def test_what_lies_behind_a_layer_is_all_below_flattened(stack):
    """Against Pillow's own compositing, which rounds to 8 bits at every layer."""
    for layer in stack:
        layer[0, 0, 3] = 255  # none is empty
    painted = [
        (layer[..., :3] / np.float32(255), layer[..., 3] / np.float32(255)) for layer in stack
    ]
    guesses = guesses_from(painted)
    assert len(guesses) == len(stack) - 1
    below = Pillow.fromarray(stack[-1], "RGBA")
    for guess, layer in zip(reversed(guesses), reversed(stack[:-1]), strict=True):
        colour, alpha = guess.behind
        flat = np.asarray(below, np.float32) / 255
        np.testing.assert_allclose(alpha, flat[..., 3], atol=2.5 / 255)
        visible = flat[..., 3:] * flat[..., :3]
        np.testing.assert_allclose(alpha[..., None] * colour, visible, atol=4 / 255)
        below = Pillow.alpha_composite(below, Pillow.fromarray(layer, "RGBA"))


def test_empty_layers_are_left_out_and_the_last_one_stays(disc, grain):
    nothing = plain((1, 1, 1), 0.0)
    haze = plain((1, 1, 1), 0.03)
    (guess,) = guesses_from([nothing, disc, haze, grain, nothing])
    assert guess.layer is disc
    assert guess.behind is grain
    assert guesses_from([nothing, grain, haze]) == []
    assert guesses_from([nothing, haze]) == []


def test_known_layers_come_back(disc, grain):
    picture = picture_of(mixed(disc, grain))
    (guess,) = guesses_from([disc, grain])
    estimates = guess.estimates_for(picture)
    np.testing.assert_allclose(estimates.alpha, disc[1], atol=0.011)
    np.testing.assert_allclose(estimates.background, grain[0], atol=0.02)
    np.testing.assert_array_equal(estimates.foreground, disc[0])
    np.testing.assert_array_equal(
        estimates.open_pixels, (estimates.alpha > 0) & (estimates.alpha < 1)
    )


def test_next_to_nothing_is_nothing_and_next_to_all_is_all(grain):
    alpha = np.full((SIZE, SIZE), 0.008, np.float32)
    alpha[30:60, 30:60] = 0.992
    layer = plain((0.9, 0.1, 0.1))[0], alpha
    (guess,) = guesses_from([layer, grain])
    estimates = guess.estimates_for(picture_of(grain[0]))
    assert set(np.unique(estimates.alpha)) == {0, 1}
    assert not estimates.open_pixels.any()


def test_a_background_painted_too_light_is_brought_to_the_pictures_level(disc):
    smooth = plain((0.4, 0.5, 0.6))
    picture = picture_of(mixed(disc, smooth))
    (guess,) = guesses_from([disc, (smooth[0] + np.float32(0.04), smooth[1])])
    background = guess.estimates_for(picture).background
    assert np.abs(background[disc[1] > 0.5] - smooth[0][disc[1] > 0.5]).max() < 0.005


def test_through_a_faint_layer_the_pictures_own_grain_is_kept(grain):
    veil = plain((0.0, 0.0, 0.0), 0.1)
    blurred = np.full_like(grain[0], grain[0].mean()), grain[1]
    (guess,) = guesses_from([veil, blurred])
    background = guess.estimates_for(picture_of(mixed(veil, grain))).background
    error = np.abs(background - grain[0]).mean()
    assert error < np.abs(blurred[0] - grain[0]).mean() / 3


@pytest.mark.parametrize("painted_size", [48, 300])
def test_colours_that_nobody_sees_stay_out(painted_size, grain):
    """Red, half of it clear, where the clear half hides green; painted smaller and larger."""
    half = painted_size // 2
    colour = np.zeros((painted_size, painted_size, 3), np.float32)
    alpha = np.zeros((painted_size, painted_size), np.float32)
    colour[:, :half], colour[:, half:], alpha[:, :half] = (1, 0, 0), (0, 1, 0), 1
    behind = np.full_like(colour, 0.5), np.ones_like(alpha)
    (guess,) = guesses_from([(colour, alpha), behind])
    estimates = guess.estimates_for(picture_of(grain[0]))
    assert estimates.foreground.shape == (SIZE, SIZE, 3)
    shows = estimates.alpha > 0.05
    assert estimates.foreground[shows][:, 1].max() < 0.02
    assert estimates.foreground[shows][:, 0].min() > 0.98
    assert (estimates.alpha[:, :40] == 1).all()
    assert (estimates.alpha[:, -40:] == 0).all()


def test_alpha_is_a_share_of_what_is_visible(disc, grain):
    half = np.full((SIZE, SIZE), 0.5, np.float32)
    half[:, :40] = 0
    layer, rest = (disc[0], disc[1] * half), (grain[0], half)
    (guess,) = guesses_from([layer, rest])
    share = guess.share_of(picture_of(grain[0], half))
    np.testing.assert_allclose(share[:, 40:], disc[1][:, 40:], atol=0.011)
    assert not share[:, :40].any()


def test_where_nothing_was_painted_behind_the_picture_stays(disc, grain):
    picture = picture_of(grain[0])
    half = plain((0, 0, 1))
    half[1][:, :48] = 0
    (guess,) = guesses_from([disc, half])
    background = guess.estimates_for(picture).background
    covered = disc[1] >= 1
    covered[:, 48:] = False
    np.testing.assert_allclose(background[covered], grain[0][covered], atol=0.1)


def test_grey_pictures_get_grey_estimates(disc, grain):
    picture = picture_of(mixed(disc, grain)[..., :1])
    (guess,) = guesses_from([disc, grain])
    estimates = guess.estimates_for(picture)
    assert estimates.foreground.shape == estimates.background.shape == (SIZE, SIZE, 1)
