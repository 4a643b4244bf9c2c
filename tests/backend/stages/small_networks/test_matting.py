"""The shipped matting network, on pictures with known layers, beside what it replaces."""

import cv2
import numpy as np
import pytest

from layerpeel.backend.composites.composite import draw_composites
from layerpeel.backend.evaluation.classical import closed_form_alpha
from layerpeel.backend.stages.crop import grown
from layerpeel.backend.stages.small_networks.matting import matte_by_small_network


@pytest.fixture(scope="module")
def composites(art):
    return list(draw_composites(art, 8, seed=3))


def test_alpha_is_nearer_to_the_truth_than_closed_form_alpha(composites):
    ratios = []
    for each in composites:
        errors = [
            np.abs(alpha - each.alpha).mean()
            for alpha in (
                matte_by_small_network(each.picture, each.trimap).alpha,
                closed_form_alpha(each.picture, each.trimap),
            )
        ]
        ratios.append(errors[0] / errors[1])
    assert np.median(ratios) < 0.95


def test_each_look_at_it_is_told(composites):
    said = []
    matte_by_small_network(composites[0].picture, composites[0].trimap, said.append)
    assert said == [0.5, 1.0]


def test_in_the_band_the_layers_make_the_picture_and_outside_it_the_trimap_counts(composites):
    for each in composites:
        layers = matte_by_small_network(each.picture, each.trimap)
        band = each.trimap == 0.5
        assert np.array_equal(layers.alpha[~band], each.trimap[~band])
        assert np.array_equal(layers.foreground[~band], each.picture[~band])
        share = layers.alpha[..., None]
        mixed = share * layers.foreground + (1 - share) * layers.background
        # Colours end at 0 and 1, so a few pixels cannot be reached.
        assert (np.abs(mixed - each.picture)[band] > 1 / 255).mean() < 0.1
        for plane in (layers.alpha, layers.foreground, layers.background):
            assert plane.dtype == np.float32
            assert plane.min() >= 0
            assert plane.max() <= 1


def test_what_lies_far_from_the_band_changes_nothing(composites):
    each = composites[0]
    found = matte_by_small_network(each.picture, each.trimap)
    beyond = np.pad(each.picture, ((200, 0), (150, 0), (0, 0)), constant_values=0.3)
    trimap = np.pad(each.trimap, ((200, 0), (150, 0)))
    moved = matte_by_small_network(beyond, trimap).alpha[200:, 150:]
    # Folded by other pixels of the coarsest level it is not bit for bit the same.
    assert np.abs(moved - found.alpha).mean() < 0.01


@pytest.mark.parametrize("size", [(1, 1), (2, 9), (33, 40)])
@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_any_size_and_trimap_is_survived(size, value):
    picture = np.random.default_rng(0).random((*size, 3), np.float32)
    layers = matte_by_small_network(picture, np.full(size, value, np.float32))
    assert layers.alpha.shape == size
    assert np.isfinite(layers.alpha).all()
    assert np.isfinite(layers.background).all()


def test_a_picture_turned_by_a_half_gets_turned_layers(composites):
    """Where its sides are multiples of the network's stride: else the padding lies elsewhere."""
    each = composites[0]
    found = matte_by_small_network(each.picture, each.trimap)
    turn = np.s_[::-1, ::-1]
    turned = matte_by_small_network(
        np.ascontiguousarray(each.picture[turn]), np.ascontiguousarray(each.trimap[turn])
    )
    np.testing.assert_allclose(turned.alpha[turn], found.alpha, atol=0.02)
    np.testing.assert_allclose(turned.background[turn], found.background, atol=0.02)


# Foreground, background: what flat drawings are made of.
INKS = [
    ((0, 0, 0), (255, 255, 255)),
    ((255, 255, 255), (0, 0, 0)),
    ((200, 40, 60), (240, 220, 180)),
    ((90, 140, 90), (70, 90, 150)),
]


@pytest.mark.parametrize("reach", [3, 8, 20])
@pytest.mark.parametrize("inks", INKS)
def test_flat_drawings_get_neither_a_veil_nor_thin_spots(inks, reach):
    disc = np.zeros((2048, 2048), np.uint8)
    cv2.circle(disc, (1024, 1024), 600, 255, -1)
    alpha = cv2.resize(disc, (256, 256), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    share = alpha[..., None]
    picture = np.round(share * inks[0] + (1 - share) * inks[1]).astype(np.float32) / 255
    trimap = np.full_like(alpha, 0.5)
    trimap[~grown(alpha > 0, reach)] = 0
    trimap[~grown(alpha < 1, reach)] = 1

    layers = matte_by_small_network(picture, trimap)

    assert layers.alpha[alpha == 0].max() == 0
    assert layers.alpha[alpha == 1].min() == 1
    assert np.array_equal(layers.background[alpha == 0], picture[alpha == 0])
    assert np.array_equal(layers.foreground[alpha == 1], picture[alpha == 1])
    # What is left is how far the smoothed edge itself is off.
    assert np.abs(layers.alpha - alpha)[trimap == 0.5].mean() < 0.005
