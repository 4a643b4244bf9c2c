"""The thing in a box: seen with some of what lies round it, kept only inside."""

import numpy as np
import pytest

from layerpeel.backend.image import Image
from layerpeel.backend.stages.box import CONTEXT, box_round, boxes_apart, find_in_box, weighed
from layerpeel.shared.protocol import Box, Depth


@pytest.fixture(scope="module")
def image():
    proxy = np.random.default_rng(0).random((60, 80, 3)).astype(np.float32)
    return Image(proxy, proxy[..., 0], proxy, Depth.U8)


class Finder:
    """Finds everything, and remembers what it was shown."""

    def __call__(self, proxy, alpha):
        self.proxy, self.alpha = proxy, alpha
        return np.ones(proxy.shape[:2], np.float32)


def test_nothing_outside_the_box_is_found(image):
    found = find_in_box(image, Box(10, 20, 30, 16), Finder())
    inside = np.zeros((60, 80), np.bool_)
    inside[20:36, 10:40] = True
    assert np.array_equal(found, inside.astype(np.float32))


def test_the_finder_sees_the_surroundings_too(image):
    finder = Finder()
    find_in_box(image, Box(20, 20, 40, 20), finder)
    x, y = round(CONTEXT * 40), round(CONTEXT * 20)
    shown = np.s_[20 - y : 40 + y, 20 - x : 60 + x]
    assert np.array_equal(finder.proxy, image.proxy[shown])
    assert np.array_equal(finder.alpha, image.alpha[shown])


@pytest.mark.parametrize("box", [Box(0, 0, 80, 60), Box(79, 59, 1, 1), Box(0, 50, 5, 10)])
def test_a_box_at_the_border_sees_no_further_than_the_picture(image, box):
    found = find_in_box(image, box, Finder())
    assert found.sum() == box.width * box.height
    assert (found[box.top : box.top + box.height, box.left : box.left + box.width] == 1).all()


def test_what_was_found_lies_where_it_was_seen(image):
    def brightest(proxy, _alpha):
        return proxy[..., 1]

    found = find_in_box(image, Box(3, 7, 50, 40), brightest)
    assert np.array_equal(found[7:47, 3:53], image.proxy[7:47, 3:53, 1])


def answer_of(*columns):
    """H×W with 0.9 in those columns, 0.05 elsewhere."""
    mask = np.full((10, 20), 0.05, np.float32)
    mask[:, slice(*columns)] = 0.9
    return mask


def test_of_two_answers_that_agree_the_mean_is_decided():
    subject, thing = answer_of(2, 18), answer_of(3, 18)
    assert np.array_equal(weighed(subject, thing), thing > 0.5)
    subject[:, 2] = 0.99  # sure of what the other has at 0.05
    assert np.array_equal(weighed(subject, thing), (subject + thing) / 2 >= 0.5)
    assert weighed(subject, thing)[:, 2].all()


def test_where_they_do_not_agree_the_one_that_was_told_of_the_box_counts():
    subject, thing = answer_of(2, 18), answer_of(2, 9)
    assert np.array_equal(weighed(subject, thing), thing > 0.5)


def test_where_one_finds_nothing_it_is_isnet_s_answer():
    nothing, something = answer_of(0, 0), answer_of(2, 9)
    assert np.array_equal(weighed(something, nothing), something)
    assert np.array_equal(weighed(nothing, something), nothing)


def test_a_detectors_box_becomes_one_of_whole_pixels_within_the_picture():
    assert box_round((2.6, 3.2, 7.1, 9.0), (10, 20)) == Box(2, 3, 6, 6)
    assert box_round((0.0, 0.0, 20.0, 10.0), (10, 20)) == Box(0, 0, 20, 10)
    assert box_round((19.99, 9.5, 20.0, 9.6), (10, 20)) == Box(19, 9, 1, 1)


def test_boxes_round_the_same_thing_are_one_the_surest():
    surest, same, beside, inside = (0, 0, 10, 10), (0, 1, 10, 10), (12, 0, 22, 10), (2, 2, 6, 6)
    assert boxes_apart([surest, same, beside, inside]) == [surest, beside, inside]
    assert boxes_apart([]) == []
