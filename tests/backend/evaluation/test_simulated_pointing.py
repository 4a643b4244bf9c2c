"""Where simulated boxes and clicks go."""

import numpy as np
import pytest

from layerpeel.backend.evaluation.simulated_pointing import box_round, simulated_click
from layerpeel.shared.protocol import Box, Point


@pytest.fixture
def truth():
    """A rectangle of 20×40 pixels, which has a faint rim."""
    alpha = np.zeros((60, 80), np.float32)
    alpha[9:31, 9:51] = 0.05
    alpha[10:30, 10:50] = 1
    return alpha


def test_a_box_lies_tight_round_what_is_more_than_faint(truth):
    assert box_round(truth) == Box(10, 10, 40, 20)


def test_the_first_click_lies_in_the_middle(truth):
    click = simulated_click(np.zeros_like(truth), truth)
    assert click.inside
    assert 19 <= click.x <= 40
    assert click.y in (19, 20)


def test_a_click_goes_where_most_is_wrong(truth):
    lacking = truth.copy()
    lacking[10:30, 40:50] = 0
    click = simulated_click(lacking, truth)
    assert click.inside
    assert 40 <= click.x < 50
    over = lacking.copy()
    over[35:60, 40:70] = 1
    assert simulated_click(over, truth) == Point(52, 47, inside=False)


def test_where_nothing_is_wrong_nobody_clicks(truth):
    assert simulated_click(truth * 0.9, truth) is None
