"""Scenes, objects and backgrounds from the real backend, painted by tiny networks."""

import json

import numpy as np
import pytest
from krita_harness.generating import Generating

from layerpeel.backend.models.model_store import ModelStore

pytestmark = [pytest.mark.krita, pytest.mark.torch]


@pytest.fixture(scope="module")
def folders(tmp_path_factory, isnet_store):
    """Folders with the models of the paper's engine, and the style “tiny”."""
    from tiny_checkpoints.installed import (
        install_tiny_paper_models,
        save_tiny_editor,
        save_tiny_style,
    )

    models = tmp_path_factory.mktemp("models")
    styles = tmp_path_factory.mktemp("styles")
    made = tmp_path_factory.mktemp("made")
    install_tiny_paper_models(made, ModelStore(models), isnet_store.path_of("isnet"))
    save_tiny_style(styles)
    save_tiny_editor(styles)
    return {
        "LAYERPEEL_MODELS": str(models),
        "LAYERPEEL_STYLES": str(styles),
        "LAYERPEEL_DEVICE": "cpu",
    }


@pytest.fixture(scope="module")
def tiny_backend(session_krita, session_backend, folders):
    """The backend of the one Krita, using those folders."""
    change = (
        "import os\n"
        "result = {name: os.environ.get(name) for name in values}\n"
        "for name, value in values.items():\n"
        "    os.environ.pop(name, None)\n"
        "    os.environ.update({} if value is None else {name: value})"
    )
    # Before it ends: a docker that shows a picture to point at starts the next one at once.
    before = session_krita.run(change, values=folders)
    session_backend.end()
    yield
    session_krita.run(change, values=before)
    session_backend.end()


@pytest.fixture
def page(krita, docker, tiny_backend):
    """The page that generates, set to the tiny style and to the seed 1."""
    docker.change_settings(engine="layeringdiff")
    page = Generating(krita)
    page.open()
    krita.wait_until("widgets.the('layerpeel_style').findText('Tiny') >= 0", 120, "the style")
    krita.choose("layerpeel_style", "Tiny")
    page.set(seed=1)
    yield page
    krita.run("inputs.restore('layerpeel_docker')")


def names(layers):
    return [layer.name for layer in layers]


def test_scene_comes_in_layers_named_after_its_phrases(krita, page, easel, small_painting):
    easel.picture(small_painting)
    before = krita.layer_tree()
    page.set(prompt="[a cat] before [an old dog] in the snow", seed=1)
    line = page.generate()
    page.picture_of("painted-scene")
    krita.screenshot("painted-scene-screen")
    assert line.startswith("Done: "), line
    group = krita.layer_tree()[1]
    found = names(group.children)
    assert found[0] == "Background"
    # The front-most phrase lies on top; what random networks do not find is said.
    wanted = ["an old dog", "a cat"]
    assert found[1:] == [name for name in wanted if name in found]
    assert all(name in found or f"“{name}”" in line for name in wanted), line
    assert krita.pixels(group.id, projected=True)[..., 3].min() == 255
    scene = krita.pixels()
    krita.undo()
    assert krita.layer_tree() == before
    np.testing.assert_array_equal(krita.pixels(), small_painting)

    assert page.generate() == line
    np.testing.assert_array_equal(krita.pixels(), scene)
    krita.undo()
    page.set(seed=2)
    page.generate()
    assert not (krita.pixels() == scene).all()
    kept = json.loads(
        krita.evaluate("bytes(documents.active().annotation('layerpeel/made-with')).decode()")
    )["nodes"][krita.layer_tree()[1].id]
    assert kept["painted"]["prompt"] == "[a cat] before [an old dog] in the snow"
    assert kept["painted"]["style"] == "tiny"
    assert kept["licences"]


def test_scene_without_brackets_follows_the_lines_of_the_active_layer(
    krita, page, easel, small_painting
):
    easel.picture(small_painting)
    page.set(prompt="a hill", seed=1)
    page.generate()
    free = krita.pixels()
    krita.undo()
    krita.wait_until("krita.activeDocument().activeNode() is not None", 5, "a layer to be active")
    krita.choose("layerpeel_guide", "Line art")
    krita.choose("layerpeel_guide_source", "Active layer")
    line = page.generate()
    assert line.startswith("Done: 1 layer."), line
    assert not (krita.pixels() == free).all()


def test_picture_is_changed_by_words(krita, page, easel, small_painting):
    easel.picture(small_painting)
    krita.choose("layerpeel_style", "Editor")
    krita.choose("layerpeel_guide", "Picture to change")
    page.set(prompt="make it night", seed=1)
    line = page.generate()
    krita.screenshot("painted-edit-screen")
    assert line.startswith("Done: 1 layer."), line
    assert "brackets" not in line
    assert names(krita.layer_tree()) == ["Background", "make it night"]
    changed = krita.pixels("make it night", area=(0, 0, 160, 120))
    assert (changed[..., 3] == 255).all()
    assert (changed != small_painting).any()
    np.testing.assert_array_equal(krita.pixels("Background"), small_painting)


@pytest.mark.parametrize("depth", ["U8", "U16"])
def test_object_comes_alone_and_all_else_stays_to_the_last_bit(
    krita, page, easel, small_painting, soft_disc, depth
):
    pixels = small_painting.astype(depth.replace("U", "uint")) * (257 if depth == "U16" else 1)
    easel.picture(pixels, depth=depth)
    before, seen = krita.layer_tree(), krita.pixels()
    easel.select(soft_disc)
    page.set("object", "a red kite", seed=1)
    line = page.generate()
    page.picture_of("painted-object")
    krita.screenshot("painted-object-screen")
    assert line.startswith("Done: 1 layer."), line
    after = krita.layer_tree()
    assert names(after) == ["Background", "a red kite"]
    alpha = krita.pixels("a red kite", area=(0, 0, 160, 120))[..., 3]
    assert alpha[soft_disc == 0].max() == 0
    np.testing.assert_array_equal(krita.pixels("Background"), pixels)
    easel.change_layer("a red kite", visible=False)
    np.testing.assert_array_equal(krita.pixels(), seen)
    krita.undo()
    assert krita.layer_tree() == before


def test_background_is_painted_behind_the_layer(krita, page, easel, small_painting, soft_disc):
    pixels = small_painting.copy()
    pixels[..., 3] = soft_disc
    easel.picture(pixels)
    before = krita.layer_tree()
    page.set("background", "a quiet street", seed=1)
    line = page.generate()
    page.picture_of("painted-background")
    krita.screenshot("painted-background-screen")
    assert line.startswith("Done: 1 layer."), line
    after = krita.layer_tree()
    assert names(after) == ["a quiet street", "Background"]
    assert after[1] == before[0]
    assert krita.pixels("a quiet street")[..., 3].min() == 255
    solid = soft_disc == 255
    np.testing.assert_array_equal(krita.pixels()[solid], pixels[solid])
    krita.undo()
    assert krita.layer_tree() == before


def test_layer_without_clear_surroundings_gets_no_background(krita, page, easel, small_painting):
    easel.picture(small_painting)
    before = krita.layer_tree()
    page.set("background", "a quiet street", seed=1)
    assert page.generate() == ("The layer covers everything: there is no room for a background.")
    assert krita.layer_tree() == before


def test_cancelled_while_it_paints_nothing_has_changed(krita, page, easel, small_painting):
    easel.picture(small_painting)
    before = krita.layer_tree()
    krita.click("layerpeel_more")
    page.set(prompt="[a cat] indoors", seed=1, steps=150)
    page.start()
    krita.wait_until(
        lambda: krita.evaluate("widgets.the('layerpeel_generating').value() > 0"), 120, "progress"
    )
    page.picture_of("painting")
    assert page.cancel() == "Cancelled."
    assert krita.layer_tree() == before
    np.testing.assert_array_equal(krita.pixels(), small_painting)


def test_two_variants_are_shown_and_a_click_inserts_one(krita, page, easel, small_painting):
    easel.picture(small_painting)
    page.set(prompt="a hill", seed=30, variants=2)
    page.generate()
    assert page.thumbnails == [[30, True], [31, True]]
    krita.wait_until(
        lambda: krita.evaluate("not widgets.the('layerpeel_variant_31').icon().isNull()"),
        20,
        "the thumbnail to be drawn",
    )
    page.picture_of("painted-variants")
    assert len(krita.layer_tree()) == 1
    assert page.insert(31).startswith("Done: 1 layer.")
    assert len(krita.layer_tree()) == 2
