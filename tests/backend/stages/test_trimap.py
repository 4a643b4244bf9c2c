"""From masks and drawings to what is sure and what is not."""

import numpy as np
import pytest

from layerpeel.backend.stages.trimap import (
    LEAST_BAND,
    NETWORK_BAND,
    ROUGH_BAND,
    WIDEST_BAND,
    band_of,
    read_trimap,
    trimap_round_mask,
    trimap_round_parts,
)

SHARES = [NETWORK_BAND, ROUGH_BAND]


def _disc(size, radius):
    y, x = np.mgrid[:size, :size]
    return (np.hypot(y - size / 2, x - size / 2) < radius).astype(np.float32)


def _rectangle(shape, rows, columns):
    mask = np.zeros(shape, np.float32)
    mask[slice(*rows), slice(*columns)] = 1
    return mask


def test_a_drawn_trimap_turns_at_230_and_25_exactly():
    levels = np.arange(256, dtype=np.float32)[None] / np.float32(255)
    trimap = read_trimap(levels)[0]
    assert (trimap[:26] == 0).all()
    assert (trimap[26:230] == 0.5).all()
    assert (trimap[230:] == 1).all()


@pytest.mark.parametrize("share", SHARES)
def test_the_band_grows_with_the_object(share):
    bands = [band_of(_disc(900, radius), share) for radius in (5, 20, 60, 150, 400)]
    assert bands == sorted(bands)
    assert bands[0] == LEAST_BAND
    assert bands[-1] > 5 * bands[1]
    # Twice the object, twice the band, as long as no limit is met.
    assert bands[3] / bands[2] == pytest.approx(150 / 60, rel=0.02)


@pytest.mark.parametrize("share", SHARES)
def test_the_band_has_limits(share):
    assert band_of(np.zeros((9, 9), np.float32), share) == LEAST_BAND
    assert band_of(np.ones((4000, 4000), np.float32), share) == WIDEST_BAND
    # A long thin bar is large by its area, but never all band.
    bar = _rectangle((60, 3000), (20, 40), (0, 3000))
    assert band_of(bar, share) <= 5


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("radius", [4, 12, 40, 150])
def test_both_sides_of_an_edge_are_unknown_as_wide_as_the_band(radius, share):
    mask = _disc(2 * radius + 120, radius)
    band = band_of(mask, share)
    trimap = trimap_round_mask(mask, band)
    y, x = np.mgrid[: len(mask), : len(mask)]
    away = np.hypot(y - len(mask) / 2, x - len(mask) / 2) - radius
    assert (trimap[np.abs(away) < band - 1] == 0.5).all()
    assert (trimap[away > band + 1.5] == 0).all()
    assert (trimap[away < -band - 1.5] == 1).all()
    assert (trimap[mask == 1] != 0).all()
    assert (trimap[mask == 0] != 1).all()


def test_a_band_that_is_asked_for_is_taken():
    mask = _disc(200, 60)
    narrow, wide = trimap_round_mask(mask, 2), trimap_round_mask(mask, 25)
    areas = [np.count_nonzero(trimap == 0.5) for trimap in (narrow, wide)]
    # The circumference times the width, within a pixel of it.
    for area, band in zip(areas, (2, 25), strict=True):
        assert area / (2 * np.pi * 60) == pytest.approx(2 * band, abs=1)


@pytest.mark.parametrize("band", [2.0, 6.0, 20.0])
@pytest.mark.parametrize("lying", [False, True])
def test_a_mast_of_three_pixels_keeps_a_sure_middle(band, lying):
    hull = _rectangle((200, 200), (140, 190), (20, 180))
    mast = _rectangle((200, 200), (20, 150), (99, 102))
    mask = np.maximum(hull, mast)
    trimap = trimap_round_mask(mask.T if lying else mask, band)
    trimap = trimap.T if lying else trimap
    assert (trimap[24:118, 100] == 1).all()
    assert (trimap[24:118, [99, 101]] == 0.5).all()
    assert (trimap[24:100, [98, 102]] == 0.5).all()


def test_a_slanting_mast_is_sure_in_every_other_row_at_least():
    y, x = np.mgrid[:200, :200]
    mask = (np.abs(x - 40 - 0.6 * y) < 2.0).astype(np.float32)
    mask[150:] = 1
    trimap = trimap_round_mask(mask, 8)
    sure = (trimap[5:135] == 1).any(axis=1)
    assert (sure[1:] | sure[:-1]).all()


def test_hairlines_of_one_and_two_pixels_are_in_doubt():
    for thick in (1, 2):
        mask = _rectangle((120, 120), (10, 90), (50, 50 + thick))
        mask[80:110, 30:90] = 1
        trimap = trimap_round_mask(mask, 4)
        assert (trimap[15:70, 50 : 50 + thick] == 0.5).all()
        assert (trimap[90:100, 45:75] == 1).all()


def test_soft_pixels_of_a_mask_are_unknown_however_narrow_the_band():
    y, x = np.mgrid[:200, :200]
    away = np.hypot(y - 100, x - 100)
    mask = np.clip((70 - away) / 40 + 0.5, 0, 1).astype(np.float32)
    trimap = trimap_round_mask(mask, 1)
    soft = (mask > 0.11) & (mask < 0.89)
    assert soft.sum() > 10_000
    assert (trimap[soft] == 0.5).all()
    assert (trimap[mask == 1] == 1).all()
    assert (trimap[mask == 0] == 0).all()


def test_a_faint_glow_beside_the_object_is_not_called_background():
    mask = _disc(160, 40)
    mask[10:30, 10:30] = 0.3
    trimap = trimap_round_mask(mask, 3)
    assert (trimap[10:30, 10:30] == 0.5).all()


@pytest.mark.parametrize("level", [1.0, 0.7])
def test_a_drawing_of_lines_alone_has_something_sure(level):
    mask = np.zeros((80, 80), np.float32)
    mask[20, 10:70] = mask[10:70, 40] = level
    trimap = trimap_round_mask(mask, band_of(mask, ROUGH_BAND))
    assert np.array_equal(trimap == 1, mask == mask.max())
    assert (trimap == 0).any()
    assert (trimap[19, 10:38] == 0.5).all()


@pytest.mark.parametrize("side", ["top", "bottom", "left", "right"])
def test_the_border_of_the_picture_is_no_edge(side):
    mask = _rectangle((100, 100), (0, 60), (30, 70))
    turned = {"top": mask, "bottom": mask[::-1], "left": mask.T, "right": mask.T[:, ::-1]}[side]
    trimap = trimap_round_mask(np.ascontiguousarray(turned), 6)
    upright = {"top": trimap, "bottom": trimap[::-1], "left": trimap.T}
    trimap = upright.get(side, trimap[:, ::-1].T)
    assert (trimap[0, 37:63] == 1).all()
    assert (trimap[0, 26:33] == 0.5).all()


def test_a_line_far_off_changes_nothing_round_another_part():
    letters = _rectangle((400, 900), (60, 200), (40, 300))
    line = _rectangle((400, 900), (330, 334), (500, 860))
    alone = [trimap_round_parts(part, ROUGH_BAND) for part in (letters, line)]
    both = trimap_round_parts(letters + line, ROUGH_BAND)
    assert np.array_equal(both, np.maximum(*alone))
    assert np.array_equal(alone[0], trimap_round_mask(letters, band_of(letters, ROUGH_BAND)))
    # In one go, the band of the line would be that of the letters.
    at_once = trimap_round_mask(letters + line, band_of(letters + line, ROUGH_BAND))
    assert np.count_nonzero(at_once[300:] == 0.5) > 2 * np.count_nonzero(both[300:] == 0.5)


def test_parts_that_a_band_could_join_are_one():
    mask = _disc(300, 60)
    mask[140:160, 215:240] = 1
    once = trimap_round_mask(mask, band_of(mask, ROUGH_BAND))
    assert np.array_equal(trimap_round_parts(mask, ROUGH_BAND), once)
