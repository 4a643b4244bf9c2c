"""What the paper's engine cannot do is said in a line, before any work where that can be."""

import json
import re
import shutil

import pytest
import torch

from layerpeel.backend import peel
from layerpeel.backend.engines.engine_registry import engine_named
from layerpeel.backend.errors import (
    BadInputError,
    DeviceError,
    ModelError,
    NothingFoundError,
)
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.shared.protocol import Mask, PeelRequest, Point, Points, Words
from tiny_checkpoints.detect import tiny_grounding_dino, tiny_processor
from tiny_checkpoints.segment import tiny_sam

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def scene(make_scene):
    return make_scene((96, 80), "hills0", ("jessica", 20, 4, 70))


@pytest.fixture
def lift(scene, coverage_of):
    return Mask(coverage_of(scene.alphas[0] > 127))


def test_without_its_models_it_says_which_and_how_to_get_them(scene, tmp_path):
    for lift in (Words("a cat"), Points((Point(1, 1),))):
        with pytest.raises(ModelError) as refusal:
            peel(scene.picture, lift=lift, engine="layeringdiff", store=ModelStore(tmp_path))
        said = str(refusal.value)
        (command,) = re.findall(r"`(layerpeel models pull [^`]*)`", said)
        assert {"sam", "vitmatte", "grounding-dino"} <= set(command.split())
        # What no hub has is not pulled, and what this request does not take is not named.
        assert not {"fbdd", "hfa", "sdxl", "isnet"} & set(command.split())
        for part in ("`layerpeel train fbdd`", "`layerpeel train hfa`", "models import", "“auto”"):
            assert part in said


def test_trained_networks_come_from_training(scene, lift, paper_store, tmp_path):
    shutil.copytree(paper_store.folder, tmp_path / "models")
    shutil.rmtree(tmp_path / "models" / "fbdd")
    with pytest.raises(ModelError, match=r"FBDD.*models import"):
        peel(scene.picture, lift=lift, engine="layeringdiff", store=ModelStore(tmp_path / "models"))


def test_a_file_that_has_changed_is_never_used(scene, lift, paper_store, tmp_path):
    shutil.copytree(paper_store.folder, tmp_path / "models")
    weights = tmp_path / "models" / "hfa" / "background.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4] + b"\0\0\0\1")
    with pytest.raises(ModelError, match=r"damaged.*background\.safetensors"):
        peel(scene.picture, lift=lift, engine="layeringdiff", store=ModelStore(tmp_path / "models"))


def save_blind_detector(folder):
    """What it sees points away from what any word means, so that no box is any word's."""
    network = tiny_grounding_dino()
    with torch.no_grad():
        last = network.model.encoder.layers[-1].text_enhancer_layer.layer_norm_after
        for norm, towards in ((last, 1), (network.model.decoder.layer_norm, -1)):
            norm.weight.zero_()
            norm.bias.fill_(towards)
    network.save_pretrained(folder)
    tiny_processor().save_pretrained(folder)
    return folder


def test_words_that_nothing_answers_to(scene, paper_store, tmp_path):
    shutil.copytree(paper_store.folder, tmp_path / "models")
    store = ModelStore(tmp_path / "models")
    store.take_in(store.recognise(save_blind_detector(tmp_path / "blind")), force=True)
    with pytest.raises(NothingFoundError, match=r"“a cat”.*other words"):
        peel(scene.picture, lift=Words("a cat"), engine="layeringdiff", store=store)


def save_seeing_everything(folder):
    """A SAM to which every pixel of whatever is shown belongs to the thing."""
    network = tiny_sam()
    with torch.no_grad():
        for head in network.mask_decoder.output_hypernetworks_mlps:
            head.proj_out.weight.zero_()
            head.proj_out.bias.fill_(1)
        norm = network.mask_decoder.upscale_conv2
        norm.weight.zero_()
        norm.bias.fill_(1)
    network.save_pretrained(folder)
    return folder


def test_words_that_everything_answers_to(scene, paper_store, tmp_path):
    shutil.copytree(paper_store.folder, tmp_path / "models")
    store = ModelStore(tmp_path / "models")
    store.take_in(store.recognise(save_seeing_everything(tmp_path / "all")), force=True)
    with pytest.raises(NothingFoundError, match=r"“a cat” covers the whole picture"):
        peel(scene.picture, lift=Words("a cat"), engine="layeringdiff", store=store)


@pytest.mark.parametrize("text", ["", " , . ", "a cat " * 200])
def test_words_that_say_nothing_or_too_much(scene, paper_store, text):
    with pytest.raises(BadInputError):
        peel(scene.picture, lift=Words(text), engine="layeringdiff", store=paper_store)


def test_points_outside_or_of_nothing(scene, paper_store):
    for points in ((), (Point(96, 1),), (Point(5, 5, inside=False),), (Point(-1, 0),)):
        with pytest.raises(BadInputError, match=r"[Pp]oint"):
            peel(scene.picture, lift=Points(points), engine="layeringdiff", store=paper_store)


def test_a_device_that_is_not_here(scene, lift, paper_store, monkeypatch):
    monkeypatch.setenv("LAYERPEEL_DEVICE", "abacus")
    with pytest.raises(DeviceError, match="abacus"):
        peel(scene.picture, lift=lift, engine="layeringdiff", store=paper_store)


def test_a_folder_of_another_network(scene, lift, paper_store, tmp_path):
    shutil.copytree(paper_store.folder, tmp_path / "models")
    config = tmp_path / "models" / "vitmatte" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"model_type": "bert"}))
    with pytest.raises(ModelError, match="ViTMatte"):
        peel(scene.picture, lift=lift, engine="layeringdiff", store=ModelStore(tmp_path / "models"))


def test_only_what_a_request_takes_is_needed(paper_store):
    engine = engine_named("layeringdiff", paper_store)
    assert engine.models_needed(PeelRequest(Words("a cat"))) == (
        "grounding-dino",
        "sam",
        "vitmatte",
        "fbdd",
        "hfa",
    )
    assert engine.models_needed(PeelRequest()) == (
        "isnet",
        "grounding-dino",
        "vitmatte",
        "fbdd",
        "hfa",
    )
