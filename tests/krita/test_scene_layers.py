"""Where scenes, objects and backgrounds are inserted, and what is recorded about them."""

import json

import numpy as np
import pytest

pytestmark = pytest.mark.krita

MADE_WITH = "bytes(documents.active().annotation('layerpeel/made-with')).decode()"


def names(layers):
    return [layer.name for layer in layers]


def made_with(krita):
    """Return the document's records of how nodes were made, by the nodes' ids."""
    if "layerpeel/made-with" not in krita.evaluate("documents.active().annotationTypes()"):
        return {}
    return json.loads(krita.evaluate(MADE_WITH))["nodes"]


def test_scene_is_a_group_on_top_and_one_undo_step(krita, generating, easel, small_painting):
    easel.picture(small_painting)
    before = krita.layer_tree()
    generating.set(prompt="[a red fox] before [an old tree] in the deep snow of January", seed=3)
    assert generating.generate() == "Done: 3 layers."
    generating.picture_of("generate-done")
    after = krita.layer_tree()
    assert after[0] == before[0]
    assert names(after) == ["Background", "a red fox before an old tree in the…"]
    assert names(after[1].children) == ["Background", "an old tree", "a red fox"]
    assert easel.active_layer == after[1].children[-1].id
    pixels = krita.pixels()
    krita.undo()
    assert krita.layer_tree() == before
    np.testing.assert_array_equal(krita.pixels(), small_painting)
    krita.redo()
    assert krita.layer_tree() == after
    np.testing.assert_array_equal(krita.pixels(), pixels)


def test_phrase_that_was_not_found_is_said(generating, easel, small_painting):
    easel.picture(small_painting)
    generating.set(prompt="[a unicorn] under [a tree]")
    assert generating.generate() == "Done: 2 layers. “a unicorn” was not found."


def test_object_is_a_layer_above_the_active_one_and_hides_nothing_else(
    krita, generating, easel, small_painting, soft_disc
):
    easel.picture(small_painting)
    easel.add_layer("Top")
    easel.activate("Background")
    before, pixels = krita.layer_tree(), krita.pixels()
    easel.select(soft_disc)
    generating.set("object", "a red kite")
    # With what it asks for the line above the button goes, and the button moves.
    krita.wait_until(lambda: not generating.shown("layerpeel_scene_hint"), 10, "the selection")
    assert generating.generate() == "Done: 1 layer."
    assert names(krita.layer_tree()) == ["Background", "a red kite", "Top"]
    easel.change_layer("a red kite", visible=False)
    np.testing.assert_array_equal(krita.pixels(), pixels)
    np.testing.assert_array_equal(krita.pixels("Background"), small_painting)
    krita.undo()
    assert krita.layer_tree() == before


@pytest.mark.parametrize("source", ["Canvas", "Active layer"])
def test_what_was_changed_is_one_layer_above(krita, generating, easel, small_painting, source):
    easel.picture(small_painting)
    easel.add_layer("Top")
    easel.activate("Background")
    before = krita.layer_tree()
    krita.wait_until("widgets.the('layerpeel_style').count() == 2", 10, "the styles")
    krita.choose("layerpeel_guide", "Picture to change")
    krita.choose("layerpeel_guide_source", source)
    generating.set(prompt="make it night", seed=3)
    assert generating.generate() == "Done: 1 layer."
    layers = ["Background", "Top"]
    layers.insert(2 if source == "Canvas" else 1, "make it night")
    assert names(krita.layer_tree()) == layers
    np.testing.assert_array_equal(krita.pixels("Background"), small_painting)
    krita.undo()
    assert krita.layer_tree() == before
    # What is in brackets comes off it: a group, as of any scene.
    generating.set(prompt="add [a cat]", seed=4)
    assert generating.generate() == "Done: 2 layers."
    assert names(krita.layer_tree()[-1].children) == ["Background", "a cat"]


def test_what_is_selected_is_sent_along_with_what_is_changed(
    krita, generating, easel, painter, small_painting, soft_disc
):
    easel.picture(small_painting)
    easel.select(soft_disc)
    krita.wait_until("widgets.the('layerpeel_style').count() == 2", 10, "the styles")
    krita.choose("layerpeel_guide", "Picture to change")
    hint = "Say what is to change in the selection."
    krita.wait_until(
        lambda: generating.shown("layerpeel_scene_hint").startswith(hint), 10, "the hint"
    )
    generating.set(prompt="make it night", seed=3)
    assert generating.generate() == "Done: 1 layer."
    (job,) = painter.jobs.values()
    levels = np.frombuffer(job.request.guide.within.data, np.uint8)
    np.testing.assert_array_equal(levels.reshape(soft_disc.shape), soft_disc)
    # With brackets it is refused before anything is sent.
    generating.set(prompt="add [a cat]", seed=3)
    assert "leave the brackets out, or deselect" in generating.generate()
    assert len(painter.jobs) == 1
    # Nothing else is bounded by it.
    krita.choose("layerpeel_guide", "Sketch in colours")
    generating.generate()
    assert list(painter.jobs.values())[1].request.guide.within is None


@pytest.mark.parametrize("depth", ["U8", "U16"])
def test_background_goes_below_the_lowest_layer(
    krita, generating, easel, small_painting, soft_disc, depth
):
    pixels = small_painting.astype(depth.replace("U", "uint")) * (257 if depth == "U16" else 1)
    pixels[..., 3] = soft_disc.astype(pixels.dtype) * (257 if depth == "U16" else 1)
    easel.picture(pixels, depth=depth)
    before, seen = krita.layer_tree(), krita.pixels()
    generating.set("background", "a quiet street", seed=7)
    assert generating.generate() == "Done: 1 layer."
    after = krita.layer_tree()
    assert names(after) == ["a quiet street", "Background"]
    assert after[1] == before[0]
    assert (after[0].blending_mode, after[0].bounds) == ("normal", (0, 0, 160, 120))
    behind = krita.pixels("a quiet street")
    assert behind.dtype == pixels.dtype
    assert (behind[..., 3] == np.iinfo(pixels.dtype).max).all()
    assert not (krita.pixels() == seen).all()
    # In another depth, converting the lowest layer is a second undo step.
    steps = 1 if depth == "U8" else 2
    for _step in range(steps):
        krita.undo()
    assert krita.layer_tree() == before
    for _step in range(steps):
        krita.redo()
    assert krita.layer_tree() == after
    np.testing.assert_array_equal(krita.pixels("a quiet street"), behind)


def test_background_within_a_group_and_between_layers(krita, generating, easel, small_painting):
    easel.picture(small_painting)
    easel.add_layer("Group", "grouplayer")
    for name in ("Low", "High"):
        easel.add_layer(name, parent="Group")
        easel.paint(small_painting[:40, :40], name, left=10, top=10)
    for active, there in (
        ("High", ["Low", "a street", "High"]),
        ("Low", ["a street", "Low", "a street", "High"]),
    ):
        easel.activate(active)
        before = krita.layer_tree()
        generating.set("background", "a street")
        assert generating.generate() == "Done: 1 layer."
        assert names(krita.layer_tree()[1].children) == there
        krita.undo()
        assert krita.layer_tree() == before
        krita.redo()


def test_background_that_cannot_lie_below_looks_as_if_it_did(
    krita, generating, easel, small_painting, soft_disc
):
    pixels = small_painting.copy()
    pixels[..., 3] = soft_disc
    easel.picture(pixels)
    generating.set("background", "a street", seed=7)
    generating.generate()
    below = krita.pixels()
    krita.undo()
    rename = "widgets.window().findChild(qt.QTreeView, old)"
    krita.run(f"{rename}.setObjectName('other')", old="listLayers")
    try:
        generating.generate()
    finally:
        krita.run(f"{rename}.setObjectName('listLayers')", old="other")
    low, high = krita.layer_tree()
    assert (low.name, high.name, high.blending_mode) == ("Background", "a street", "behind")
    assert np.abs(krita.pixels().astype(int) - below).max() <= 1


def test_document_keeps_what_made_its_layers(
    krita, generating, docker, easel, small_painting, tmp_path
):
    easel.picture(small_painting)
    generating.set(prompt="a hill", seed=11)
    generating.generate()
    group = krita.layer_tree()[1]
    kept = made_with(krita)
    assert set(kept) == {group.id}
    assert kept[group.id]["seed"] == 11
    assert kept[group.id]["painted"] == {"prompt": "a hill"}
    assert kept[group.id]["seconds"] == {}
    krita.save(tmp_path / "scene.kra")
    krita.close_documents()
    krita.open_picture(tmp_path / "scene.kra")
    assert made_with(krita) == kept
    assert krita.layer_tree()[1].id == group.id

    docker.open_settings()
    krita.screenshot_of("layerpeel_settings", "settings-writes-down")
    krita.click("layerpeel_writes_down")
    address = krita.evaluate("widgets.the('layerpeel_address').text()")
    docker.close_settings("ok")
    assert address
    generating.generate()
    assert len(krita.layer_tree()) == 3
    assert made_with(krita) == kept
