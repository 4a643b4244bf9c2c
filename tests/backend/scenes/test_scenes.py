"""Scenes, objects and backgrounds with tiny random networks, through what the server calls."""

from dataclasses import replace

import imagecodecs
import numpy as np
import pytest

from layerpeel.backend.answering import answer
from layerpeel.backend.errors import BadInputError, LayerpeelError, ModelError
from layerpeel.backend.flatten import flatten
from layerpeel.backend.image import array_of, block_of
from layerpeel.backend.progress import StopWork
from layerpeel.backend.scenes import kept
from layerpeel.backend.scenes import scene as scene_module
from layerpeel.shared.protocol import (
    ChannelOrder,
    Coverage,
    PeelRequest,
    Phrases,
    Picture,
    Role,
)
from layerpeel.shared.scenes import (
    BackgroundRequest,
    Guide,
    GuideKind,
    ObjectRequest,
    Painting,
    SceneRequest,
)

pytestmark = pytest.mark.torch

TINY = Painting(style="tiny")
SCENE = SceneRequest("[a cat] on [a wall] at dusk", TINY, engine="layeringdiff")


def selection(shape, rows, columns):
    levels = np.zeros(shape, np.uint8)
    levels[rows, columns] = 255
    return Coverage(shape[1], shape[0], levels.tobytes())


def alone():
    """A layer of 80×64 pixels: a red square with one soft side, and nothing round it."""
    pixels = np.zeros((64, 80, 4), np.uint8)
    pixels[20:50, 30:60] = (200, 40, 40, 255)
    pixels[20:50, 60] = (200, 40, 40, 128)
    return Picture(block_of(pixels))


def bytes_of(stack):
    return [(layer.name, layer.offset, layer.pixels.data) for layer in stack.layers]


@pytest.fixture
def painted_as(monkeypatch):
    """What was painted in the scenes of a test, as the document's pixels."""
    seen = []
    inner = scene_module.document_picture

    def noted(painted, like):
        picture = inner(painted, like)
        seen.append(array_of(picture.pixels))
        return picture

    monkeypatch.setattr(scene_module, "document_picture", noted)
    return seen


def test_a_scene_arrives_in_layers_that_flatten_to_what_was_painted(
    canvas, paper_store, painted_as
):
    shown = []
    stack = answer(canvas, SCENE, paper_store, show=shown.append)
    np.testing.assert_array_equal(flatten(stack), painted_as[0])
    assert stack.layers[0].role is Role.BACKGROUND
    # Bottom first, and the first phrase is the front-most.
    found = [layer.phrase for layer in stack.layers[1:]]
    assert found == [phrase for phrase in ("a wall", "a cat") if phrase in found]
    for phrase in {"a cat", "a wall"} - set(found):
        assert any(phrase in note for note in stack.notes)
    assert [layer.name for layer in stack.layers[1:]] == found
    assert any(picture.shape[:2] == (64, 80) for picture in shown)
    made = stack.made_with
    assert made.painted["prompt"] == SCENE.prompt
    assert made.models.keys() == made.licences.keys()
    assert made.licences["sdxl"] == "unknown (your own file)"
    assert made.licences["sam"] == "not stated"
    told = {"style": "tiny", "steps": "2", "guidance": "5", "size": "80×64"}
    assert told.items() <= made.painted.items()
    assert next(iter(made.seconds)) == "paint"


def test_a_seed_gives_the_same_bytes_and_another_gives_others(canvas, paper_store):
    first, again = (answer(canvas, SCENE, paper_store) for _ in range(2))
    assert bytes_of(first) == bytes_of(again)
    other = SceneRequest(SCENE.prompt, Painting(seed=1, style="tiny"), engine="layeringdiff")
    assert bytes_of(answer(canvas, other, paper_store)) != bytes_of(first)


def test_without_brackets_the_scene_is_one_layer_and_says_why(canvas, paper_store, painted_as):
    stack = answer(canvas, SceneRequest("a wall at dusk", TINY), paper_store)
    (layer,) = stack.layers
    np.testing.assert_array_equal(array_of(layer.pixels), painted_as[0])
    assert "brackets" in " ".join(stack.notes)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ModelError("The detector broke."), "The scene came as one layer. The detector broke."),
        (MemoryError(), "not enough memory"),
        (ValueError("unforeseen"), "ValueError"),
    ],
)
def test_what_fails_after_painting_does_not_lose_the_scene(
    canvas, paper_store, painted_as, monkeypatch, error, said
):
    def fail(*_):
        raise error

    monkeypatch.setattr(kept, "peel_picture", fail)
    stack = answer(canvas, SCENE, paper_store)
    (layer,) = stack.layers
    np.testing.assert_array_equal(array_of(layer.pixels), painted_as[0])
    assert said in " ".join(stack.notes)
    assert "sdxl" in stack.made_with.models
    background = BackgroundRequest("a meadow", TINY, engine="compact")
    (layer,) = answer(alone(), background, paper_store).layers
    assert (array_of(layer.pixels)[..., 3] == 255).all()


@pytest.mark.parametrize("kind", [GuideKind.LINES, GuideKind.SKETCH])
def test_the_canvas_guides(canvas, paper_store, kind):
    request = SceneRequest("a wall", TINY, Guide(kind, 0.8))
    guided = answer(canvas, request, paper_store)
    assert bytes_of(guided) != bytes_of(answer(canvas, SceneRequest("a wall", TINY), paper_store))
    assert guided.made_with.painted["guide"] == kind.value
    assert guided.made_with.painted["strength"] == "0.8"
    followed = "lines" in guided.made_with.models
    assert followed == (kind is GuideKind.LINES)


def test_a_sketch_that_is_followed_more_closely_is_nearer_to_what_is_painted(canvas, paper_store):
    sketch, off = array_of(canvas.pixels)[..., :3].astype(int), []
    for strength in (0.0, 1.0):
        request = SceneRequest("a wall", TINY, Guide(GuideKind.SKETCH, strength))
        (layer,) = answer(canvas, request, paper_store).layers
        off.append(np.abs(array_of(layer.pixels)[..., :3] - sketch).mean())
    assert off[1] < off[0]


def test_cancel_stops_within_a_step(canvas, paper_store):
    said = []

    def report(stage, _done):
        said.append(stage)
        if "step 2" in stage:
            raise StopWork

    with pytest.raises(StopWork):
        answer(canvas, SCENE, paper_store, report)
    assert "step 2" in said[-1]


def test_progress_covers_painting_and_peeling(canvas, paper_store):
    done = []
    answer(canvas, SCENE, paper_store, lambda _stage, share: done.append(share))
    assert done == sorted(done)
    assert done[-1] == pytest.approx(1.0)


def test_an_object_is_one_layer_within_the_selection(canvas, paper_store):
    within = selection((64, 80), slice(20, 50), slice(30, 64))
    stack = answer(canvas, ObjectRequest("[a lamp] on a table", within, TINY), paper_store)
    (layer,) = stack.layers
    assert (layer.role, layer.phrase, layer.name) == (Role.FOREGROUND, "a lamp", "a lamp")
    left, top = layer.offset
    assert left >= 30
    assert top >= 20
    assert left + layer.pixels.width <= 64
    assert top + layer.pixels.height <= 50
    assert array_of(layer.pixels)[..., 3].max() > 0


def test_a_soft_selection_bounds_the_objects_alpha_and_its_name_is_short(canvas, paper_store):
    levels = np.zeros((64, 80), np.uint8)
    levels[20:50, 30:64] = np.linspace(1, 255, 34).astype(np.uint8)
    words = "a " * 50
    request = ObjectRequest(words, Coverage(80, 64, levels.tobytes()), TINY)
    for picture in (canvas, Picture(block_of(array_of(canvas.pixels)[..., 2:]))):  # grey as well
        (layer,) = answer(picture, request, paper_store).layers
        (left, top), pixels = layer.offset, array_of(layer.pixels)
        seen = levels[top : top + pixels.shape[0], left : left + pixels.shape[1]]
        assert (pixels[..., -1] <= seen).all()
        assert pixels.shape[-1] == picture.pixels.model.channels
        assert layer.phrase == words.strip()
        assert len(layer.name) <= 80


@pytest.mark.parametrize("depth", [np.uint16, np.float32])
def test_layers_are_as_deep_as_the_canvas_and_in_its_profile(
    canvas, paper_store, depth, painted_as
):
    deep = array_of(canvas.pixels) / 255
    deep = (deep * (65535 if depth is np.uint16 else 1)).astype(depth)
    profile = bytes(imagecodecs.cms_profile("adobergb"))
    picture = Picture(block_of(deep, ChannelOrder.BGRA), profile)
    stack = answer(picture, SCENE, paper_store)
    assert stack.icc_profile == profile
    for layer in stack.layers:
        assert layer.pixels.depth is picture.pixels.depth
        assert layer.pixels.order is ChannelOrder.BGRA
    np.testing.assert_allclose(
        flatten(stack), painted_as[0], atol=1e-6 if depth is np.float32 else 0
    )


def test_a_background_is_one_opaque_layer(paper_store):
    request = BackgroundRequest("a meadow", TINY, engine="compact")
    (layer,) = answer(alone(), request, paper_store).layers
    assert (layer.role, layer.phrase) == (Role.BACKGROUND, "a meadow")
    assert (layer.pixels.width, layer.pixels.height) == (80, 64)
    assert (array_of(layer.pixels)[..., 3] == 255).all()


def test_phrases_peel_a_picture_that_was_there(canvas, paper_store):
    request = PeelRequest(Phrases(("a cat", "a wall")), engine="layeringdiff")
    stack = answer(canvas, request, paper_store)
    np.testing.assert_array_equal(flatten(stack), array_of(canvas.pixels))


EMPTY = Picture(block_of(np.zeros((64, 80, 4), np.uint8)))
FULL = Picture(block_of(np.full((64, 80, 4), 255, np.uint8)))
TINY_CANVAS = Picture(block_of(np.full((8, 8, 4), 255, np.uint8)))
BROKEN = replace(FULL, icc_profile=b"no profile")
NOWHERE = Coverage(80, 64, bytes(80 * 64))
A_PIXEL = selection((64, 80), slice(3, 4), slice(3, 4))


@pytest.mark.parametrize(
    ("picture", "request_made", "words"),
    [
        (FULL, SceneRequest("a [cat", TINY), r"not closed"),
        (FULL, SceneRequest("", TINY), "empty"),
        (FULL, SceneRequest("a cat", Painting(style="none")), "no style “none”"),
        (FULL, SceneRequest("[a cat]", TINY, engine="compact"), "“auto”"),
        (FULL, SceneRequest("[a cat]", TINY, engine="qwen"), "“auto”"),
        (FULL, SceneRequest("a cat", TINY, Guide(GuideKind.DEPTH)), "cannot follow depth"),
        (FULL, SceneRequest("a cat", TINY, Guide(GuideKind.SKETCH, 2.0)), "0 to 1"),
        (TINY_CANVAS, SceneRequest("a cat", TINY), "64 to"),
        (
            EMPTY,
            SceneRequest("a cat", TINY, Guide(GuideKind.SKETCH)),
            "to guide the scene is empty",
        ),
        (BROKEN, SceneRequest("a cat", TINY), "colour profile is broken"),
        (FULL, ObjectRequest("a cat", NOWHERE, TINY), "selection is empty"),
        (FULL, ObjectRequest("a cat", A_PIXEL, TINY), "at least 8×8"),
        (FULL, ObjectRequest("a cat", Coverage(2, 2, bytes(4)), TINY), "one size"),
        (EMPTY, BackgroundRequest("a meadow", TINY), "layer is empty"),
        (FULL, BackgroundRequest("a meadow", TINY), "covers everything"),
        (FULL, PeelRequest(Phrases(()), engine="layeringdiff"), "phrase is empty"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_painted(
    picture, request_made, words, paper_store
):
    said = []
    with pytest.raises(LayerpeelError, match=words):
        answer(picture, request_made, paper_store, lambda stage, _done: said.append(stage))
    assert not any("Painting" in stage for stage in said)


def test_a_prompt_of_any_script_is_painted(canvas, paper_store):
    for words in ("富士山の夕焼け", "قطة على جدار", "ein Vögelchen"):
        try:
            stack = answer(canvas, SceneRequest(words, TINY), paper_store)
        except BadInputError as error:
            assert "token" in str(error)  # noqa: PT017  (letters that the tiny tokenizer lacks)
        else:
            assert len(stack.layers) == 1
