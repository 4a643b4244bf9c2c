"""Scenes, objects and backgrounds over HTTP, with tiny networks."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from layerpeel.backend.flatten import flatten
from layerpeel.backend.image import array_of, block_of
from layerpeel.shared.jobs import Cancelled, Failed, Finished, Preview, Progress, SubmitJob
from layerpeel.shared.protocol import Coverage, Picture, Role
from layerpeel.shared.scenes import (
    BackgroundRequest,
    Guide,
    GuideKind,
    ObjectRequest,
    Painting,
    SceneRequest,
)
from tiny_checkpoints.installed import save_tiny_editor, save_tiny_style

pytestmark = pytest.mark.torch

TINY = Painting(seed=4, style="tiny")
EDITOR = Painting(style="editor")
WIDTH, HEIGHT = 80, 64


@pytest.fixture
def backend(run_backend, paper_store, monkeypatch, tmp_path):
    styles = tmp_path / "styles"
    styles.mkdir()
    save_tiny_style(styles)
    save_tiny_editor(styles)
    monkeypatch.setenv("LAYERPEEL_MODELS", str(paper_store.folder))
    monkeypatch.setenv("LAYERPEEL_STYLES", str(styles))
    return run_backend("--device", "cpu")


def job(request, pixels):
    return SubmitJob("A scene", request, Picture(block_of(pixels)), "note")


@pytest.fixture(scope="module")
def pixels():
    pixels = np.full((HEIGHT, WIDTH, 4), 255, np.uint8)
    pixels[..., :3] = np.random.default_rng(0).integers(60, 190, (HEIGHT, WIDTH, 3))
    return pixels


def test_what_is_asked_for_is_painted_shown_and_had_in_layers(backend, pixels):
    scene = SceneRequest("[a cat] by [a web] at dusk", TINY, engine="layeringdiff")
    submitted = backend.submit(job(scene, pixels))
    *events, end = backend.events(submitted.id)
    assert isinstance(end, Finished)
    done = [event.done for event in events if isinstance(event, Progress)]
    assert done == sorted(done)
    assert any(event.stage.startswith("Painting") for event in events if hasattr(event, "stage"))
    shown = [Image.open(io.BytesIO(event.png)) for event in events if isinstance(event, Preview)]
    assert shown[-1].size == (WIDTH, HEIGHT)
    stack = backend.result(submitted.id)
    # Random networks find what they find; it comes back to front, and notes name the rest.
    found = [layer.phrase for layer in stack.layers[1:]]
    assert found == [phrase for phrase in ("a web", "a cat") if phrase in found]
    for phrase in {"a web", "a cat"} - set(found):
        assert any(phrase in note for note in stack.notes)
    # The last preview is the scene that was taken apart.
    painted = np.asarray(shown[-1].convert("RGBA"))
    np.testing.assert_array_equal(flatten(stack), painted)
    assert stack.made_with.painted["prompt"] == scene.prompt

    again = backend.submit(job(scene, pixels))
    assert isinstance(backend.end_of(again.id), Finished)
    assert [layer.pixels for layer in backend.result(again.id).layers] == [
        layer.pixels for layer in stack.layers
    ]

    levels = np.zeros((HEIGHT, WIDTH), np.uint8)
    levels[20:50, 30:64] = 255
    within = Coverage(WIDTH, HEIGHT, levels.tobytes())
    added = backend.submit(job(ObjectRequest("a lamp", within, TINY), pixels))
    assert isinstance(backend.end_of(added.id), Finished)
    (layer,) = backend.result(added.id).layers
    assert (layer.role, layer.phrase) == (Role.FOREGROUND, "a lamp")

    alone = pixels.copy()
    alone[:20] = 0
    behind = backend.submit(job(BackgroundRequest("a meadow", TINY, "compact"), alone))
    assert isinstance(backend.end_of(behind.id), Finished)
    (layer,) = backend.result(behind.id).layers
    assert layer.role is Role.BACKGROUND
    assert (array_of(layer.pixels)[..., 3] == 255).all()


def test_painting_is_cancelled_within_a_step(backend, pixels):
    slow = Painting(style="tiny", steps=200)
    submitted = backend.submit(job(SceneRequest("a wall", slow), pixels))
    for event in backend.events(submitted.id):
        if isinstance(event, Progress) and event.stage.startswith("Painting"):
            break
    backend.call("POST", f"/jobs/{submitted.id}/cancel")
    assert backend.end_of(submitted.id) == Cancelled()


def test_a_picture_is_changed_by_words_and_by_others(backend, pixels):
    night, shown = SceneRequest("make it night", EDITOR, Guide(GuideKind.EDIT)), []
    for guide in (night.guide, Guide(GuideKind.EDIT, references=(Picture(block_of(pixels)),))):
        submitted = backend.submit(job(replace(night, guide=guide), pixels))
        assert isinstance(backend.end_of(submitted.id), Finished)
        (layer,) = backend.result(submitted.id).layers
        shown.append(array_of(layer.pixels))
    assert shown[0].shape == shown[1].shape == pixels.shape
    assert (shown[0] != shown[1]).any()
    refused = backend.submit(job(replace(night, painting=TINY), pixels))
    end = backend.end_of(refused.id)
    assert isinstance(end, Failed)
    assert "cannot change a picture by words" in end.message


def test_a_prompt_that_cannot_be_read_is_pointed_at(backend, pixels):
    submitted = backend.submit(job(SceneRequest("a [cat", TINY), pixels))
    end = backend.end_of(submitted.id)
    assert isinstance(end, Failed)
    assert end.message.splitlines()[1:] == ["a [cat", "  ^"]
