"""Which engine `auto` takes, and that it says so."""

import shutil
import subprocess
import sys

import pytest
import torch

from layerpeel.backend import peel
from layerpeel.backend.engines.engine_registry import engine_for, engine_named
from layerpeel.backend.errors import BadInputError, DeviceError, ModelError
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.shared.protocol import Mask, PeelRequest, Words

pytestmark = pytest.mark.torch


@pytest.fixture
def on_processor(monkeypatch):
    monkeypatch.setenv("LAYERPEEL_DEVICE", "cpu")


@pytest.mark.usefixtures("on_processor")
def test_without_a_gpu_it_is_the_compact_one_and_the_choice_is_told(paper_store):
    engine, (note,) = engine_for(PeelRequest(engine="auto"), paper_store)
    assert engine.name == "compact"
    assert "“compact” was taken" in note
    assert "No GPU" in note


@pytest.mark.usefixtures("on_processor")
def test_what_only_one_can_do_that_one_does(paper_store):
    engine, (note,) = engine_for(PeelRequest(Words("a cat"), engine="auto"), paper_store)
    assert engine.name == "layeringdiff"
    assert "minutes" in note


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU is here")
def test_with_a_gpu_it_is_the_papers(paper_store):
    engine, notes = engine_for(PeelRequest(engine="auto"), paper_store)
    assert (engine.name, notes) == ("layeringdiff", ())


def test_a_device_asked_for_by_name_is_not_replaced(paper_store, monkeypatch):
    monkeypatch.setenv("LAYERPEEL_DEVICE", "abacus")
    with pytest.raises(DeviceError, match="abacus"):
        engine_for(PeelRequest(engine="auto"), paper_store)


@pytest.mark.usefixtures("on_processor")
def test_a_damaged_model_is_told(paper_store, tmp_path):
    shutil.copytree(paper_store.folder, tmp_path / "models")
    weights = tmp_path / "models" / "hfa" / "background.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4] + b"\0\0\0\1")
    engine, (note,) = engine_for(PeelRequest(engine="auto"), ModelStore(tmp_path / "models"))
    assert engine.name == "compact"
    assert "background.safetensors" in note


def test_without_the_papers_models_there_is_nothing_to_choose(isnet_store):
    engine, notes = engine_for(PeelRequest(engine="auto"), isnet_store)
    assert (engine.name, notes) == ("compact", ())


NO_TORCH = """
import sys
from pathlib import Path
from layerpeel.backend.engines.engine_registry import engine_for
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.shared.protocol import PeelRequest

engine, _ = engine_for(PeelRequest(engine="auto"), ModelStore(Path(sys.argv[1])))
sys.exit("torch" in sys.modules or engine.name != "compact")
"""


def test_only_to_find_a_model_missing_torch_is_not_loaded(tmp_path):
    done = subprocess.run([sys.executable, "-c", NO_TORCH, tmp_path], check=False)
    assert done.returncode == 0


@pytest.mark.usefixtures("on_processor")
def test_the_result_says_which_engine_ran(make_scene, coverage_of, paper_store):
    scene = make_scene((64, 64), "hills0", ("jessica", 10, 4, 56))
    lift = Mask(coverage_of(scene.alphas[0] > 127))
    stack = peel(scene.picture, lift=lift, engine="auto", store=paper_store)
    assert stack.made_with.engine == "compact"
    assert "“compact” was taken" in stack.notes[0]


def test_an_engine_asked_for_by_name_is_never_replaced(paper_store, tmp_path):
    shutil.copytree(paper_store.folder, tmp_path / "models")
    shutil.rmtree(tmp_path / "models" / "hfa")
    request = PeelRequest(engine="layeringdiff")
    engine, _ = engine_for(request, ModelStore(tmp_path / "models"))
    with pytest.raises(ModelError, match="HFA"):
        engine.check(request)


def test_an_unknown_engine_is_answered_with_those_there_are(isnet_store):
    with pytest.raises(BadInputError, match=r"compact, layeringdiff.*auto"):
        engine_named("steam", isnet_store)
