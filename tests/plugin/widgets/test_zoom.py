"""Where the picture lies in its widget, however it is zoomed and moved."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerpeel.plugin.widgets.zoom import MOST_SCALE, fitted, panned, zoomed

SIDE = st.integers(1, 20_000)
SIZES = st.tuples(SIDE, SIDE)
ROOMS = st.tuples(st.integers(1, 3000), st.integers(1, 2000))


@given(SIZES, ROOMS)
def test_whole_picture_is_shown_in_the_middle(picture, room):
    zoom = fitted(picture, room)
    left, top = zoom.to_widget(0, 0)
    right, bottom = zoom.to_widget(*picture)
    assert left == pytest.approx(room[0] - right, abs=1e-6)
    assert top == pytest.approx(room[1] - bottom, abs=1e-6)
    assert left >= -1e-6
    assert top >= -1e-6


@given(SIZES, ROOMS, st.floats(0.1, 10), st.floats(0, 1), st.floats(0, 1))
def test_what_lies_under_the_pointer_stays_there_unless_a_gap_would_open(
    picture, room, factor, across, down
):
    start = fitted(picture, room)
    at = (across * room[0], down * room[1])
    zoom = zoomed(start, factor, at, picture, room)
    assert start.scale <= zoom.scale <= MOST_SCALE
    for axis in (0, 1):
        first = zoom.to_widget(0, 0)[axis]
        last = zoom.to_widget(*picture)[axis]
        if last - first > room[axis]:
            assert first <= 1e-6
            assert last >= room[axis] - 1e-6
        if first < -1e-6 and last > room[axis] + 1e-6:
            seen = zoom.to_picture(*at)[axis]
            assert seen == pytest.approx(start.to_picture(*at)[axis], rel=1e-6, abs=1e-6)


def test_picture_moves_as_far_as_it_reaches_and_no_further():
    zoom = zoomed(fitted((100, 100), (100, 50)), 4, (0, 0), (100, 100), (100, 50))
    assert (zoom.scale, zoom.left, zoom.top) == (2.0, 0.0, 0.0)
    moved = panned(zoom, -30, 10, (100, 100), (100, 50))
    assert (moved.left, moved.top) == (-30.0, 0.0)
    far = panned(zoom, -1000, -1000, (100, 100), (100, 50))
    assert (far.left, far.top) == (-100.0, -150.0)


def test_zooming_out_ends_with_the_whole_picture():
    picture, room = (300, 200), (100, 100)
    zoom = zoomed(fitted(picture, room), 8, (50, 50), picture, room)
    assert zoomed(zoom, 0.01, (3, 4), picture, room) == fitted(picture, room)
