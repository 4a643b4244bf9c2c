"""Table 2 on foregrounds whose place is known."""

import math

import numpy as np
import pytest

from layerpeel.backend.evaluation.placement_figures import placement_of


def test_a_box_is_measured_to_its_edges():
    alpha = np.zeros((100, 200), np.float32)
    alpha[10:60, 20:100] = 1
    assert placement_of(alpha) == pytest.approx(
        {"occupancy": 20, "span": 50, "centre_x": 30, "centre_y": 35}
    )


def test_the_span_is_that_of_the_axis_along_which_it_reaches_further():
    alpha = np.zeros((100, 200), np.float32)
    alpha[0:20, 0:160] = 1
    # 160 of 200 columns, 20 of 100 rows.
    assert placement_of(alpha)["span"] == 80


def test_what_is_less_than_half_there_does_not_count():
    alpha = np.full((50, 50), 0.5, np.float32)
    alpha[24:26, 24:26] = 0.51
    assert placement_of(alpha)["occupancy"] == pytest.approx(4 / 2500 * 100)


def test_nothing_lies_nowhere():
    placement = placement_of(np.zeros((8, 8), np.float32))
    assert placement["occupancy"] == 0
    assert all(math.isnan(placement[name]) for name in ("span", "centre_x", "centre_y"))
