"""What training FBDD takes: counted at full size, and as the documents have it."""

from dataclasses import replace
from pathlib import Path

import pytest

pytestmark = pytest.mark.torch

TRAINING = Path(__file__).parents[3] / "docs" / "training.md"


def test_the_documents_have_what_is_counted():
    from layerpeel.backend.benchmarks.training_sizes import table

    assert table() in TRAINING.read_text(encoding="utf-8")


def test_low_rank_changes_fit_on_a_card_of_16_gb_and_the_paper_s_do_not():
    from layerpeel.backend.benchmarks.training_sizes import training_bytes
    from layerpeel.backend.training.recipe import RECIPES, read_fbdd_recipe

    recipes = {
        name: read_fbdd_recipe(RECIPES / f"{name}.toml") for name in ("lora-fbdd", "paper-fbdd")
    }
    counted = {name: training_bytes(recipe) for name, recipe in recipes.items()}
    assert counted["lora-fbdd"].all < 0.6 * 16e9
    assert counted["paper-fbdd"].trained > 16e9
    # Known sizes, so that a smaller network does not pass for the real one.
    assert counted["paper-fbdd"].trained == pytest.approx(5 * 4 * 866e6, rel=0.01)
    plain = replace(
        recipes["lora-fbdd"], run=replace(recipes["lora-fbdd"].run, gradient_checkpointing=False)
    )
    assert training_bytes(plain).kept > 3 * counted["lora-fbdd"].kept


def test_what_is_kept_grows_with_samples_and_sides():
    from layerpeel.backend.benchmarks.training_sizes import kept_for_gradients
    from tiny_checkpoints.layering import tiny_unet

    two, four, larger = (
        kept_for_gradients(tiny_unet(72).to("meta"), samples, side)
        for samples, side in ((2, 16), (4, 16), (2, 32))
    )
    assert all(0 < again < whole for whole, again in (two, four, larger))
    assert four[0] == pytest.approx(2 * two[0], rel=0.05)
    assert larger[0] > 3 * two[0]
