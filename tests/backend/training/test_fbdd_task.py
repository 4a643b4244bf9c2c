import csv
import importlib
import sys
from dataclasses import replace

import numpy as np
import pytest
import safetensors.torch
import torch
from diffusers import UNet2DConditionModel
from PIL import Image

from layerpeel.backend.devices.compute import compute_on
from layerpeel.backend.devices.pool import NetworkPool
from layerpeel.backend.errors import BadInputError, ModelError
from layerpeel.backend.networks.fbdd_folder import FbddFolder, save_fbdd
from layerpeel.backend.progress import StopWork
from layerpeel.backend.stages.layer_diffusion import LayerDiffusion
from layerpeel.backend.training import lora as lora_changes
from layerpeel.backend.training.batches import stacked
from layerpeel.backend.training.fbdd_task import (
    FbddTask,
    alphas_cumprod,
    noisy_and_velocity,
    save_trained_fbdd,
    starting_fbdd,
)
from layerpeel.backend.training.known_layers import CompositeSettings
from layerpeel.backend.training.recipe import RECIPES, read_fbdd_recipe
from layerpeel.backend.training.trainer import train
from layerpeel.backend.training.training_checkpoint import (
    CHECKPOINT,
    WEIGHTS,
    fill_with,
    read_weights,
)
from tiny_checkpoints.layering import (
    STOCK_SCHEDULE,
    save_tiny_fbdd,
    save_tiny_hfa,
    save_tiny_inpainting,
    tiny_vae,
)

pytestmark = pytest.mark.torch

CPU = torch.device("cpu")


def say_nothing(words, done):
    pass


@pytest.fixture(scope="session")
def inpainting(tmp_path_factory):
    return save_tiny_inpainting(tmp_path_factory.mktemp("start") / "inpainting")


@pytest.fixture(scope="session")
def recipe(tiny_recipe):
    shipped = read_fbdd_recipe(RECIPES / "paper-fbdd.toml")
    return replace(
        shipped,
        network=replace(shipped.network, num_inference_steps=2),
        training=replace(tiny_recipe.training, iterations=8),
        run=replace(tiny_recipe.run, save_every=3, check_every=8),
        samples=CompositeSettings(side=64, count=6),
    )


@pytest.fixture(scope="session")
def start(inpainting, recipe):
    return starting_fbdd(inpainting, recipe)


@pytest.fixture
def task(recipe, opened_art, start):
    return FbddTask("background", recipe, opened_art, opened_art, start)


def rows_in(folder, table="losses.csv"):
    with (folder / table).open(encoding="utf-8") as file:
        return [
            {name: row[name] for name in row if name != "seconds"} for row in csv.DictReader(file)
        ]


def killed_after(iterations, of):
    def report(words, done):
        if round(done * of) >= iterations:
            raise StopWork

    return report


@pytest.fixture
def told(monkeypatch):
    """What any diffusion UNet is given from here on: planes and words."""
    noted, forward = [], UNet2DConditionModel.forward

    def noting(self, planes, time, encoder_hidden_states, **more):
        noted.append((planes.detach().clone(), encoder_hidden_states.clone()))
        return forward(self, planes, time, encoder_hidden_states, **more)

    monkeypatch.setattr(UNet2DConditionModel, "forward", noting)
    return noted


def test_the_velocity_is_that_of_the_schedule(task):
    betas = np.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=np.float64) ** 2
    kept = np.cumprod(1 - betas)
    shares = alphas_cumprod({**STOCK_SCHEDULE, "_class_name": "DPMSolverMultistepScheduler",
                          "prediction_type": "v_prediction"})  # fmt: skip
    np.testing.assert_allclose(shares.numpy(), kept, rtol=1e-4)
    random = np.random.default_rng(0)
    clean, noise = random.normal(size=(2, 5, 4, 3, 3))
    times = np.array([0, 10, 300, 700, 999])
    signal = np.sqrt(kept[times])[:, None, None, None]
    rest = np.sqrt(1 - kept[times])[:, None, None, None]
    noisy, velocity = noisy_and_velocity(
        torch.from_numpy(clean).float(),
        torch.from_numpy(noise).float(),
        shares[times][:, None, None, None],
    )
    np.testing.assert_allclose(noisy.numpy(), signal * clean + rest * noise, atol=1e-4)
    np.testing.assert_allclose(velocity.numpy(), signal * noise - rest * clean, atol=1e-4)
    # From a right velocity the clean latent comes back.
    back = signal * noisy.double().numpy() - rest * velocity.double().numpy()
    np.testing.assert_allclose(back, clean, atol=1e-4)


def test_the_loss_is_the_squared_error_of_the_velocity(task, start, told):
    batch = stacked([task.sample(index) for index in range(2)], CPU)
    network = task.network().eval()
    with torch.no_grad():
        loss = task.losses(network, batch)["velocity"].item()
    ((planes, words),) = told
    with torch.no_grad():
        times = batch["timestep"].flatten().long()
        answer = network(planes, times, encoder_hidden_states=words).sample.double()
        latent = start.vae.encode(batch["truth"] * 2 - 1).latent_dist.mode()
        clean = latent.double() * start.vae.config.scaling_factor
    kept = np.cumprod(1 - np.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2)[times.numpy()]
    kept = torch.from_numpy(kept)[:, None, None, None]
    expected = kept.sqrt() * batch["noise"] - (1 - kept).sqrt() * clean
    assert loss == pytest.approx((answer - expected).square().mean().item(), rel=1e-4)


def test_a_network_is_told_what_it_is_told_at_a_peel(task, start, told, tmp_path):
    sample = task.sample(1)
    with torch.no_grad():
        task.losses(task.network(), stacked([sample], CPU))
        save_fbdd(start, tmp_path / "fbdd")
        layers = LayerDiffusion(
            tmp_path / "fbdd", save_tiny_hfa(tmp_path / "hfa"), NetworkPool(compute_on("cpu"))
        )
        layers.separate(sample["picture"].transpose(1, 2, 0), sample["alpha"][0], 0)
    (planes, words), (planes_at_peel, words_at_peel) = told[0], told[1]
    assert planes.shape == planes_at_peel.shape == (1, 72, 8, 8)
    torch.testing.assert_close(planes[:, 4:], planes_at_peel[:, 4:])
    torch.testing.assert_close(words, words_at_peel)


class OneFbddSample(FbddTask):
    def sample(self, index):
        return super().sample(0)


def test_losses_fall_on_a_constant_sample(recipe, opened_art, start, tmp_path):
    settings = replace(recipe.training, iterations=30, batch_size=1, learning_rate=3e-3)
    recipe = replace(recipe, training=settings, run=replace(recipe.run, check_every=30))
    task = OneFbddSample("foreground", recipe, opened_art, opened_art, start)
    train(task, recipe, tmp_path, say_nothing)
    losses = [float(row["velocity"]) for row in rows_in(tmp_path)]
    assert losses[-1] < 0.7 * losses[0]
    (check,) = rows_in(tmp_path, "checks.csv")
    assert float(check["mse_painted"]) > 0
    with Image.open(tmp_path / "sheet-000030.png") as sheet:
        assert sheet.size == (4 * 64, 4 * 64)


def test_a_killed_run_goes_on_as_if_nothing_had_been(task, recipe, tmp_path):
    train(task, recipe, tmp_path / "whole", say_nothing)
    with pytest.raises(StopWork):
        train(task, recipe, tmp_path / "killed", killed_after(5, of=8))
    train(task, recipe, tmp_path / "killed", say_nothing, resume=True)
    assert rows_in(tmp_path / "killed") == rows_in(tmp_path / "whole")
    whole, killed = (
        safetensors.torch.load_file(tmp_path / run / WEIGHTS) for run in ("whole", "killed")
    )
    assert all(torch.equal(whole[name], killed[name]) for name in whole)


def test_noise_differs_each_time_that_a_composite_comes_round(task):
    first, again = task.sample(0), task.sample(6)
    assert np.array_equal(first["picture"], again["picture"])
    assert not np.array_equal(first["noise"], again["noise"])
    times = {task.sample(index)["timestep"].item() for index in range(12)}
    assert len(times) > 6
    assert all(0 <= time < 1000 for time in times)


def test_training_leaves_its_start_and_the_autoencoder_as_they_are(task, start, recipe, tmp_path):
    before = {name: tensor.clone() for name, tensor in start.background.state_dict().items()}
    autoencoder = {name: tensor.clone() for name, tensor in start.vae.state_dict().items()}
    train(task, recipe, tmp_path, say_nothing)
    assert all(torch.equal(before[name], each) for name, each in
               start.background.state_dict().items())  # fmt: skip
    assert all(torch.equal(autoencoder[name], each) for name, each in
               start.vae.state_dict().items())  # fmt: skip


def test_a_small_network_begins_with_random_weights(recipe, opened_art, start):
    small = replace(recipe, network=replace(recipe.network, widths=(8, 16), blocks=1))
    task = FbddTask("foreground", small, opened_art, opened_art, start)
    network = task.network()
    assert network.config.block_out_channels == (8, 16)
    batch = stacked([task.sample(0)], CPU)
    assert np.isfinite(task.losses(network, batch)["velocity"].item())


@pytest.fixture
def lora(recipe):
    """The recipe for a card of 16 GB, with less of everything."""
    shipped = read_fbdd_recipe(RECIPES / "lora-fbdd.toml")
    assert shipped.network.lora_rank > 0
    return replace(
        recipe,
        network=replace(recipe.network, lora_rank=4),
        training=replace(recipe.training, learning_rate=3e-2),
        run=replace(recipe.run, gradient_checkpointing=shipped.run.gradient_checkpointing),
    )


def test_of_low_rank_changes_only_those_are_kept_and_they_are_merged(
    lora, opened_art, start, tmp_path
):
    for layer in ("foreground", "background"):
        task = FbddTask(layer, lora, opened_art, opened_art, start)
        train(task, lora, tmp_path / layer, say_nothing)
    saved = safetensors.torch.load_file(tmp_path / "foreground" / WEIGHTS)
    assert all("lora_" in name or name.startswith("conv_in") for name in saved)
    weights = [tmp_path / layer / WEIGHTS for layer in ("foreground", "background")]
    save_trained_fbdd(lora, start, *weights, tmp_path / "fbdd")
    merged = FbddFolder(tmp_path / "fbdd").load().foreground
    assert {name for name, _ in merged.named_parameters()} == {
        name for name, _ in start.foreground.named_parameters()
    }
    unmerged = FbddTask("foreground", lora, opened_art, opened_art, start).network()
    fill_with(unmerged, weights[0])
    batch = stacked([task.sample(index) for index in range(2)], CPU)
    with torch.no_grad():
        of_merged, of_unmerged, of_start = (
            task.losses(network.eval(), batch)["velocity"].item()
            for network in (merged, unmerged, start.foreground)
        )
    assert of_merged == pytest.approx(of_unmerged, rel=1e-4)
    assert abs(of_merged - of_start) > 1e-3


def test_low_rank_changes_go_on_as_if_nothing_had_been(lora, opened_art, start, tmp_path):
    task = FbddTask("background", lora, opened_art, opened_art, start)
    train(task, lora, tmp_path / "whole", say_nothing)
    with pytest.raises(StopWork):
        train(task, lora, tmp_path / "killed", killed_after(5, of=8))
    train(task, lora, tmp_path / "killed", say_nothing, resume=True)
    whole, killed = (
        safetensors.torch.load_file(tmp_path / run / WEIGHTS) for run in ("whole", "killed")
    )
    assert all(torch.equal(whole[name], killed[name]) for name in whole)
    other = replace(lora, network=replace(lora.network, lora_rank=2))
    with pytest.raises(BadInputError, match=r"network\.lora_rank"):
        train(task, other, tmp_path / "killed", say_nothing, resume=True)


def test_only_recipes_of_low_rank_changes_need_what_makes_them(
    lora, recipe, opened_art, start, monkeypatch
):
    monkeypatch.setitem(sys.modules, "peft", None)
    importlib.reload(lora_changes)
    FbddTask("foreground", recipe, opened_art, opened_art, start).network()
    with pytest.raises(ModelError, match="lora_rank need the package peft"):
        FbddTask("foreground", lora, opened_art, opened_art, start).network()


def test_a_training_does_not_go_on_with_other_pictures(task, recipe, tmp_path):
    with pytest.raises(StopWork):
        train(task, recipe, tmp_path, killed_after(5, of=8))
    file = tmp_path / CHECKPOINT
    tensors, about = read_weights(file)
    assert about.pop("drawing") == "2"
    safetensors.torch.save_file(tensors, file, about)
    before = file.read_bytes()
    with pytest.raises(BadInputError, match="made other pictures of the same art"):
        train(task, recipe, tmp_path, say_nothing, resume=True)
    assert file.read_bytes() == before


def test_activations_computed_again_change_nothing(recipe, opened_art, start, tmp_path):
    again = replace(recipe, run=replace(recipe.run, gradient_checkpointing=True))
    for name, followed in (("kept", recipe), ("again", again)):
        task = FbddTask("foreground", followed, opened_art, opened_art, start)
        assert task.network().is_gradient_checkpointing == (name == "again")
        train(task, followed, tmp_path / name, say_nothing)
    kept, computed = (
        safetensors.torch.load_file(tmp_path / name / WEIGHTS) for name in ("kept", "again")
    )
    assert all(torch.equal(kept[name], computed[name]) for name in kept)


def test_changes_of_a_network_that_is_made_anew_are_refused(tmp_path):
    text = (RECIPES / "lora-fbdd.toml").read_text(encoding="utf-8")
    (tmp_path / "odd.toml").write_text(
        text.replace("lora_rank = 64", "lora_rank = 64\nwidths = [8, 16]"), encoding="utf-8"
    )
    with pytest.raises(BadInputError, match="goes with a network that exists"):
        read_fbdd_recipe(tmp_path / "odd.toml")
    (tmp_path / "odd.toml").write_text(
        text.replace("gradient_checkpointing = true", "gradient_checkpointing = 1"),
        encoding="utf-8",
    )
    with pytest.raises(BadInputError, match="`gradient_checkpointing` may not be 1"):
        read_fbdd_recipe(tmp_path / "odd.toml")


def test_training_goes_on_from_a_trained_fbdd(recipe, tmp_path):
    start = starting_fbdd(save_tiny_fbdd(tmp_path / "fbdd", resolution=128, steps=9), recipe)
    assert (start.resolution, start.num_inference_steps) == (64, 2)


def test_folders_to_start_from_that_are_none_are_refused(recipe, inpainting, tmp_path):
    with pytest.raises(ModelError, match="not the folder of a model"):
        starting_fbdd(tmp_path, recipe)
    tiny_vae().save_pretrained(tmp_path / "unet")
    with pytest.raises(ModelError, match="not a UNet2DConditionModel"):
        starting_fbdd(tmp_path, recipe)
    odd = replace(recipe, samples=CompositeSettings(100, 3))
    with pytest.raises(BadInputError, match="multiple of 64"):
        starting_fbdd(inpainting, odd)


def test_recipes_that_are_shipped_can_be_followed():
    paper = read_fbdd_recipe(RECIPES / "paper-fbdd.toml")
    assert (paper.samples.side, paper.samples.count, paper.network.widths) == (512, 20_000, ())
    small = read_fbdd_recipe(RECIPES / "small-fbdd.toml")
    assert small.samples.side % 64 == 0
    assert len(small.network.widths) == 4
