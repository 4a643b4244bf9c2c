import csv
from dataclasses import replace

import numpy as np
import pytest
import pywt
import torch
from PIL import Image

from layerpeel.backend.errors import BadInputError, ModelError
from layerpeel.backend.networks.hfa_folder import load_hfa
from layerpeel.backend.training.batches import stacked
from layerpeel.backend.training.hfa_task import HfaTask, save_trained_hfa
from layerpeel.backend.training.known_layers import CompositeSettings
from layerpeel.backend.training.recipe import (
    RECIPES,
    DecodedSettings,
    read_hfa_recipe,
    read_recipe,
)
from layerpeel.backend.training.trainer import train
from tiny_checkpoints.layering import tiny_fbdd

pytestmark = pytest.mark.torch


def say_nothing(words, done):
    pass


@pytest.fixture(scope="session")
def recipe(tiny_recipe):
    """The shipped one with less of everything."""
    shipped = read_hfa_recipe(RECIPES / "small-hfa.toml")
    return replace(
        shipped,
        network=replace(shipped.network, widths=(8, 8), blocks=1),
        training=tiny_recipe.training,
        run=tiny_recipe.run,
        samples=tiny_recipe.samples,
    )


@pytest.fixture(params=["foreground", "background"])
def layer(request):
    return request.param


@pytest.fixture
def task(layer, recipe, opened_art):
    return HfaTask(layer, recipe, opened_art, opened_art, None)


def rows_in(folder, table="losses.csv"):
    with (folder / table).open(encoding="utf-8") as file:
        return [
            {name: row[name] for name in row if name != "seconds"} for row in csv.DictReader(file)
        ]


def total_of(row):
    return float(row["mse"]) + float(row.get("high_frequency", 0))


def test_a_sample_has_the_true_layer_and_what_would_be_decoded(task, layer):
    sample = task.sample(3)
    assert {name: planes.shape[0] for name, planes in sample.items()} == {
        "picture": 3, "alpha": 1, "truth": 3, "decoded": 3,
    }  # fmt: skip
    assert all(np.array_equal(sample[name], again) for name, again in task.sample(3).items())
    shows = sample["alpha"] if layer == "foreground" else 1 - sample["alpha"]
    alone = np.broadcast_to(shows == 1, (3, 32, 32))
    differing = np.abs(sample["truth"] - sample["picture"])
    # The picture may have suffered from JPEG or grain.
    assert differing[alone].mean() < 0.05


def test_the_high_frequency_loss_counts_a_fifth_and_for_the_background_alone(task, layer):
    torch.manual_seed(0)
    network = task.network()
    torch.nn.init.normal_(network.unet.exit.weight, std=0.1)
    batch = stacked([task.sample(index) for index in range(2)], torch.device("cpu"))
    with torch.no_grad():
        losses = task.losses(network, batch)
        refined = network(batch["picture"], batch["alpha"], batch["decoded"])
    difference = (refined - batch["truth"]).numpy().astype(np.float64)
    assert losses["mse"].item() == pytest.approx((difference**2).mean(), rel=1e-5)
    if layer == "foreground":
        assert set(losses) == {"mse"}
        return
    rest, expected = (refined - batch["decoded"]).numpy().astype(np.float64), 0.0
    for _ in range(3):
        rest, bands = pywt.dwt2(rest, "haar")
        expected += sum((band**2).mean() for band in bands)
    assert set(losses) == {"mse", "high_frequency"}
    assert losses["high_frequency"].item() == pytest.approx(0.2 * expected, rel=1e-5)


class OneHfaSample(HfaTask):
    def sample(self, index):
        return super().sample(0)


def test_losses_fall_on_a_constant_sample(layer, recipe, opened_art, tmp_path):
    settings = replace(recipe.training, iterations=80, batch_size=1, learning_rate=3e-3)
    recipe = replace(recipe, training=settings)
    task = OneHfaSample(layer, recipe, opened_art, opened_art, None)
    train(task, recipe, tmp_path, say_nothing)
    first, *_, last = rows_in(tmp_path)
    # What BAN may change of a texture, here all speckles, its second loss limits.
    assert total_of(last) < (0.8 if layer == "foreground" else 0.9) * total_of(first)


def test_a_batch_in_parts_teaches_the_same(task, recipe, tmp_path):
    torch.manual_seed(0)
    whole = train(task, recipe, tmp_path / "whole", say_nothing)
    in_parts = replace(recipe, run=replace(recipe.run, micro_batch_size=1))
    parts = train(task, in_parts, tmp_path / "parts", say_nothing)
    for first, second in zip(rows_in(whole.parent), rows_in(parts.parent), strict=True):
        for name, value in first.items():
            assert float(second[name]) == pytest.approx(float(value), rel=1e-3)


def test_a_check_measures_and_draws(task, recipe, tmp_path):
    figures = task.check(task.network(), tmp_path / "sheet.png")
    # Untrained it leaves the decoded layer as it is.
    assert figures["psnr_refined"] == pytest.approx(figures["psnr_decoded"], abs=0.01)
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (5 * 32, 6 * 32)


def test_fbdd_paints_the_decoded_layers_where_the_recipe_says_so(layer, recipe, opened_art):
    whole = replace(recipe, samples=CompositeSettings(64, 3), decoded=DecodedSettings("fbdd"))
    task = HfaTask(layer, whole, opened_art, opened_art, tiny_fbdd())
    first, second = (stacked([task.sample(index)], torch.device("cpu")) for index in (0, 1))
    assert first["noise"].shape == (1, 4, 8, 8)
    losses = [task.losses(task.network(), batch)["mse"].item() for batch in (first, first, second)]
    assert losses[0] == losses[1] != losses[2]
    with pytest.raises(BadInputError, match="none is given"):
        HfaTask(layer, whole, opened_art, opened_art, None)
    with pytest.raises(BadInputError, match="takes no FBDD"):
        HfaTask(layer, recipe, opened_art, opened_art, tiny_fbdd())
    odd = replace(whole, samples=CompositeSettings(100, 3))
    with pytest.raises(BadInputError, match="multiple of 64"):
        HfaTask(layer, odd, opened_art, opened_art, tiny_fbdd())


def test_what_is_saved_holds_both_trained_networks(recipe, opened_art, tmp_path):
    files = [
        train(HfaTask(layer, recipe, opened_art, opened_art, None), recipe, tmp_path / layer,
              say_nothing)
        for layer in ("foreground", "background")
    ]  # fmt: skip
    save_trained_hfa(recipe, *files, tmp_path / "hfa")
    hfa = load_hfa(tmp_path / "hfa")
    for network in (hfa.foreground, hfa.background):
        assert network.unet.exit.weight.abs().max() > 0
    assert not torch.equal(hfa.foreground.unet.exit.weight, hfa.background.unet.exit.weight)
    wider = replace(recipe, network=replace(recipe.network, widths=(8, 16)))
    with pytest.raises(ModelError, match="another network than the recipe's"):
        save_trained_hfa(wider, *files, tmp_path / "hfa")
    task = HfaTask("background", recipe, opened_art, opened_art, None)
    with pytest.raises(BadInputError, match="no checkpoint of “hfa-background”"):
        train(task, recipe, tmp_path / "foreground", say_nothing, resume=True)


def test_recipes_that_are_shipped_can_be_followed():
    paper = read_hfa_recipe(RECIPES / "paper-hfa.toml")
    assert paper.samples == CompositeSettings(512, 20_000)
    with pytest.raises(BadInputError, match=r"small-matting\.toml: `decoded` is missing"):
        read_hfa_recipe(RECIPES / "small-matting.toml")
    with pytest.raises(BadInputError, match=r"\[samples\]: `distinct` is missing"):
        read_recipe(RECIPES / "small-hfa.toml")
