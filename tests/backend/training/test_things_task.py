"""The network that tells whole things from other answers: what it learns from, and what comes."""

from dataclasses import replace

import numpy as np
import pytest

from layerpeel.backend.stages.things.thing_facts import THING_FACTS
from layerpeel.backend.training.opened_art import art_to_learn_from
from layerpeel.backend.training.pointing_samples import KnownAnswers
from layerpeel.backend.training.recipe import RECIPES, read_scorer_recipe
from layerpeel.backend.training.scorer_task import load_fact_scorer
from layerpeel.backend.training.thing_samples import IN_BACKGROUND, known_points
from layerpeel.backend.training.things_task import ThingsTask
from layerpeel.backend.training.trainer import train
from tiny_checkpoints.point import save_tiny_minisam

pytestmark = pytest.mark.torch


def say_nothing(words, done):
    pass


@pytest.fixture(scope="module")
def minisam(tmp_path_factory):
    """One that draws discs."""
    return save_tiny_minisam(tmp_path_factory.mktemp("tiny") / "minisam")


def test_it_points_all_over_a_scene_the_same_each_time(small_art, minisam):
    (known,), (again,) = (
        known_points(art_to_learn_from(small_art), 1, 0, minisam, say_nothing) for _ in range(2)
    )
    assert known.facts.shape == (len(known.overlaps), THING_FACTS)
    assert len(known.overlaps) % 4 == 0
    assert len(known.overlaps) // 4 >= IN_BACKGROUND + 2 * 2
    assert np.isfinite(known.facts).all()
    assert known.overlaps.min() == 0  # into the background
    assert 0.05 < known.overlaps.max() <= 1
    assert np.array_equal(known.facts, again.facts)
    assert np.array_equal(known.overlaps, again.overlaps)


def test_it_learns_which_answers_are_things(tmp_path):
    """Here those are of which one fact is large."""
    random = np.random.default_rng(0)
    known = []
    for _ in range(60):
        facts = random.normal(size=(24, THING_FACTS)).astype(np.float32)
        known.append(KnownAnswers(facts, (1 / (1 + np.exp(-2 * facts[:, 40]))).astype(np.float32)))
    shipped = read_scorer_recipe(RECIPES / "small-things.toml")
    recipe = replace(
        shipped,
        network=replace(shipped.network, widths=(16, 8), members=2),
        training=replace(shipped.training, iterations=150, batch_size=256, learning_rate=1e-2),
        run=replace(shipped.run, save_every=150, check_every=150),
    )
    task = ThingsTask(recipe, known[:50], known[50:])
    weights = train(task, recipe, tmp_path, say_nothing)
    assert task.check(load_fact_scorer(weights), tmp_path)["precision"] > 0.9
