"""When a lasso shrinks to the thing inside it, and when it means what it covers."""

from dataclasses import replace

import numpy as np
import pytest

from layerpeel.backend.errors import ModelError
from layerpeel.backend.progress import StopWork
from layerpeel.backend.stages.pointing import rough_lasso
from layerpeel.backend.stages.pointing.rough_lasso import (
    LassoAnswers,
    find_in_lasso,
    shrunk_to_thing,
)

SIDE = 240


def ellipse(x, y, wide, tall):
    """H×W, true inside an ellipse round x, y."""
    rows, columns = np.ogrid[:SIDE, :SIDE]
    return ((columns - x) / (wide / 2)) ** 2 + ((rows - y) / (tall / 2)) ** 2 <= 1


def all_see(thing):
    return LassoAnswers(thing, thing, thing)


THING = ellipse(120, 120, 100, 140)
LOOSE = ellipse(124, 116, 150, 190)
BESIDE = ellipse(90, 120, 60, 60)
PICTURE = np.where(THING[..., None], 0.8, 0.3).astype(np.float32).repeat(3, axis=-1)


def test_a_loose_lasso_shrinks_to_the_thing_inside():
    assert np.array_equal(shrunk_to_thing(PICTURE, LOOSE, all_see(THING)), THING)


def test_of_a_thing_that_a_lasso_cuts_only_the_part_inside_comes():
    half = LOOSE.copy()
    half[120:] = False
    found = shrunk_to_thing(PICTURE, half, all_see(THING))
    assert np.array_equal(found, THING & half)


def test_what_a_hand_has_missed_comes_too():
    """The lasso is loose on the left, and on the right a few pixels inside."""
    lasso = ellipse(103, 120, 120, 190)
    assert (THING & ~lasso).sum() > 200
    assert np.array_equal(shrunk_to_thing(PICTURE, lasso, all_see(THING)), THING)


def test_a_hole_that_is_left_in_a_lasso_stays_one():
    lasso = LOOSE & ~ellipse(120, 120, 12, 12)
    found = shrunk_to_thing(PICTURE, lasso, all_see(THING))
    assert np.array_equal(found, THING & lasso)


@pytest.mark.parametrize("off", [-3, 3])
def test_a_lasso_along_the_edge_stands(off):
    lasso = ellipse(120, 120, 100 + 2 * off, 140 + 2 * off)
    assert shrunk_to_thing(PICTURE, lasso, all_see(THING)) is None


def test_a_lasso_along_an_edge_that_the_network_passes_over_stands():
    whole = ellipse(120, 120, 150, 190)
    picture = PICTURE.copy()
    picture[~whole] = 1
    assert shrunk_to_thing(picture, whole, all_see(THING)) is None
    assert shrunk_to_thing(picture, whole, all_see(whole)) is None


@pytest.mark.parametrize("which", ["by_bounds", "by_points"])
def test_where_the_answers_differ_the_lasso_stands(which):
    answers = replace(all_see(THING), **{which: BESIDE})
    assert shrunk_to_thing(PICTURE, LOOSE, answers) is None


@pytest.mark.parametrize("thing", [np.zeros_like(THING), ellipse(120, 120, 30, 40)])
def test_next_to_nothing_in_a_lasso_is_not_what_it_means(thing):
    assert shrunk_to_thing(PICTURE, LOOSE, all_see(thing)) is None


def test_a_lasso_of_one_pixel_stands():
    lasso = np.zeros_like(THING)
    lasso[5, 5] = True
    assert shrunk_to_thing(PICTURE, lasso, all_see(lasso)) is None


def drawn(seed=0):
    """Noise on which nothing but the network's answer, a disc, tells where something is."""
    return np.random.default_rng(seed).random((SIDE, SIDE, 3)).astype(np.float32)


OPAQUE = np.ones((SIDE, SIDE), np.float32)


def test_what_comes_back_is_the_thing_where_it_was_seen(tiny_minisam, monkeypatch):
    """The network answers with a disc round the middle of the lasso's bounds."""
    monkeypatch.setattr(rough_lasso, "LEAST_FILLED", 0.01)
    lasso = ellipse(150, 90, 60, 60).astype(np.float32)
    picture = np.zeros((SIDE, SIDE, 3), np.float32)
    picture[ellipse(150, 90, 20, 20)] = 1
    found = find_in_lasso(tiny_minisam, picture, OPAQUE, lasso)
    rows, columns = np.nonzero(found)
    assert np.allclose((columns.mean(), rows.mean()), (150, 90), atol=2)
    assert 5 < np.ptp(columns) < 30
    assert set(np.unique(found)) == {0, 1}
    half_clear = OPAQUE.copy()
    half_clear[:, :150] = 0
    shown = find_in_lasso(tiny_minisam, picture, half_clear, lasso)
    assert np.array_equal(shown, found * half_clear)


def test_a_lasso_round_everything_stands(tiny_minisam):
    assert find_in_lasso(tiny_minisam, drawn(), OPAQUE, OPAQUE) is None


def test_finding_can_be_cancelled(tiny_minisam):
    def cancel(_done):
        raise StopWork

    with pytest.raises(StopWork):
        find_in_lasso(tiny_minisam, drawn(), OPAQUE, LOOSE.astype(np.float32), cancel)


def test_a_network_that_is_none_is_named(tmp_path):
    (tmp_path / "encoder.onnx").write_bytes(b"no network")
    with pytest.raises(ModelError, match=r"encoder\.onnx of miniSAM could not be used"):
        find_in_lasso(tmp_path, drawn(), OPAQUE, LOOSE.astype(np.float32))
