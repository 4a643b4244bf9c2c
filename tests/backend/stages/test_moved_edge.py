"""Edges that are moved by so many pixels, and made softer over so many."""

import cv2
import numpy as np
import pytest

from layerpeel.backend.stages.moved_edge import shifted, softened


def _straight(at, width, side=64):
    """A vertical edge whose alpha falls from 1 to 0 over `width` pixels round `at`."""
    across = np.arange(side, dtype=np.float32)
    return np.tile(np.clip((at - across) / width + 0.5, 0, 1), (side, 1)).astype(np.float32)


def _crossing(alpha):
    """Where the middle row falls through a half, in pixels."""
    row = alpha[alpha.shape[0] // 2]
    (first,) = np.flatnonzero((row[:-1] >= 0.5) & (row[1:] < 0.5))
    return first + (row[first] - 0.5) / (row[first] - row[first + 1])


def _width(alpha):
    row = alpha[alpha.shape[0] // 2]
    return np.count_nonzero((row > 0.01) & (row < 0.99))


@pytest.mark.parametrize("distance", [-8, -3, -1, -0.5, 0.5, 1, 2.5, 8])
@pytest.mark.parametrize("width", [1, 6])
def test_a_straight_edge_moves_as_far_as_asked_and_stays_as_soft(distance, width):
    before = _straight(32.3, width)
    after = shifted(before, distance)
    assert _crossing(after) - _crossing(before) == pytest.approx(distance, abs=0.3)
    assert abs(_width(after) - _width(before)) <= 1


@pytest.mark.parametrize("distance", [-6, -3, 3, 6])
def test_a_disc_becomes_a_larger_or_smaller_disc(distance):
    y, x = np.mgrid[:128, :128]
    off = np.hypot(y - 64, x - 64)
    after = shifted(np.clip(30.5 - off, 0, 1).astype(np.float32), distance)
    wished = np.clip(30.5 + distance - off, 0, 1)
    assert np.sqrt(after.sum() / np.pi) == pytest.approx(np.sqrt(wished.sum() / np.pi), abs=0.4)
    # Nowhere is it further off than a step of the grid.
    assert not (after[off > 30.5 + distance + 1.6] > 0).any()
    assert (after[off < 30.5 + distance - 2.6] == 1).all()


@pytest.mark.parametrize("distance", [-8, -2.5, -1, 1, 2.5, 8])
def test_no_pixel_goes_the_other_way(distance):
    noise = np.random.default_rng(3).random((80, 80)).astype(np.float32)
    alpha = np.clip(cv2.GaussianBlur(noise, (0, 0), 3) * 6 - 2.5, 0, 1)
    after = shifted(alpha, distance)
    assert after.dtype == np.float32
    assert ((after >= 0) & (after <= 1)).all()
    assert (after >= alpha).all() if distance > 0 else (after <= alpha).all()


def _with_hairs():
    """A block, and hairs two pixels wide that stand out of it."""
    alpha = np.zeros((96, 96), np.float32)
    alpha[48:, 8:88] = 1
    for column in range(16, 80, 12):
        alpha[10:48, column : column + 2] = 0.8
    return alpha


def test_hairs_do_not_grow_together_outwards_nor_vanish_inwards():
    alpha = _with_hairs()
    between = alpha[12:36] == 0
    out, inwards = shifted(alpha, 3), shifted(alpha, -3)
    assert (out[12:36][between] == 0).all()
    assert (out[12:36][~between] > 0.85).all()
    assert 0.2 < inwards[12:36][~between].min() < 0.8
    assert (out[45, 16:80] == 1).all()
    assert (inwards[49, 32:38] == 0).all()


def test_nothing_moves_by_nothing():
    alpha = _with_hairs()
    assert shifted(alpha, 0) is alpha
    assert softened(alpha, 0) is alpha


@pytest.mark.parametrize("distance", [1, 3, 8])
def test_only_so_far_to_both_sides_it_is_softer(distance):
    before = _straight(32.0, 1)
    after = softened(before, distance)
    assert _crossing(after) == pytest.approx(_crossing(before), abs=0.1)
    assert _width(after) > _width(before)
    off = np.abs(np.arange(64) - 31.5)
    far = off > distance + 1
    assert np.array_equal(after[:, far], before[:, far])
    assert (np.diff(after[32]) <= 0).all()


def test_hairs_stay_as_they_are_where_the_rest_gets_softer():
    alpha = _with_hairs()
    after = softened(alpha, 3)
    np.testing.assert_allclose(after[12:36], alpha[12:36])
    assert 0 < after[46, 34] < 1


@pytest.mark.parametrize("size", [(1, 20), (4, 4), (3, 8), (1, 1), (5, 5)])
@pytest.mark.parametrize("distance", [1, 4])
def test_fine_bits_that_hang_on_nothing_stay_as_they_are(size, distance):
    alpha = _with_hairs()
    apart = np.s_[2 : 2 + size[0], 2 : 2 + size[1]]
    alpha[apart] = 1
    assert (softened(alpha, distance)[apart] == 1).all()


def test_sparks_in_a_glow_stay_as_they_are():
    y, x = np.mgrid[:96, :96]
    alpha = np.clip(0.5 - np.hypot(y - 48, x - 48) / 100, 0, 1).astype(np.float32)
    alpha[40:43, 60:63] = 0.9
    after = softened(alpha, 4)
    np.testing.assert_allclose(after[40:43, 60:63], 0.9, atol=0.01)


@pytest.mark.parametrize("width", [1, 3, 6])
@pytest.mark.parametrize("distance", [2, 4])
def test_corners_get_round(distance, width):
    across = _straight(44.0, width)
    alpha = np.minimum(across, across.T)
    after = softened(alpha, distance)
    assert after[43, 43] < alpha[43, 43] - 0.1
    assert after[43, 43] < after[43, 30] - 0.1
