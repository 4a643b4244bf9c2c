"""Simulated boxes and clicks, and what is counted of what comes off."""

import numpy as np
import pytest

from layerpeel.backend.benchmarks.pointing import main
from layerpeel.backend.composites.art import Art
from layerpeel.backend.composites.object_scenes import draw_object_scenes
from layerpeel.backend.engines.compact import CompactEngine
from layerpeel.backend.evaluation.pointing_figures import (
    box_round,
    measure_pointing,
    overlap,
    simulated_click,
    undecided,
)
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.shared.protocol import Box, Point
from tiny_checkpoints.point import store_with_tiny_minisam


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


def test_overlap_counts_what_is_more_than_half_there(truth):
    assert overlap(truth, truth) == 1
    assert overlap(truth * 0.4, truth) == 0
    half = truth.copy()
    half[:, 30:] = 0
    assert overlap(half, truth) == 0.5


def test_undecided_counts_fog_and_no_edges(truth):
    assert undecided(truth, truth) == 0
    edge = truth.copy()
    edge[10:13, 10:50] = 0.5
    assert undecided(edge, truth) == 0
    fog = truth.copy()
    fog[10:20, 10:50] = 0.5
    assert undecided(fog, truth) == pytest.approx(1000 * 400 / 4800)


def test_every_object_is_pointed_at_in_every_way(art, tmp_path, isnet_store):
    store = store_with_tiny_minisam(tmp_path)
    model = isnet_store.manifest.usable("isnet")
    (store.folder / model.file).symlink_to(isnet_store.path_of("isnet"))
    (scene,) = draw_object_scenes(Art(art), 1, 3, objects=2, size=128)
    figures = measure_pointing(scene, CompactEngine(store), clicks=2)
    assert [each.shown for each in figures] == ["box", "1 click", "2 clicks"] * 2
    assert all(0 <= each.iou <= 1 for each in figures)


def test_without_the_network_it_says_what_to_do(art, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LAYERPEEL_MODELS", str(tmp_path))
    assert main(["--art", str(art), "--count", "1", "--size", "128"]) == 5
    assert "layerpeel models pull" in capsys.readouterr().err
    assert ModelStore().folder == tmp_path
