import cv2
import numpy as np
import pytest

from layerpeel.backend.training.softness import KINDS


@pytest.fixture
def disc():
    """Hard alpha of a disc, and colours that vary."""
    alpha = np.zeros((96, 96), np.float32)
    cv2.circle(alpha, (48, 48), 25, 1.0, -1)
    return alpha, np.random.default_rng(0).random((96, 96, 3), np.float32)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(6))
def test_alpha_and_colours_stay_within_0_and_1(kind, seed, disc):
    alpha, colours = KINDS[kind](*disc, np.random.default_rng(seed))
    assert alpha.shape == (96, 96)
    assert colours.shape == (96, 96, 3)
    assert alpha.dtype == colours.dtype == np.float32
    assert alpha.min() >= 0
    assert alpha.max() <= 1
    assert colours.min() >= 0
    assert colours.max() <= 1


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "none"])
def test_every_kind_makes_soft_pixels_of_a_hard_edge(kind, disc):
    shares = []
    for seed in range(6):
        alpha, _ = KINDS[kind](*disc, np.random.default_rng(seed))
        shares.append(((alpha > 0.02) & (alpha < 0.98)).mean())
    assert np.median(shares) > 0.01


def test_none_changes_nothing(disc):
    alpha, colours = KINDS["none"](*disc, np.random.default_rng(0))
    assert np.array_equal(alpha, disc[0])
    assert np.array_equal(colours, disc[1])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("level", [0.0, 1.0])
def test_a_piece_without_an_edge_is_no_trouble(kind, level, disc):
    alpha, colours = KINDS[kind](
        np.full((40, 56), level, np.float32), disc[1][:40, :56], np.random.default_rng(1)
    )
    assert np.isfinite(alpha).all()
    assert np.isfinite(colours).all()
