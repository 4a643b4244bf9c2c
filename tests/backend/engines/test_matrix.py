"""Whatever is installed, a request is answered by it, or told in one line what it lacks."""

import itertools
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
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.scenes.painter import StylePainter
from layerpeel.shared.protocol import (
    Box,
    Coverage,
    Mask,
    PeelRequest,
    Phrases,
    Picture,
    Point,
    Points,
    Role,
    Subject,
    Things,
    Words,
)
from layerpeel.shared.scenes import BackgroundRequest, ObjectRequest, Painting, SceneRequest
from tiny_checkpoints.installed import install_tiny_paper_models, save_tiny_style
from tiny_checkpoints.point import store_with_tiny_minisam

pytestmark = pytest.mark.torch

WIDTH, HEIGHT = 80, 64
MIDDLE = np.zeros((HEIGHT, WIDTH), np.uint8)
MIDDLE[20:50, 30:64] = 255
COVERAGE = Coverage(WIDTH, HEIGHT, MIDDLE.tobytes())

# What can be installed or not, by the ids of its models.
PIECES = {
    "detector": ("grounding-dino",),
    "SAM": ("sam",),
    "miniSAM": ("minisam",),
    "ISNet": ("isnet",),
    "ViTMatte": ("vitmatte",),
    "FBDD and HFA": ("fbdd", "hfa"),
}
SUBSETS = [
    frozenset(chosen)
    for count in range(len(PIECES) + 1)
    for chosen in itertools.combinations(PIECES, count)
]


def points(there):
    return bool({"SAM", "miniSAM"} & there)


def boxes(there):
    return points(there) or "ISNet" in there


def words(there):
    return "detector" in there and boxes(there)


def subject(there):
    return "ISNet" in there


PEELS = {
    "subject": (Subject(), subject),
    "part": (Subject(COVERAGE), lambda there: bool({"ISNet", "SAM"} & there)),
    "box": (Box(20, 10, 30, 40), boxes),
    "click": (Points((Point(40, 30),)), points),
    "words": (Words("a cat, dog"), words),
    "phrases": (Phrases(("a cat", "dog")), words),
    "things": (Things(), lambda there: points(there) and subject(there)),
    "mask": (Mask(COVERAGE), lambda _there: True),
}
PAINTING = Painting(style="tiny")
SCENES = {
    "scene": (
        SceneRequest("[a cat] on a wall", PAINTING),
        lambda there: words(there) or subject(there),
    ),
    "scene without brackets": (SceneRequest("a wall", PAINTING), lambda _there: True),
    "add object": (ObjectRequest("a lamp", COVERAGE, PAINTING), lambda _there: True),
    "add background": (BackgroundRequest("a meadow", PAINTING), lambda _there: True),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory, isnet_store):
    """A folder with every model there is a tiny one of, and the real ISNet; its manifest."""
    store = store_with_tiny_minisam(tmp_path_factory.mktemp("whole"))
    install_tiny_paper_models(tmp_path_factory.mktemp("made"), store, isnet_store.path_of("isnet"))
    return store


@pytest.fixture(scope="module")
def store_with(whole, tmp_path_factory):
    """A store that has some pieces of it."""

    def make(there):
        folder = tmp_path_factory.mktemp("some")
        for model_id in (each for piece in there for each in PIECES[piece]):
            name = whole.manifest.usable(model_id).name
            for entry in (name, f"{name}.checked.json"):
                if (whole.folder / entry).exists():
                    (folder / entry).symlink_to(whole.folder / entry)
        return ModelStore(folder, whole.manifest)

    return make


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


@pytest.mark.parametrize("asked", SCENES)
def test_without_a_generator_it_is_the_generator_that_is_missing(asked, store_with, canvas, layer):
    request, _can = SCENES[asked]
    unstyled = replace(request, painting=Painting())
    picture = layer if isinstance(request, BackgroundRequest) else canvas
    with pytest.raises(ModelError) as refused:
        answer(picture, unstyled, store_with(frozenset(PIECES)))
    assert pulled_by(str(refused.value)) == {"sdxl"}


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
