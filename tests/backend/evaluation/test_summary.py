"""Medians, means and ratios, and what does not count."""

import math

import pytest

from layerpeel.backend.evaluation.figures import FIGURES
from layerpeel.backend.evaluation.summary import (
    known_pairs,
    median_ratio,
    ratio_of,
    spread_of,
    times_worse,
)


def test_a_spread_leaves_out_what_cannot_be_told():
    spread = spread_of([1, math.nan, 3, 8])
    assert (spread.median, spread.mean, spread.count) == (3, 4, 3)
    assert spread.deviation == pytest.approx(math.sqrt((9 + 1 + 16) / 3))
    assert spread_of([math.nan]) is None
    assert spread_of([]) is None


def test_ratios_are_taken_picture_by_picture():
    pairs = known_pairs([1, 2, 50, math.nan], [2, 2, 1, 1])
    assert pairs == [(1, 2), (2, 2), (50, 1)]
    # The ratio of means would be 10.6.
    assert median_ratio(pairs) == 1
    assert times_worse(pairs) == 1


def test_a_ratio_to_nothing():
    assert math.isnan(ratio_of(0, 0))
    assert ratio_of(1, 0) == math.inf
    assert ratio_of(0, 1) == 0
    assert math.isnan(median_ratio([(0, 0)]))
    assert median_ratio([(0, 0), (1, 2)]) == 0.5


def test_texture_is_bad_on_both_sides_of_1():
    badness = FIGURES["texture"].badness
    assert badness(1) == 0
    assert badness(0.5) == pytest.approx(badness(2))
    assert badness(0) == math.inf
    assert math.isnan(badness(math.nan))
    assert FIGURES["alpha_mad"].badness(3) == 3
