"""How opaque the background is behind what is lifted off."""

import numpy as np
import pytest

from layerpeel.backend.stages.alpha_behind import alpha_behind, spread_into


def _object(alpha, weight=1.0):
    """A square of 20×20 in the middle of 60×60, in doubt 3 pixels beyond."""
    touched, hole = np.zeros((2, 60, 60), np.bool_)
    touched[20:40, 20:40] = True
    hole[17:43, 17:43] = True
    return alpha, np.where(touched, np.float32(weight), np.float32(0)), touched, hole


def _fill_is_not_needed(_alpha, _hole):
    raise AssertionError


@pytest.mark.parametrize("ground", [0.0, 180 / 255, 254 / 255])
def test_behind_an_opaque_thing_it_is_as_its_even_surroundings(ground):
    alpha = np.full((60, 60), ground, np.float32)
    alpha[18:42, 18:42] = 1
    behind = alpha_behind(*_object(alpha), _fill_is_not_needed)
    # Its rim, which the matte has missed, is no part of the background either.
    assert np.abs(behind - np.float32(ground)).max() <= 2 / 255


def test_where_pieces_are_needed_they_are_levelled_and_end_where_they_are_clear():
    alpha = np.zeros((60, 60), np.float32)
    alpha[:, 30:] = 1
    alpha[20:40, 20:40] = 0.7

    def halves(values, hole):
        filled = values.copy()
        filled[hole] = 0.004
        filled[:, 30:][hole[:, 30:]] = 0.997
        return filled

    behind = alpha_behind(*_object(alpha), halves)
    assert (behind[:, :30] == 0).all()
    assert (behind[:, 30:] == 1).all()


def test_what_shows_through_a_faint_object_stays():
    alpha = np.full((60, 60), 0.5, np.float32)
    alpha[30, 30] = 0.4
    behind = alpha_behind(*_object(alpha, weight=0.0), _fill_is_not_needed)
    assert np.array_equal(behind, alpha)


def test_nothing_changes_in_an_opaque_picture_and_where_nothing_is_known():
    opaque = np.ones((60, 60), np.float32)
    assert alpha_behind(*_object(opaque), _fill_is_not_needed) is opaque
    thin, everywhere = np.full((5, 5), 0.5, np.float32), np.ones((5, 5), np.bool_)
    behind = alpha_behind(thin, thin, everywhere, everywhere, _fill_is_not_needed)
    assert np.array_equal(behind, thin)


def test_spreading_fills_the_hole_from_round_about_only():
    alpha, _, touched, _ = _object(np.full((60, 60), 0.6, np.float32))
    alpha = np.where(touched, np.float32(1), alpha)
    np.testing.assert_allclose(spread_into(alpha, touched), 0.6, atol=1e-5)
