"""A thing leaves some of the picture, and differs at its edge from what lies round it."""

import cv2
import numpy as np
import pytest

from layerpeel.backend.image import Image
from layerpeel.backend.stages.pointing.standing_out import WHOLE, stands_out
from layerpeel.shared.protocol import Depth

HEIGHT, WIDTH = 120, 160
THING = np.s_[30:80, 40:100]


def image_of(proxy, alpha=None):
    alpha = np.ones(proxy.shape[:2], np.float32) if alpha is None else alpha
    return Image(proxy, alpha, proxy, Depth.U8)


def flat(level=0.5):
    return np.full((HEIGHT, WIDTH, 3), level, np.float32)


def found(where):
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    mask[where] = 1
    return mask


def test_in_one_colour_nothing_stands_out():
    assert not stands_out(image_of(flat()), found(THING))


@pytest.mark.parametrize("steps", [1, 3])
def test_a_thing_differs_by_more_than_rounding(steps):
    picture = flat(100 / 255)
    picture[THING] += np.float32(steps / 255)
    assert stands_out(image_of(picture), found(THING)) == (steps > 2)


def test_a_soft_edge_is_one():
    picture = flat()
    picture[THING] = 0.9
    assert stands_out(image_of(cv2.GaussianBlur(picture, (0, 0), 5)), found(THING))


def test_so_is_that_of_what_the_picture_shows_at_all():
    assert stands_out(image_of(flat(), found(THING)), found(THING))


def test_a_slow_change_of_colour_is_none():
    levels = np.linspace(90, 90 + 0.2 * WIDTH, WIDTH).round() / 255
    picture = np.tile(levels.astype(np.float32)[None, :, None], (HEIGHT, 1, 3))
    assert not stands_out(image_of(picture), found(THING))


@pytest.mark.parametrize("rim", [0, 1, 20])
def test_what_covers_nearly_all_is_no_thing_in_it(rim):
    noise = np.random.default_rng(0).random((HEIGHT, WIDTH, 3)).astype(np.float32)
    where = np.s_[rim : HEIGHT - rim or None, :]
    assert stands_out(image_of(noise), found(where)) == (1 - 2 * rim / HEIGHT <= WHOLE)
