"""What marks mean as points, and how gestures become marks."""

import itertools
import math

import pytest

from layerpeel.plugin.pointing.gestures import Gesture, Tool
from layerpeel.plugin.pointing.marks import Click, Frame, Stroke, points_of, spread
from layerpeel.shared.protocol import Box, Point, Points

SIZE = (200, 100)


def gesture(*places, keeps=True, tool=Tool.BOX):
    made = Gesture(places[0], SIZE, keeps, tool)
    for place in places[1:]:
        made.drag_to(place)
    return made.mark()


def test_clicks_are_pixels_in_the_order_in_which_they_were_made():
    marks = [Click((10.9, 20.0), True), Click((0.0, 0.1), False)]
    assert points_of(marks, SIZE) == Points((Point(10, 20, True), Point(0, 0, False)))


def test_later_mark_on_a_pixel_counts():
    marks = [Click((5.5, 5.5), True), Click((9.0, 9.0), True), Click((5.1, 5.9), False)]
    assert points_of(marks, SIZE).points == (Point(9, 9, True), Point(5, 5, False))


def test_last_box_counts_and_is_cut_to_the_picture():
    marks = [Frame(Box(0, 0, 5, 5)), Click((1, 1), True), Frame(Box(150, 50, 100, 100))]
    assert points_of(marks, SIZE) == Points((Point(1, 1, True),), Box(150, 50, 50, 50))
    assert points_of([Frame(Box(300, 0, 5, 5))], SIZE).box is None


def test_marks_outside_a_picture_that_has_become_smaller_are_left_out():
    assert points_of([Click((199, 99), True), Click((5, 5), True)], (100, 50)).points == (
        Point(5, 5, True),
    )


@pytest.mark.parametrize(
    "path", [((3.0, 4.0),), ((0.0, 0.0), (0.0, 0.0)), ((0.0, 0.0), (30.0, 40.0), (30.0, 90.0))]
)
def test_stroke_is_spread_evenly_from_end_to_end(path):
    places = spread(path)
    assert 9 <= len(places) <= 24
    assert places[0] == pytest.approx(path[0])
    assert places[-1] == pytest.approx(path[-1])
    steps = [math.dist(one, other) for one, other in itertools.pairwise(places)]
    assert max(steps) <= max(12.0, 1.5 * (sum(steps) / len(steps)))


def test_long_stroke_is_no_more_than_a_stroke():
    path = tuple((float(x % 200), float(x % 97)) for x in range(5000))
    assert len(points_of([Stroke(path, True)], SIZE).points) <= 24


def test_press_without_a_drag_is_a_click():
    assert gesture((5.0, 6.0)) == Click((5.0, 6.0), True)
    assert gesture((5.0, 6.0), keeps=False, tool=Tool.STROKE) == Click((5.0, 6.0), False)


def test_drag_is_a_box_of_all_pixels_that_it_touches_whatever_its_direction():
    assert gesture((10.5, 20.5), (40.2, 30.0)) == Frame(Box(10, 20, 31, 10))
    assert gesture((40.2, 30.0), (10.5, 20.5)) == Frame(Box(10, 20, 31, 10))
    assert gesture((-50.0, -50.0), (500.0, 500.0)) == Frame(Box(0, 0, *SIZE))


def test_drag_with_the_other_tool_or_over_what_stays_is_a_stroke():
    path = ((1.0, 1.0), (2.0, 2.0), (500.0, 2.0), (3.0, 2.0))
    within = ((1.0, 1.0), (2.0, 2.0), (3.0, 2.0))
    assert gesture(*path, tool=Tool.STROKE) == Stroke(within, True)
    assert gesture(*path, keeps=False) == Stroke(within, False)


def test_gesture_outside_the_picture_is_nothing():
    assert gesture((-1.0, 5.0)) is None
    assert gesture((250.0, 5.0), (300.0, 50.0)) is None
    assert gesture((250.0, 5.0), (300.0, 50.0), tool=Tool.STROKE) is None
