"""Dots lie where their values are on a logarithmic axis."""

import pytest

from layerpeel.backend.evaluation.report import plots


def plot_named(evaluation, name):
    (plot,) = (plot for plot in plots.plots_of(evaluation) if plot.name == name)
    return plot


def test_equal_ratios_are_equal_ways(make_evaluation):
    evaluation, _ = make_evaluation(3, lambda _method, number: 10.0**number)
    strip = plot_named(evaluation, "Bvis_mad").strips[0]
    first, second, third = (dot.x for dot in strip.dots)
    assert second - first == pytest.approx(third - second, abs=0.11)
    assert strip.median == second
    assert plots.LEFT < first < third < plots.WIDTH - plots.RIGHT


def test_1_is_drawn_where_1_is_right(make_evaluation):
    evaluation, _ = make_evaluation(1)
    texture = plot_named(evaluation, "texture")
    assert texture.aim == texture.strips[0].dots[0].x
    assert plot_named(evaluation, "Bvis_mad").aim is None


def test_what_is_0_has_no_dot_and_a_figure_of_zeros_no_plot(make_evaluation):
    evaluation, _ = make_evaluation(2, lambda method, _number: float(method != "compact"))
    assert [len(s.dots) for s in plot_named(evaluation, "Bvis_mad").strips] == [0, 2, 2]
    zeros, _ = make_evaluation(2, lambda _method, _number: 0.0)
    assert "Bvis_mad" not in [plot.name for plot in plots.plots_of(zeros)]


def test_ticks_are_round_numbers():
    assert plots.ticks_between(0.3, 12) == [0.5, 1, 2, 5, 10]
    assert plots.ticks_between(0.02, 5000) == pytest.approx([0.1, 1, 10, 100, 1000])
