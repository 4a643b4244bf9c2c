"""FBDD comes back from disk as it was, and what is not whole is refused in words."""

import json
import shutil
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file

from layerpeel.backend.errors import ModelError, OutputError
from layerpeel.backend.networks.fbdd_folder import FbddFolder, save_fbdd

pytestmark = pytest.mark.torch

WEIGHTS = "diffusion_pytorch_model.safetensors"
NETWORKS = ("foreground", "background", "vae")


def test_what_is_saved_comes_back(tiny_fbdd, fbdd_folder):
    back = FbddFolder(fbdd_folder).load()
    for name in NETWORKS:
        ours, theirs = getattr(tiny_fbdd, name).state_dict(), getattr(back, name).state_dict()
        assert ours.keys() == theirs.keys()
        assert all(torch.equal(ours[key], theirs[key]) for key in ours)
    assert torch.equal(back.null_embedding, tiny_fbdd.null_embedding)
    assert back.scheduler_config == tiny_fbdd.scheduler_config
    assert (back.resolution, back.num_inference_steps) == (
        tiny_fbdd.resolution,
        tiny_fbdd.num_inference_steps,
    )


def test_networks_come_in_the_precision_that_is_asked_for(fbdd_folder):
    fbdd = FbddFolder(fbdd_folder)
    for network in (fbdd.unet("foreground", torch.bfloat16), fbdd.vae(torch.bfloat16)):
        assert {weights.dtype for weights in network.parameters()} == {torch.bfloat16}


def test_what_is_saved_again_does_not_tell_where_it_lay(fbdd_folder, tmp_path):
    save_fbdd(FbddFolder(fbdd_folder).load(), tmp_path / "again")
    configs = list((tmp_path / "again").rglob("*.json"))
    assert len(configs) == 5
    assert not any(str(tmp_path) in config.read_text() for config in configs)


def test_shards_are_read(tiny_fbdd, fbdd_folder):
    shard(tiny_fbdd, fbdd_folder)
    assert len(list((fbdd_folder / "foreground").glob("*.safetensors"))) > 2
    back = FbddFolder(fbdd_folder).unet("foreground", torch.float32)
    assert all(
        torch.equal(back.state_dict()[name], weights)
        for name, weights in tiny_fbdd.foreground.state_dict().items()
    )


def test_an_fbdd_folder_is_replaced_and_another_is_not(tiny_fbdd, fbdd_folder, tmp_path):
    save_fbdd(tiny_fbdd, fbdd_folder)
    other = tmp_path / "pictures"
    other.mkdir()
    (other / "painting.png").write_bytes(b"")
    with pytest.raises(OutputError, match="not replaced"):
        save_fbdd(tiny_fbdd, other)
    assert (other / "painting.png").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"resolution": 500},
        {"num_inference_steps": 0},
        {"scheduler_config": {"_class_name": "PNDMScheduler"}},
    ],
)
def test_what_could_not_be_opened_is_not_made(tiny_fbdd, change):
    with pytest.raises(ValueError, match=r"resolution|PNDM"):
        replace(tiny_fbdd, **change)


def shard(fbdd, folder):
    shutil.rmtree(folder / "foreground")
    fbdd.foreground.save_pretrained(folder / "foreground", max_shard_size="40KB")


def change_json(*path, **changed):
    def change(folder):
        file = folder.joinpath(*path)
        content = json.loads(file.read_text())
        file.write_text(json.dumps({**content, **changed}))

    return change


def change_tensors(*path, change):
    def spoil(folder):
        file = folder.joinpath(*path)
        tensors = load_file(file)
        change(tensors)
        save_file(tensors, file)

    return spoil


def truncate(*path):
    def cut(folder):
        file = folder.joinpath(*path)
        file.write_bytes(file.read_bytes()[:-1000])

    return cut


DAMAGES = {
    "no description": (lambda folder: (folder / "fbdd.json").unlink(), r"no fbdd\.json"),
    "another format": (change_json("fbdd.json", format="layerpeel-hfa"), "layerpeel-hfa"),
    "another version": (change_json("fbdd.json", version=3), "version 3"),
    "odd resolution": (change_json("fbdd.json", resolution=500), "multiple of 64"),
    "no steps": (change_json("fbdd.json", steps=0), "“0” as steps"),
    "no scheduler": (lambda folder: shutil.rmtree(folder / "scheduler"), "scheduler_config"),
    "noise prediction": (
        change_json("scheduler", "scheduler_config.json", prediction_type="epsilon"),
        "epsilon, not v_prediction",
    ),
    "stock scheduler": (
        change_json("scheduler", "scheduler_config.json", _class_name="PNDMScheduler"),
        "PNDMScheduler",
    ),
    "unknown noise schedule": (
        change_json("scheduler", "scheduler_config.json", beta_schedule="steep"),
        "steep",
    ),
    "no embedding": (
        lambda folder: (folder / "null_embedding.safetensors").unlink(),
        r"no null_embedding\.safetensors",
    ),
    "truncated embedding": (truncate("null_embedding.safetensors"), "not copied to its end"),
    "another embedding": (
        change_tensors(
            "null_embedding.safetensors",
            change=lambda tensors: tensors.update(null_embedding=torch.zeros(1, 77, 32)),
        ),
        "not of one model",
    ),
    "flat embedding": (
        change_tensors(
            "null_embedding.safetensors",
            change=lambda tensors: tensors.update(null_embedding=torch.zeros(77, 16)),
        ),
        "no embedding of no words",
    ),
    "no background": (lambda folder: shutil.rmtree(folder / "background"), r"no config\.json"),
    "no weights": (lambda folder: (folder / "background" / WEIGHTS).unlink(), "no file named"),
    "truncated UNet": (truncate("foreground", WEIGHTS), "incomplete or damaged"),
    "truncated VAE": (truncate("vae", WEIGHTS), "incomplete or damaged"),
    "9 inputs": (change_json("foreground", "config.json", in_channels=9), "takes 9 channels"),
    "another network": (
        change_json("foreground", "config.json", _class_name="UNet2DModel"),
        "holds a UNet2DModel",
    ),
    "other widths": (
        change_json("foreground", "config.json", block_out_channels=[8, 8]),
        "expected shape",
    ),
    "no widths": (change_json("vae", "config.json", block_out_channels=None), "at 1/None"),
    "other latents": (change_json("vae", "config.json", latent_channels=16), "of 16 channels"),
    "impossible heads": (
        change_json("foreground", "config.json", attention_head_dim=[0, 0]),
        "incomplete or damaged",
    ),
    "a tensor too few": (
        change_tensors("vae", WEIGHTS, change=lambda tensors: tensors.pop("encoder.conv_in.bias")),
        "one is encoder.conv_in.bias",
    ),
    "a tensor too many": (
        change_tensors(
            "foreground", WEIGHTS, change=lambda tensors: tensors.update(more=torch.zeros(1))
        ),
        "one is more",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_folder_is_refused_in_one_line(fbdd_folder, damage, capfd):
    spoil, words = DAMAGES[damage]
    spoil(fbdd_folder)
    with pytest.raises(ModelError, match=words) as caught:
        FbddFolder(fbdd_folder).load()
    assert "\n" not in str(caught.value)
    assert capfd.readouterr().err == ""


def test_a_missing_shard_is_told(tiny_fbdd, fbdd_folder):
    shard(tiny_fbdd, fbdd_folder)
    next((fbdd_folder / "foreground").glob("*00002-of-*")).unlink()
    with pytest.raises(ModelError, match="00002-of-"):
        FbddFolder(fbdd_folder).load()
