"""Rings that are filled by the even-odd rule give the mask back."""

import cv2
import numpy as np
import pytest

from layerpeel.backend.outlines import outline_of

SHIFT = 4


def filled(outline, shape):
    """Fill an outline as a canvas does: a pixel is in it whose middle is."""
    finer = np.zeros((shape[0] * 4, shape[1] * 4), np.uint8)
    rings = [np.rint(np.array(ring) * 4 * 2**SHIFT - 2 ** (SHIFT - 1)) for ring in outline.rings]
    cv2.fillPoly(finer, [ring.astype(np.int32) for ring in rings], 1, shift=SHIFT)
    return finer[2::4, 2::4].astype(bool)


def overlap(found, truth):
    return (found & truth).sum() / (found | truth).sum()


def disc(shape, x, y, radius):
    rows, columns = np.indices(shape)
    return (columns - x) ** 2 + (rows - y) ** 2 < radius**2


@pytest.mark.parametrize("side", [200, 1024, 3000])
def test_a_thing_with_a_hole_and_an_island(side):
    shape = side * 2 // 3, side
    x, y = side / 2, side / 3
    mask = disc(shape, x, y, side / 4) & ~disc(shape, x, y, side / 8)
    mask |= disc(shape, x, y, side / 20) | disc(shape, 0, 0, side / 9)
    outline = outline_of(mask)
    assert len(outline.rings) == 4
    assert overlap(filled(outline, shape), mask) > 0.98
    # A straight line needs few corners, however large the picture is.
    assert sum(map(len, outline.rings)) < 300


@pytest.mark.parametrize("where", [np.s_[5, 3], np.s_[5, :], np.s_[:, :]])
def test_what_is_one_pixel_wide_and_what_reaches_the_edge(where):
    mask = np.zeros((8, 12), np.bool_)
    mask[where] = True
    assert np.array_equal(filled(outline_of(mask), mask.shape), mask)


def test_nothing_has_no_outline():
    assert outline_of(np.zeros((3, 3), np.bool_)).rings == ()
