"""The least alpha, and the nearest colours: against brute force and exact fractions."""

from fractions import Fraction
from math import ceil

import numpy as np
import pytest

from layerpeel.backend.flatten import blend_over
from layerpeel.backend.image import FULL_SCALE
from layerpeel.backend.lossless import (
    BACKGROUND_CARE,
    Estimates,
    least_alpha,
    project,
    split_exactly,
)
from layerpeel.shared.protocol import Depth

HAIR = Fraction(1001, 1000)


def _split(colour, alpha, foreground, background, depth=Depth.U8, parent_alpha=None, exact=False):
    """Split N open pixels: N×(C+1) of foreground and background."""
    full = int(FULL_SCALE[depth])
    opacity = np.full(len(colour), full) if parent_alpha is None else parent_alpha
    parent = np.concatenate([colour, opacity[:, None]], axis=-1)[None]
    planes = [np.asarray(plane, np.float32)[None] for plane in (alpha, foreground, background)]
    estimates = Estimates(*planes, np.ones((1, len(colour)), np.bool_))
    if exact:
        estimates = estimates.held_to(planes[0])
    parent = parent.astype({Depth.U8: np.uint8, Depth.U16: np.uint16}[depth])
    layers = split_exactly(parent, estimates, depth)
    return layers.foreground[0].astype(np.int64), layers.background[0].astype(np.int64)


def _reachable(target, background, alpha, lowest, highest, slack=0.0):
    """Whether with some foreground in range `alpha` over `background` looks like `target`."""
    needed = (target - (1 - alpha) * background) / alpha
    return (needed >= lowest - slack).all() and (needed <= highest + slack).all()


@pytest.mark.parametrize(("lowest", "highest"), [(0.0, 1.0), (-3.0, 40.0)])
def test_the_least_alpha_reaches_and_a_hair_less_does_not(lowest, highest):
    random = np.random.default_rng(1)
    target, background = random.uniform(lowest, highest, (2, 3000, 3))
    target[::7, 0], background[::5, 1] = highest, lowest
    least = least_alpha(target, background, lowest, highest)
    for colour, behind, alpha in zip(target, background, least, strict=True):
        assert 0 < alpha <= 1
        assert _reachable(colour, behind, alpha, lowest, highest, 1e-9 * (highest - lowest))
        assert not _reachable(colour, behind, alpha * (1 - 1e-6), lowest, highest)


def test_the_least_alpha_is_none_where_the_background_is_the_picture():
    colours = np.array([[0.0, 1.0, 0.5], [0.25, 0.0, 1.0]])
    assert not least_alpha(colours, colours, 0, 1).any()
    opposite = np.array([[0.0, 0.5, 0.5], [1.0, 0.5, 0.5]])
    assert least_alpha(opposite, 1 - opposite, 0, 1).tolist() == [1, 1]


def test_at_8_bits_alpha_is_the_least_that_reaches_the_wished_background_within_a_step():
    colours, behind = np.meshgrid(np.arange(256), np.arange(256), indexing="ij")
    colours, behind = colours.reshape(-1, 1), behind.reshape(-1, 1)
    # An estimate that helps: the foreground is as far from the background as it can be.
    wished, nothing = (colours > behind).astype(np.float64), np.zeros(len(colours))
    foreground, background = _split(colours, nothing, wished, behind / 255)
    for colour, wish, alpha in zip(
        colours[:, 0].tolist(), behind[:, 0].tolist(), foreground[:, 1].tolist(), strict=True
    ):
        # A hair more than a step.
        nearer = wish + max(-HAIR, min(HAIR, Fraction(colour - wish)))
        room = 255 - nearer if colour > nearer else nearer
        least = 255 * abs(colour - nearer) / room if colour != nearer else Fraction(0)
        # Where a step is the least exactly, the float32 of the estimates may ask for the next.
        assert alpha - ceil(least) in ((0, 1) if least.denominator == 1 and least else (0,))
    # It is reached but for that step, and for what the rounded alpha leaves.
    weighed = (255 - foreground[:, 1]) * (np.abs(background[:, 0] - behind[:, 0]) - float(HAIR))
    assert weighed.max() <= 255


@pytest.mark.parametrize("depth", [Depth.U8, Depth.U16])
def test_a_background_a_step_from_the_picture_leaves_no_haze_in_front_of_it(depth):
    full = int(FULL_SCALE[depth])
    # Where a step is most of alpha: the background is nearly as dark as can be, or as light.
    colour = np.array([[2], [full - 2], [full // 2]])
    for step in (-1, 1):
        wish = (colour + step) / full
        foreground, background = _split(colour, np.zeros(3), colour < wish * full, wish, depth)
        assert not foreground[:, -1].any()
        assert np.array_equal(background[:, :-1], colour)
        foreground, _ = _split(colour, np.zeros(3), 0 * wish, wish + 4 * step / full, depth)
        assert foreground[:, -1].all()


@pytest.mark.parametrize("depth", [Depth.U8, Depth.U16])
def test_alpha_is_never_lowered_and_raised_only_where_it_must_be(depth):
    full = int(FULL_SCALE[depth])
    random = np.random.default_rng(2)
    over, under = random.integers(0, full + 1, (2, 5000, 3))
    # In steps that a float32 holds exactly, so that what is wished is what was said.
    alpha = random.integers(0, 65, 5000) / 64
    mixed = alpha[:, None] * over + (1 - alpha[:, None]) * under
    colour = np.floor(mixed + 0.5).astype(np.int64)
    foreground, _ = _split(colour, alpha, over / full, under / full, depth)
    wished = np.ceil(alpha * full - 1e-6)
    assert (foreground[:, -1] >= wished).all()
    # Where every channel keeps away from the ends, the rounding of C asks for no more alpha.
    inner = ((over > 0.1 * full) & (over < 0.9 * full)).all(axis=1) & (alpha > 1 / 16)
    assert inner.sum() > 1500
    assert np.array_equal(foreground[inner, -1], wished[inner])


def test_layers_that_explain_the_picture_come_back_as_they_were():
    random = np.random.default_rng(3)
    # Far enough from the ends for the rounding of the picture to ask for no more alpha.
    over, under = random.integers(26, 230, (2, 5000, 3))
    alpha = random.integers(6, 255, 5000)
    pair = [
        np.concatenate([over, alpha[:, None]], axis=-1).astype(np.uint8),
        np.concatenate([under, np.full((5000, 1), 255)], axis=-1).astype(np.uint8),
    ]
    colour = blend_over(*pair)[:, :3].astype(np.int64)
    foreground, background = _split(colour, alpha / 255, over / 255, under / 255)
    seen = foreground[:, 3:] / 255
    assert (np.abs(foreground[:, :3] - over) * seen).max() <= 1
    assert (np.abs(background[:, :3] - under) * (1 - seen)).max() <= 1
    assert np.array_equal(foreground[:, 3], alpha)


@pytest.mark.parametrize("depth", [Depth.U8, Depth.U16])
def test_a_background_that_is_the_picture_leaves_no_haze_in_front_of_it(depth):
    full = int(FULL_SCALE[depth])
    colour = np.arange(full + 1)[:, None]
    seen = colour.astype(np.float32) / np.float32(full)
    foreground, background = _split(colour, np.zeros(full + 1), 1 - seen, seen, depth)
    assert not foreground[:, -1].any()
    assert np.array_equal(background[:, :-1], colour)


@pytest.mark.parametrize(("lowest", "highest"), [(0.0, 1.0), (-2.0, 12.0)])
def test_projected_colours_close_in_range_and_are_the_nearest(lowest, highest):
    random = np.random.default_rng(4)
    target, foreground, background = random.uniform(lowest, highest, (3, 400, 3))
    share = random.uniform(0.02, 0.98, 400)
    new_foreground, new_background = project(target, share, foreground, background, lowest, highest)
    weight = share[:, None]
    closed = weight * new_foreground + (1 - weight) * new_background
    np.testing.assert_allclose(closed, target, atol=1e-12 * (highest - lowest) / 0.02)
    for colours in (new_foreground, new_background):
        assert colours.min() >= lowest
        assert colours.max() <= highest

    def cost(over, under):
        return (over - foreground) ** 2 + BACKGROUND_CARE * (under - background) ** 2

    best = cost(new_foreground, new_background)
    for candidate in np.linspace(lowest, highest, 301):
        # Every pair that closes lies on a line: the background says what the foreground must be.
        partner = (target - (1 - weight) * candidate) / weight
        feasible = (partner >= lowest) & (partner <= highest)
        assert (best <= cost(partner, candidate) + 1e-9)[feasible].all()


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_where_one_layer_alone_shows_the_other_keeps_its_estimate(share):
    target, foreground, background = np.random.default_rng(5).random((3, 50, 3))
    shares = np.full(50, share)
    over, under = project(target, shares, foreground, background, 0, 1)
    shown, kept, estimate = (over, under, background) if share else (under, over, foreground)
    np.testing.assert_allclose(shown, target, atol=1e-12)
    np.testing.assert_array_equal(kept, estimate)


def test_every_8_bit_alpha_of_a_transparent_parent_is_closed():
    above, whole = (plane.ravel() for plane in np.meshgrid(np.arange(256), np.arange(256)))
    colour = np.random.default_rng(6).integers(0, 256, (len(above), 3))
    share = np.divide(above, whole, out=np.zeros(len(above)), where=whole > 0)
    foreground, background = _split(
        colour, share, colour / 255, colour / 255, parent_alpha=whole, exact=True
    )
    wanted = np.minimum(above, whole)
    assert np.abs(foreground[:, 3] - wanted).max() == 0
    flattened = blend_over(foreground.astype(np.uint8), background.astype(np.uint8))
    assert np.array_equal(flattened[:, 3], whole)
    assert np.array_equal(flattened[whole > 0, :3], colour[whole > 0])


@pytest.fixture(scope="module")
def grey_split():
    """Grey pixels (3000×1), a wish for the background of each, and layers of any alpha."""
    random = np.random.default_rng(7)
    colour = random.choice([0, 1, 40, 128, 254, 255], (3000, 1)).astype(np.uint8)
    alpha, wish = random.integers(1, 255, 3000), random.integers(0, 256, (3000, 1))
    parent = np.concatenate([colour, np.full_like(colour, 255)], axis=-1)[None]
    planes = [plane.astype(np.float32)[None] / np.float32(255) for plane in (alpha, colour, wish)]
    estimates = Estimates(*planes, np.ones((1, 3000), np.bool_)).held_to(planes[0])
    return colour, wish, split_exactly(parent, estimates, Depth.U8)


def test_grey_layers_close_in_kritas_integers_too(grey_split):
    """Krita blends grey of 8 bits by shifts, which round the last mixture before −½ upwards."""
    colour, _, layers = grey_split
    above, alpha = layers.foreground[0].astype(np.int64).T
    below = layers.background[0, :, 0].astype(np.int64)
    scaled = (above - below) * alpha + 128
    mixed = below + (((scaled >> 8) + scaled) >> 8)
    assert np.array_equal(mixed, colour[:, 0])


def test_no_background_that_closes_with_room_is_nearer_to_what_was_wished(grey_split):
    """Room: the mixture is not the last one before a half."""
    colour, wish, layers = grey_split
    every = np.repeat(layers.background, 256, axis=0)  # 256×3000×2
    every[..., 0] = np.arange(256)[:, None]
    over = np.repeat(layers.foreground, 256, axis=0)
    closes = blend_over(over, every)[..., 0] == colour[:, 0]
    colours, alphas = over.astype(np.float64)[..., 0], over.astype(np.float64)[..., 1] / 255
    mixed = alphas * colours + (1 - alphas) * every[..., 0]
    has_room = np.abs(mixed - colour[:, 0]) <= 126.5 / 255
    allowed = np.where(has_room.any(axis=0), has_room, closes)
    away = np.abs(np.arange(256)[:, None] - wish[:, 0])
    nearest = np.where(allowed, away, 999).min(axis=0)
    assert np.array_equal(np.abs(layers.background[0, :, 0].astype(int) - wish[:, 0]), nearest)
