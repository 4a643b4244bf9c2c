from pathlib import Path

import numpy as np
import pytest

from layerpeel.backend.stages.generation.control import condition, edges_of
from layerpeel.backend.stages.generation.request import Control, ControlKind


def square():
    """White, 40 pixels to a side, in the middle of black."""
    picture = np.zeros((80, 80, 3), np.float32)
    picture[20:60, 20:60] = 1
    return picture


def shown(kind, picture, size=(80, 80)):
    return condition(Control(kind, picture, Path("network")), size)


def test_edges_lie_where_the_square_ends_and_nowhere_else():
    edges = edges_of(square())
    assert edges.shape == (80, 80, 3)
    assert edges.dtype == np.float32
    assert set(np.unique(edges)) == {0, 1}
    rows, columns = np.nonzero(edges[..., 0])
    to_border = np.minimum.reduce(
        [abs(rows - 19.5), abs(rows - 59.5), abs(columns - 19.5), abs(columns - 59.5)]
    )
    assert to_border.max() <= 1
    assert len(rows) >= 4 * 36  # closed all round, but for the corners
    assert (edges == edges[..., :1]).all()


def test_a_plain_picture_has_no_edges():
    assert not edges_of(np.full((50, 50, 3), 0.6, np.float32)).any()


def test_edges_are_found_at_the_size_that_is_worked_at():
    edges = shown(ControlKind.EDGE, square(), (160, 120))
    assert edges.shape == (120, 160, 3)
    assert set(np.unique(edges)) == {0, 1}


@pytest.mark.parametrize("ink_is_dark", [True, False])
def test_lines_are_light_on_black(ink_is_dark):
    drawing = np.zeros((64, 64, 3), np.float32)
    drawing[30:33] = 1
    given = 1 - drawing if ink_is_dark else drawing
    np.testing.assert_array_equal(shown(ControlKind.LINES, given, (64, 64)), drawing)


def test_depth_is_taken_as_it_is():
    depth = np.random.default_rng(0).random((40, 60, 3), np.float32)
    np.testing.assert_array_equal(shown(ControlKind.DEPTH, depth, (60, 40)), depth)
    assert shown(ControlKind.DEPTH, depth, (32, 24)).shape == (24, 32, 3)
