"""What `auto` takes for each question, that it says so, and that deciding costs next to nothing."""

import shutil
import subprocess
import sys

import pytest
import torch

from layerpeel.backend import peel
from layerpeel.backend.engines import best_choice
from layerpeel.backend.engines.best_choice import BestChoice
from layerpeel.backend.engines.engine_registry import engine_for, engine_named
from layerpeel.backend.engines.means import FBDD, MINISAM, PATCHMATCH, SAM, SMALL_NETWORK, VITMATTE
from layerpeel.backend.errors import BadInputError, DeviceError, ModelError
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.shared.protocol import Box, Mask, PeelRequest, Point, Points, Subject, Words

pytestmark = pytest.mark.torch

CLICK = Points((Point(3, 3),))


@pytest.fixture
def on_processor(monkeypatch):
    monkeypatch.setenv("LAYERPEEL_DEVICE", "cpu")


@pytest.fixture
def models(paper_store, tmp_path):
    """A folder with every model of the paper, to be changed."""
    shutil.copytree(paper_store.folder, tmp_path / "models")
    return tmp_path / "models"


def choice_for(lift, store, room=None, wanted=()):
    best = BestChoice(store, wanted, see_room=lambda: room)
    return best.for_request(PeelRequest(lift)), best.notes


@pytest.mark.usefixtures("on_processor")
def test_without_a_gpu_it_is_the_compact_one_and_what_is_left_is_told(paper_store):
    engine, (note,) = engine_for(PeelRequest(engine="auto"), paper_store)
    assert engine.name == "compact"
    assert note.startswith("Installed, but not taken: ViTMatte, FBDD and HFA (no GPU is used")


@pytest.mark.usefixtures("on_processor")
def test_words_take_what_finds_them_and_the_rest_is_what_fits_a_processor(paper_store):
    request = PeelRequest(Words("a cat"), engine="auto")
    engine, notes = engine_for(request, paper_store)
    assert engine.name == "auto"
    assert engine.models_needed(request) == ("grounding-dino", "sam")
    assert notes[-1] == "Done by GroundingDINO, SAM, a small matting network and PatchMatch."
    assert "This took long by SAM: no GPU is used." in notes


def test_on_a_gpu_with_room_it_is_all_the_papers(paper_store):
    for lift in (Words("a cat"), CLICK, Box(1, 1, 9, 9)):
        choice, notes = choice_for(lift, paper_store, room=10**10)
        assert (choice.edge, choice.layers, notes) == (VITMATTE, FBDD, [])
        assert SAM in choice.taken_for(PeelRequest(lift)).values()


def test_what_does_not_fit_the_gpu_gives_way_and_is_named(paper_store):
    sizes = {
        name: best_choice._largest([paper_store.path_of(name)]) for name in ("fbdd", "vitmatte")
    }
    assert sizes["fbdd"] > sizes["vitmatte"] > 0
    choice, (note,) = choice_for(Subject(), paper_store, room=sizes["fbdd"] - 1)
    assert (choice.edge, choice.layers) == (VITMATTE, PATCHMATCH)
    assert note.startswith("Installed, but not taken: FBDD and HFA (the GPU has")


def test_one_that_is_named_is_taken_whatever_speaks_against_it(paper_store, isnet_store):
    choice, notes = choice_for(CLICK, paper_store, wanted=("vitmatte", "fbdd"))
    assert (choice.edge, choice.layers) == (VITMATTE, FBDD)
    assert "ViTMatte" not in " ".join(notes)
    request = PeelRequest(CLICK, engine="auto+fbdd")
    engine, _ = engine_for(request, isnet_store)
    with pytest.raises(ModelError, match="layerpeel train fbdd"):
        engine.check(request)
    with pytest.raises(BadInputError, match=r"no “steam” to add .*vitmatte"):
        engine_for(PeelRequest(engine="auto+steam"), isnet_store)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU is here")
def test_with_a_gpu_it_is_the_papers(paper_store):
    engine, notes = engine_for(PeelRequest(engine="auto"), paper_store)
    assert (engine.name, notes) == ("layeringdiff", ())


def test_a_device_asked_for_by_name_is_not_replaced(paper_store, monkeypatch):
    monkeypatch.setenv("LAYERPEEL_DEVICE", "abacus")
    with pytest.raises(DeviceError, match="abacus"):
        engine_for(PeelRequest(engine="auto"), paper_store)


@pytest.mark.usefixtures("on_processor")
def test_a_damaged_model_is_told(models):
    weights = models / "hfa" / "background.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4] + b"\0\0\0\1")
    engine, notes = engine_for(PeelRequest(engine="auto"), ModelStore(models))
    assert engine.name == "compact"
    assert any("background.safetensors" in note for note in notes)


def test_a_damaged_model_that_nothing_replaces_is_refused(models):
    weights = models / "sam" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4] + b"\0\0\0\1")
    choice, notes = choice_for(CLICK, ModelStore(models), room=10**10)
    assert choice.points is MINISAM
    assert any("sam" in note and "damaged" in note for note in notes)


def test_without_the_papers_models_there_is_nothing_to_choose(isnet_store):
    engine, notes = engine_for(PeelRequest(engine="auto"), isnet_store)
    assert (engine.name, notes) == ("compact", ())


DECIDES = """
import sys
from pathlib import Path
from layerpeel.backend.engines.engine_registry import engine_for
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.shared.protocol import PeelRequest, Words

for lift in ((), (Words("a cat"),)):
    engine_for(PeelRequest(*lift, engine="auto"), ModelStore(Path(sys.argv[1])))
sys.exit("torch" in sys.modules)
"""


@pytest.mark.usefixtures("on_processor")
def test_to_answer_no_torch_is_not_loaded(paper_store, tmp_path):
    for folder in (tmp_path, paper_store.folder):
        done = subprocess.run([sys.executable, "-c", DECIDES, folder], check=False)
        assert done.returncode == 0


def test_where_there_is_no_sign_of_a_gpu_torch_is_not_asked(paper_store, monkeypatch):
    monkeypatch.delenv("LAYERPEEL_DEVICE", raising=False)
    monkeypatch.setattr(best_choice, "may_use_gpu", lambda: False)
    choice = BestChoice(paper_store).for_request(PeelRequest(CLICK))
    assert (choice.points, choice.edge) == (SAM, SMALL_NETWORK)


@pytest.mark.usefixtures("on_processor")
def test_the_result_says_what_was_taken(make_scene, coverage_of, paper_store):
    scene = make_scene((64, 64), "hills0", ("jessica", 10, 4, 56))
    lift = Mask(coverage_of(scene.alphas[0] > 127))
    stack = peel(scene.picture, lift=lift, engine="auto", store=paper_store)
    assert stack.made_with.engine == "compact"
    assert stack.made_with.stages == {"edge": "a small matting network", "layers": "PatchMatch"}
    assert "not taken: ViTMatte" in stack.notes[0]


def test_an_engine_asked_for_by_name_is_never_replaced(models):
    shutil.rmtree(models / "hfa")
    request = PeelRequest(engine="layeringdiff")
    engine, _ = engine_for(request, ModelStore(models))
    with pytest.raises(ModelError, match="HFA"):
        engine.check(request)


def test_an_unknown_engine_is_answered_with_those_there_are(isnet_store):
    with pytest.raises(BadInputError, match=r"compact, layeringdiff.*auto"):
        engine_named("steam", isnet_store)
