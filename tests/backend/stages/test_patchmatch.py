"""Filling a hole with pieces of the picture, and only with those that may be used."""

import numpy as np
import pytest

from layerpeel.backend.evaluation.metrics import LUMA, haar_energy
from layerpeel.backend.stages import patchmatch
from layerpeel.backend.stages.patchmatch import fill_hole


@pytest.fixture(scope="module")
def rocks(open_art):
    """A real texture, 160×160, in 8-bit steps."""
    picture = np.asarray(open_art("bg", "rockwall").crop((0, 0, 160, 160)), np.float32)
    return picture / np.float32(255)


def _hole(shape, rows, columns):
    hole = np.zeros(shape[:2], np.bool_)
    hole[slice(*rows), slice(*columns)] = True
    return hole


def _everywhere(hole):
    return np.ones(hole.shape, np.bool_)


def test_only_the_hole_changes_and_all_of_it_is_filled(rocks):
    hole = _hole(rocks.shape, (50, 100), (40, 110))
    painted = rocks.copy()
    painted[hole] = (1, 0, 1)
    filled = fill_hole(painted, hole, _everywhere(hole), seed=0)
    assert filled.dtype == np.float32
    assert np.array_equal(filled[~hole], rocks[~hole])
    red, green, blue = np.moveaxis(filled[hole], -1, 0)
    assert (np.minimum(red, blue) - green).max() < 0.2
    np.testing.assert_allclose(filled[hole].mean(axis=0), rocks.mean(axis=(0, 1)), atol=0.1)


@pytest.mark.parametrize("name", ["rockwall", "grass-bw", "water2"])
def test_a_texture_goes_on_inside_the_hole(open_art, name):
    picture = np.asarray(open_art("bg", name).crop((0, 0, 160, 160)), np.float32) / 255
    hole = _hole(picture.shape, (50, 100), (40, 110))
    filled = fill_hole(picture, hole, _everywhere(hole), seed=0)
    energy = [haar_energy(plane @ LUMA, hole) for plane in (filled, picture)]
    assert 0.6 < energy[0] / energy[1] < 1.4


def test_equal_seeds_give_equal_bytes_and_another_seed_other_pieces(rocks):
    hole = _hole(rocks.shape, (50, 100), (40, 110))
    first, again, other = (fill_hole(rocks, hole, _everywhere(hole), seed) for seed in (5, 5, 6))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_nothing_is_taken_from_where_it_must_not_be(rocks):
    """Half the surroundings are red, and the hole lies among them: no red comes into it."""
    picture = rocks.copy()
    barred = _hole(rocks.shape, (20, 140), (20, 140))
    picture[barred] = (0.9, 0.05, 0.05)
    hole = _hole(rocks.shape, (50, 110), (50, 110))
    filled = fill_hole(picture, hole, ~barred, seed=0)
    assert np.array_equal(filled[~hole], picture[~hole])
    redness = filled[hole][:, 0] - filled[hole][:, 1:].max(axis=-1)
    assert redness.max() < 0.4
    assert (redness > 0.2).mean() < 0.02


@pytest.mark.parametrize(
    ("rows", "columns"),
    [((0, 40), (50, 110)), ((120, 160), (0, 60)), ((0, 160), (0, 50)), ((60, 100), (159, 160))],
)
def test_a_hole_at_the_border_is_filled(rocks, rows, columns):
    hole = _hole(rocks.shape, rows, columns)
    painted = rocks.copy()
    painted[hole] = (1, 0, 1)
    filled = fill_hole(painted, hole, _everywhere(hole), seed=0)
    assert np.array_equal(filled[~hole], rocks[~hole])
    red, green, blue = np.moveaxis(filled[hole], -1, 0)
    assert (np.minimum(red, blue) - green).max() < 0.2


def test_pieces_are_looked_for_further_away_where_there_are_none_near(rocks, monkeypatch):
    monkeypatch.setattr(patchmatch, "LEAST_CONTEXT", 8)
    hole = _hole(rocks.shape, (70, 90), (70, 90))
    painted = rocks.copy()
    painted[40:120, 40:120] = (1, 0, 1)  # What the hole lies in, and nothing may come from.
    usable = np.ones(hole.shape, np.bool_)
    usable[40:120, 40:120] = False
    filled = fill_hole(painted, hole, usable, seed=0)
    np.testing.assert_allclose(filled[hole].mean(axis=0), rocks.mean(axis=(0, 1)), atol=0.15)


def test_where_nothing_may_be_used_the_pixels_stay(rocks):
    hole = _hole(rocks.shape, (50, 100), (40, 110))
    nowhere = np.zeros(hole.shape, np.bool_)
    assert np.array_equal(fill_hole(rocks, hole, nowhere, seed=0), rocks)
    assert np.array_equal(fill_hole(rocks, _everywhere(hole), _everywhere(hole), seed=0), rocks)
    # A strip that is narrower than one patch is as good as nothing.
    strip = nowhere.copy()
    strip[:, 60:65] = True
    assert np.array_equal(fill_hole(rocks, ~strip, _everywhere(hole), seed=0), rocks)


@pytest.mark.parametrize("shape", [(1, 1), (1, 30), (30, 1), (3, 4), (7, 7), (8, 9)])
def test_tiny_pictures_are_survived(shape):
    picture = np.random.default_rng(1).random((*shape, 3)).astype(np.float32)
    for share in (0.1, 0.5, 1):
        hole = np.random.default_rng(2).random(shape) <= share
        filled = fill_hole(picture, hole, _everywhere(hole), seed=0)
        assert np.array_equal(filled[~hole], picture[~hole])
        assert ((filled >= 0) & (filled <= 1)).all()


def test_without_a_hole_nothing_happens(rocks):
    nothing = np.zeros(rocks.shape[:2], np.bool_)
    filled = fill_hole(rocks, nothing, ~nothing, seed=0)
    assert np.array_equal(filled, rocks)
    assert filled is not rocks


def test_a_hole_that_is_too_large_is_filled_smaller(rocks, monkeypatch):
    hole = _hole(rocks.shape, (40, 120), (40, 120))
    painted = rocks.copy()
    painted[hole] = (1, 0, 1)
    monkeypatch.setattr(patchmatch, "MOST_HOLE_PIXELS", 1600)
    filled = fill_hole(painted, hole, _everywhere(hole), seed=0)
    assert np.array_equal(filled[~hole], rocks[~hole])
    assert ((filled >= 0) & (filled <= 1)).all()
    red, green, blue = np.moveaxis(filled[hole], -1, 0)
    assert (np.minimum(red, blue) - green).max() < 0.3


def test_a_hole_that_is_filled_smaller_has_the_textures_detail(open_art, monkeypatch):
    picture = np.asarray(open_art("bg", "grass-bw").crop((0, 0, 160, 160)), np.float32) / 255
    hole = _hole(picture.shape, (50, 100), (40, 110))
    monkeypatch.setattr(patchmatch, "MOST_HOLE_PIXELS", 800)
    filled = fill_hole(picture, hole, _everywhere(hole), seed=0)
    energy = [haar_energy(plane @ LUMA, hole) for plane in (filled, picture)]
    # Enlarged alone, it has less than half.
    assert energy[0] > 0.7 * energy[1]
