"""A fill that was made smaller gets the detail of the pieces that it is made of."""

import cv2
import numpy as np
import pytest

from layerpeel.backend.evaluation.metrics import LUMA, haar_energy
from layerpeel.backend.stages.detail_from_pieces import with_full_detail

SIDE, FACTOR = 192, 3


@pytest.fixture(scope="module")
def rocks(open_art):
    """A real texture, in 0–1."""
    picture = np.asarray(open_art("bg", "rockwall").crop((0, 0, SIDE, SIDE)), np.float32)
    return picture / np.float32(255)


def _smaller(plane):
    return cv2.resize(plane, (SIDE // FACTOR,) * 2, interpolation=cv2.INTER_AREA)


def _enlarged(small):
    return cv2.resize(small, (SIDE,) * 2, interpolation=cv2.INTER_CUBIC)


@pytest.fixture
def moved(rocks):
    """A hole, and a small picture in which it is filled with what lies 90 pixels further right."""
    hole = np.zeros((SIDE, SIDE), np.bool_)
    hole[60:120, 30:90] = True
    truth = rocks.copy()
    truth[60:120, 30:90] = rocks[60:120, 120:180]
    return hole, truth, _smaller(truth)


def _given(rocks, hole, small, barred=None):
    barred = np.zeros_like(hole) if barred is None else barred
    taboo = _smaller((hole | barred).astype(np.float32)) > 0
    picture = rocks.copy()
    picture[hole] = (1, 0, 1)
    return with_full_detail(_enlarged(small), picture, hole, barred, small, taboo)


def test_what_the_pieces_hold_is_there_again(rocks, moved):
    hole, truth, small = moved
    full = _given(rocks, hole, small)
    inner = np.zeros_like(hole)
    inner[70:110, 40:80] = True
    assert np.abs(full - truth)[inner].mean() < 0.2 * np.abs(_enlarged(small) - truth)[inner].mean()
    detail, without, wanted = (
        haar_energy(plane @ LUMA, inner) for plane in (full, _enlarged(small), truth)
    )
    assert without < 0.8 * wanted
    assert detail > 0.9 * wanted


def test_only_the_hole_changes_and_nothing_comes_from_inside_it(rocks, moved):
    hole, _, small = moved
    full = _given(rocks, hole, small)
    assert np.array_equal(full[~hole], _enlarged(small)[~hole])
    red, green, blue = np.moveaxis(full[hole], -1, 0)
    assert (np.minimum(red, blue) - green).max() < 0.2


def test_nothing_is_taken_from_where_it_must_not_be(rocks, moved):
    hole, _, small = moved
    barred = np.zeros_like(hole)
    barred[:, 100:] = True
    red = rocks.copy()
    red[barred] = (1, 0, 0)
    full = _given(red, hole, small, barred)
    assert (full[hole][:, 0] - full[hole][:, 1]).max() < 0.5


def test_with_nothing_to_take_from_the_fill_stays_as_it_is(rocks, moved):
    hole, _, small = moved
    barred = ~hole
    assert np.array_equal(_given(rocks, hole, small, barred), _enlarged(small))


def test_it_is_the_same_each_time(rocks, moved):
    hole, _, small = moved
    assert np.array_equal(_given(rocks, hole, small), _given(rocks, hole, small))
