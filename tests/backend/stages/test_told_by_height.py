"""Where height tells what is to be seen, pieces keep to it; where it does not, they are free."""

import cv2
import numpy as np
import pytest

from layerpeel.backend.stages import told_by_height
from layerpeel.backend.stages.patchmatch import fill_hole
from layerpeel.backend.stages.told_by_height import (
    STRENGTH,
    share_told_by_height,
    strength_of_height,
)

SIZE = 192
HORIZON = 96


def _clouded(colour, seed, rows):
    """A texture of one colour, in soft lumps."""
    noise = np.random.default_rng(seed).standard_normal((rows, SIZE)).astype(np.float32)
    lumps = cv2.GaussianBlur(noise, (0, 0), 5)
    return np.float32(colour) + 0.04 * (lumps / lumps.std())[..., None]


def _landscape():
    sky = _clouded((0.55, 0.7, 0.9), 1, HORIZON)
    land = _clouded((0.45, 0.35, 0.15), 2, SIZE - HORIZON)
    return np.clip(np.concatenate([sky, land]), 0, 1).astype(np.float32)


def _known_round(rows, columns):
    known = np.ones((SIZE, SIZE), np.bool_)
    known[slice(*rows), slice(*columns)] = False
    return known


def test_rows_tell_of_sky_and_land_and_columns_do_not():
    picture, everywhere = _landscape(), np.ones((SIZE, SIZE), np.bool_)
    assert share_told_by_height(picture, everywhere) > 0.9
    turned = np.ascontiguousarray(picture.transpose(1, 0, 2))
    assert share_told_by_height(turned, everywhere) < 0.1
    assert strength_of_height(turned, everywhere) == 0


@pytest.mark.parametrize("name", ["rockwall", "grass-bw"])
def test_of_a_texture_rows_tell_too_little_to_guide(open_art, name):
    picture = np.asarray(open_art("bg", name).crop((0, 0, 160, 160)), np.float32) / 255
    assert strength_of_height(picture, np.ones(picture.shape[:2], np.bool_)) == 0


def test_an_even_sky_is_not_guided():
    """Its rows differ, but nowhere from those near by: kept to their height, pieces make bands."""
    down = np.linspace(0, 1, SIZE, dtype=np.float32)[:, None, None]
    blue, white = np.float32((0.3, 0.5, 0.9)), np.float32((0.95, 0.97, 1))
    sky = np.broadcast_to(blue + (white - blue) * down, (SIZE, SIZE, 3)).astype(np.float32)
    sky = np.clip(sky + _clouded((0, 0, 0), 6, SIZE), 0, 1)
    everywhere = np.ones((SIZE, SIZE), np.bool_)
    assert share_told_by_height(sky, everywhere) > 0.7
    assert strength_of_height(sky, everywhere) == 0


def test_only_what_is_known_tells():
    picture, known = _landscape(), _known_round((20, 172), (30, 160))
    painted = picture.copy()
    painted[~known] = np.random.default_rng(3).random((int((~known).sum()), 3))
    assert share_told_by_height(painted, known) == share_told_by_height(picture, known)
    assert strength_of_height(painted, known) > 0.8 * STRENGTH


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (3, 200), (50, 50)])
def test_where_there_is_next_to_nothing_height_tells_nothing(shape):
    plain = np.full((*shape, 3), 0.5, np.float32)
    assert share_told_by_height(plain, np.ones(shape, np.bool_)) == 0
    assert share_told_by_height(plain, np.zeros(shape, np.bool_)) == 0


def _out_of_place(filled, hole):
    """Share of the hole, but for 10 px at the horizon, where land lies in the sky or sky below."""
    bluish = filled[..., 2] > filled[..., 0]
    above = np.arange(SIZE)[:, None] < HORIZON
    away = np.abs(np.arange(SIZE)[:, None] - HORIZON) > 10
    return ((bluish != above) & hole & away).sum() / (hole & away).sum()


def test_the_horizon_goes_on_behind_the_hole_and_no_land_flows_over_the_sky(monkeypatch):
    """Of the sky little is left round the hole, so that freely more fits that is land."""
    picture, known = _landscape(), _known_round((10, 150), (20, 170))
    everywhere = np.ones_like(known)
    guided = fill_hole(picture, ~known, everywhere, seed=0)
    assert _out_of_place(guided, ~known) < 0.05
    monkeypatch.setattr(told_by_height, "STRENGTH", 0.0)
    free = fill_hole(picture, ~known, everywhere, seed=0)
    assert _out_of_place(free, ~known) > 0.3


def test_a_guided_fill_is_the_same_for_a_seed_and_takes_from_where_it_may_alone():
    picture, known = _landscape(), _known_round((50, 150), (60, 130))
    usable = np.ones_like(known)
    usable[:, 140:] = False
    picture[:, 140:, 0] = 1
    first, again, other = (fill_hole(picture, ~known, usable, seed) for seed in (4, 4, 5))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.array_equal(first[known], picture[known])
    assert first[~known][:, 0].max() < 0.85
