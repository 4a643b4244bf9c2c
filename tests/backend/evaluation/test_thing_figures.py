"""Figures of alpha alone, where the right value is known."""

import numpy as np
import pytest

from layerpeel.backend.evaluation.thing_figures import overlap, thing_figures, undecided


@pytest.fixture
def truth():
    """A rectangle of 20×40 pixels in a frame of 50×80."""
    alpha = np.zeros((50, 80), np.float32)
    alpha[10:30, 10:50] = 1
    return alpha


def test_overlap_counts_what_is_more_than_half_there(truth):
    assert overlap(truth, truth) == 1
    assert overlap(truth * 0.4, truth) == 0
    half = truth.copy()
    half[:, 30:] = 0
    assert overlap(half, truth) == 0.5


def test_a_fog_of_11_per_mille_leaves_11_undecided():
    nothing = np.zeros((200, 500), np.float32)
    fog = nothing.copy()
    fog[50:72, 100:150] = 0.5
    assert undecided(fog, nothing) == pytest.approx(11)
    assert undecided(1 - fog, 1 - nothing) == pytest.approx(11)


def test_edges_and_specks_are_no_fog(truth):
    assert undecided(truth, truth) == 0
    edge = truth.copy()
    edge[10:14, 10:50] = 0.5
    edge[40:44, 70:74] = 0.5
    assert undecided(edge, truth) == 0


def test_what_is_half_there_in_truth_is_not_undecided(truth):
    veil = truth * 0.5
    assert undecided(veil, veil) == 0


def test_nothing_found_overlaps_nothing_and_errs_by_all_of_it(truth):
    figures = thing_figures(np.zeros_like(truth), truth)
    assert figures == {"iou": 0, "alpha_mad": 1000 * 800 / 4000, "undecided": 0}
