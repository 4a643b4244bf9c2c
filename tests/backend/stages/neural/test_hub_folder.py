"""A model's folder is loaded whole, from the disk alone, or refused with the name of the file."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    GroundingDinoForObjectDetection,
    GroundingDinoProcessor,
    VitMatteForImageMatting,
    VitMatteImageProcessor,
)

from layerpeel.backend.errors import ModelError
from layerpeel.backend.stages.hub_folder import load_network, load_processor

pytestmark = pytest.mark.torch

WEIGHTS, CONFIG = "model.safetensors", "config.json"


@pytest.fixture
def folder(vitmatte_folder, tmp_path):
    """A copy to be broken."""
    return shutil.copytree(vitmatte_folder, tmp_path / "vitmatte")


def load(folder):
    return load_network(folder, "vitmatte", VitMatteForImageMatting.from_pretrained)


def change_config(folder, **values):
    config = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps(config | values))


def change_weights(folder, change):
    tensors = load_file(folder / WEIGHTS)
    change(tensors)
    save_file(tensors, folder / WEIGHTS, {"format": "pt"})


FIRST = "backbone.embeddings.projection.weight"

BREAKAGES = {
    "no folder": (lambda folder: shutil.rmtree(folder), CONFIG),
    "no config": (lambda folder: (folder / CONFIG).unlink(), CONFIG),
    "half a config": (lambda folder: (folder / CONFIG).write_text('{"model_type": "vit'), CONFIG),
    "a config of bytes": (lambda folder: (folder / CONFIG).write_bytes(b"\xff\xfe\x00"), CONFIG),
    "a config that is a list": (lambda folder: (folder / CONFIG).write_text("[]"), CONFIG),
    "another network": (lambda folder: change_config(folder, model_type="sam"), "“sam”"),
    "no network at all": (lambda folder: change_config(folder, model_type=None), "“None”"),
    "a number that is none": (lambda folder: change_config(folder, hidden_size="many"), CONFIG),
    "an unknown part": (
        lambda folder: change_config(folder, backbone_config={"model_type": "nonsense"}),
        CONFIG,
    ),
    "parts that do not fit": (
        lambda folder: change_config(folder, fusion_hidden_sizes=[8, 8]),
        CONFIG,
    ),
    "no weights": (lambda folder: (folder / WEIGHTS).unlink(), WEIGHTS),
    "empty weights": (lambda folder: (folder / WEIGHTS).write_bytes(b""), WEIGHTS),
    "weights that are text": (lambda folder: (folder / WEIGHTS).write_bytes(b"x" * 999), WEIGHTS),
    "weights cut short": (
        lambda folder: (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:-1]),
        WEIGHTS,
    ),
    "weights of a pickle": (
        lambda folder: (folder / WEIGHTS).rename(folder / "pytorch_model.bin"),
        WEIGHTS,
    ),
    "a weight too few": (
        lambda folder: change_weights(folder, lambda all_: all_.pop(FIRST)),
        FIRST,
    ),
    "a weight of another size": (
        lambda folder: change_weights(folder, lambda all_: all_.update({FIRST: torch.zeros(3)})),
        FIRST,
    ),
    "another network's config": (
        lambda folder: change_config(folder, hidden_size=32),
        "do not fit",
    ),
}


@pytest.mark.parametrize("name", BREAKAGES)
def test_what_is_broken_is_refused_and_named(folder, name):
    breaks, named = BREAKAGES[name]
    breaks(folder)
    with pytest.raises(ModelError) as refusal:
        load(folder)
    assert named in str(refusal.value)
    assert "`layerpeel models verify vitmatte`" in str(refusal.value)
    assert "`layerpeel models pull vitmatte`" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_the_weights_are_those_on_the_disk_in_float32(folder):
    change_weights(folder, lambda all_: all_.update({k: v.half() for k, v in all_.items()}))
    saved = load_file(folder / WEIGHTS)
    for name, tensor in load(folder).state_dict().items():
        if tensor.is_floating_point():
            assert tensor.dtype == torch.float32
        assert torch.equal(tensor, saved[name].to(tensor.dtype))


def test_loading_prints_nothing(folder, capfd):
    load(folder)
    load_processor(folder, VitMatteImageProcessor.from_pretrained)
    assert capfd.readouterr() == ("", "")


def in_shards(folder):
    from tiny_checkpoints.detect import save_tiny_grounding_dino

    save_tiny_grounding_dino(folder, seed=1, shard_size="400kB")
    shards = sorted(folder.glob("model-*.safetensors"))
    assert len(shards) > 1
    return shards


def load_detector(folder):
    return load_network(
        folder, "grounding-dino", GroundingDinoForObjectDetection.from_pretrained
    ).state_dict()


def test_weights_in_shards_are_the_same(detector_folder, tmp_path):
    in_shards(tmp_path)
    whole, parts = load_detector(detector_folder), load_detector(tmp_path)
    assert all(torch.equal(whole[name], parts[name]) for name in whole)


def test_a_missing_shard_is_named(tmp_path):
    missing = in_shards(tmp_path)[-1]
    missing.unlink()
    with pytest.raises(ModelError, match=missing.name):
        load_detector(tmp_path)


@pytest.mark.parametrize("content", ["{", "{}", '{"weight_map": []}'])
def test_an_index_that_names_no_shards_is_named(tmp_path, content):
    in_shards(tmp_path)
    (tmp_path / "model.safetensors.index.json").write_text(content)
    with pytest.raises(ModelError, match=r"model\.safetensors\.index\.json"):
        load_detector(tmp_path)


@pytest.mark.parametrize("file", ["processor_config.json", "tokenizer.json"])
@pytest.mark.parametrize("content", ["{", "{}"])
def test_a_damaged_processor_is_refused(detector_folder, tmp_path, file, content):
    folder = shutil.copytree(detector_folder, tmp_path / "grounding-dino")
    (folder / file).write_text(content)
    with pytest.raises(ModelError, match="models pull grounding-dino"):
        load_processor(folder, GroundingDinoProcessor.from_pretrained)
