"""Holes are filled from what can be seen."""

import numpy as np

from layerpeel.backend.stages.visible_pieces import fill_from_visible

NONE = np.zeros((64, 64), np.bool_)


def _scene():
    """Blue at alpha 0.7, right of it green that nobody sees; a red hole across both."""
    proxy = np.zeros((64, 64, 3), np.float32)
    proxy[:, :40] = (0.1, 0.2, 0.8)
    proxy[:, 40:] = (0.0, 1.0, 0.0)
    alpha = np.where(np.arange(64) < 40, np.float32(0.7), np.float32(0)) * np.ones((64, 1), "f4")
    hole = NONE.copy()
    hole[24:40, 12:44] = True
    proxy[hole] = (0.9, 0.1, 0.1)
    return proxy, alpha, hole


def test_pieces_come_from_what_shows_however_thin():
    for thinness in (1, 0.1):
        proxy, alpha, hole = _scene()
        filled = fill_from_visible(proxy, alpha * np.float32(thinness), hole, NONE, seed=0)
        assert np.abs(filled[hole] - (0.1, 0.2, 0.8)).max() < 0.01
        assert np.array_equal(filled[~hole], proxy[~hole])


def test_what_is_lifted_off_later_is_no_source_where_there_is_another():
    proxy, alpha, hole = _scene()
    later = NONE.copy()
    later[:, :8] = True
    proxy[later] = (1, 1, 0)
    filled = fill_from_visible(proxy, alpha, hole, later, seed=0)
    assert np.abs(filled[hole] - (0.1, 0.2, 0.8)).max() < 0.01


def test_where_no_piece_fits_colours_are_spread_and_the_object_is_gone():
    proxy, _, hole = _scene()
    alpha = np.zeros((64, 64), np.float32)
    alpha[23, 12:40] = 1  # A line, thinner than any piece.
    filled = fill_from_visible(proxy, alpha, hole, NONE, seed=0)
    assert np.abs(filled[hole] - (0.1, 0.2, 0.8)).max() < 0.01


def test_with_nothing_visible_beside_it_the_hole_stays_as_it_is():
    proxy, alpha, hole = _scene()
    filled = fill_from_visible(proxy, np.where(hole, alpha, np.float32(0)), hole, NONE, seed=0)
    assert np.array_equal(filled, proxy)
