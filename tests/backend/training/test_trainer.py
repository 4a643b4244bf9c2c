import csv
from dataclasses import replace

import pytest
import safetensors.torch
import torch
from PIL import Image

from layerpeel.backend.composites.composite import draw_composites
from layerpeel.backend.errors import BadInputError, LayerpeelError, ModelError, OutputError
from layerpeel.backend.networks.local_unet import LocalUNet, UNetShape
from layerpeel.backend.progress import StopWork
from layerpeel.backend.training.matting_network import load_matting_network, separate_by
from layerpeel.backend.training.matting_task import MattingTask
from layerpeel.backend.training.opened_art import art_to_check_on
from layerpeel.backend.training.trainer import learning_rate, train
from layerpeel.backend.training.training_checkpoint import CHECKPOINT, WEIGHTS

pytestmark = pytest.mark.torch


def say_nothing(words, done):
    pass


@pytest.fixture(scope="session")
def composites(small_art):
    return list(draw_composites(art_to_check_on(small_art), 2, 0, size=96))


@pytest.fixture
def task(tiny_recipe, opened_art, composites):
    return MattingTask(tiny_recipe, opened_art, composites)


def losses_in(folder):
    """All rows but how long they took."""
    with (folder / "losses.csv").open(encoding="utf-8") as file:
        return [
            {name: row[name] for name in row if name != "seconds"} for row in csv.DictReader(file)
        ]


def killed_after(iterations, of):
    def report(words, done):
        if round(done * of) >= iterations:
            raise StopWork

    return report


def test_a_killed_run_goes_on_as_if_nothing_had_been(task, tiny_recipe, tmp_path):
    train(task, tiny_recipe, tmp_path / "whole", say_nothing)
    # Killed three iterations after its checkpoint: these have to be done again.
    with pytest.raises(StopWork):
        train(task, tiny_recipe, tmp_path / "killed", killed_after(13, of=20))
    assert len(losses_in(tmp_path / "killed")) == 13
    train(task, tiny_recipe, tmp_path / "killed", say_nothing, resume=True)
    assert losses_in(tmp_path / "killed") == losses_in(tmp_path / "whole")
    whole, killed = (
        safetensors.torch.load_file(tmp_path / run / WEIGHTS) for run in ("whole", "killed")
    )
    assert all(torch.equal(whole[name], killed[name]) for name in whole)


def test_a_run_leaves_weights_figures_and_a_sheet(task, tiny_recipe, composites, tmp_path):
    weights = train(task, tiny_recipe, tmp_path, say_nothing)
    network, about = load_matting_network(weights)
    assert about["iteration"] == "20"
    separation = separate_by(network, composites[0])
    assert separation.foreground.shape == (96, 96, 3)
    assert any(parameter.abs().max() > 0 for parameter in network.exit.parameters())
    with (tmp_path / "checks.csv").open(encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert float(row["alpha_mad"]) > 0
    with Image.open(tmp_path / "sheet-000020.png") as sheet:
        assert sheet.size == (6 * 48, 2 * 48)


def test_training_teaches_something(opened_art, tiny_recipe, composites, tmp_path):
    settings = replace(tiny_recipe.training, batch_size=4, learning_rate=3e-3, ema_decay=0.9)
    recipe = replace(
        tiny_recipe,
        training=replace(settings, iterations=120),
        samples=replace(tiny_recipe.samples, again=1),
    )
    task = MattingTask(recipe, opened_art, composites)
    network, _ = load_matting_network(train(task, recipe, tmp_path, say_nothing))
    other = replace(recipe, training=replace(recipe.training, seed=9, batch_size=32))
    batch = next(
        iter(MattingTask(other, opened_art, composites).batches(range(1), torch.device("cpu")))
    )
    before, after = (task.losses(each, batch) for each in (task.network(), network))
    assert after["alpha"] < 0.95 * before["alpha"]
    assert sum(after.values()) < 0.9 * sum(before.values())


class Diverging(MattingTask):
    """Its losses are NaN from the 15th iteration on."""

    calls = 0

    def losses(self, network, batch):
        self.calls += 1
        losses = super().losses(network, batch)
        return {
            name: loss * (float("nan") if self.calls >= 15 else 1) for name, loss in losses.items()
        }


def test_a_diverged_run_stops_and_keeps_its_last_checkpoint(
    tiny_recipe, opened_art, composites, tmp_path
):
    task = Diverging(tiny_recipe, opened_art, composites)
    with pytest.raises(LayerpeelError, match="diverged at iteration 15"):
        train(task, tiny_recipe, tmp_path, say_nothing)
    network, about = load_matting_network(tmp_path / WEIGHTS)
    assert about["iteration"] == "10"
    assert all(torch.isfinite(parameter).all() for parameter in network.parameters())


def test_a_run_is_not_overwritten_and_not_mixed_with_another(task, tiny_recipe, tmp_path):
    with pytest.raises(StopWork):
        train(task, tiny_recipe, tmp_path, killed_after(10, of=20))
    with pytest.raises(OutputError, match="--resume"):
        train(task, tiny_recipe, tmp_path, say_nothing)
    other = replace(tiny_recipe, training=replace(tiny_recipe.training, learning_rate=0.5))
    with pytest.raises(BadInputError, match=r"which differs in training\.learning_rate"):
        train(task, other, tmp_path, say_nothing, resume=True)
    wider = replace(tiny_recipe, network=replace(tiny_recipe.network, widths=(8, 16)))
    with pytest.raises(BadInputError, match=r"network\.widths"):
        train(task, wider, tmp_path, say_nothing, resume=True)
    task.network = lambda: LocalUNet(UNetShape(5, 7, (8, 8), 2, 2))
    with pytest.raises(BadInputError, match="another version of this network"):
        train(task, tiny_recipe, tmp_path, say_nothing, resume=True)
    task.name = "hfa"
    with pytest.raises(BadInputError, match="no checkpoint of “hfa”"):
        train(task, tiny_recipe, tmp_path, say_nothing, resume=True)


def test_going_on_without_or_with_a_damaged_checkpoint_is_refused(task, tiny_recipe, tmp_path):
    with pytest.raises(BadInputError, match="no training has saved anything"):
        train(task, tiny_recipe, tmp_path, say_nothing, resume=True)
    (tmp_path / CHECKPOINT).write_bytes(b"no tensors")
    with pytest.raises(ModelError, match="damaged"):
        train(task, tiny_recipe, tmp_path, say_nothing, resume=True)


def test_the_learning_rate_rises_and_falls_to_nothing(tiny_recipe):
    rates = [learning_rate(iteration, tiny_recipe) for iteration in range(21)]
    assert rates[0] == pytest.approx(5e-4)
    assert max(rates) == rates[1] == pytest.approx(1e-3)
    assert rates[1:] == sorted(rates[1:], reverse=True)
    assert rates[20] == pytest.approx(0)
