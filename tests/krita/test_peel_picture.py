"""Peeling the subject, or a selection, off an opaque picture: what the artist has afterwards."""

import numpy as np
import pytest
from krita_harness.docker import DONE, SELECTED
from krita_harness.pictures import assert_same_picture, disc_selection
from PIL import Image

pytestmark = [pytest.mark.krita, pytest.mark.usefixtures("backend")]


def full_canvas(krita, layer, shape):
    return krita.pixels(layer, area=(0, 0, shape[1], shape[0]))


def test_subject_becomes_two_layers_in_a_group_and_nothing_else_changes(
    krita, docker, easel, painting, scene, small_painting
):
    easel.picture(small_painting, name="Other")
    other = krita.layer_tree()
    source = easel.picture(painting)
    before = krita.layer_tree()
    krita.run("from layerpeel.plugin.turns import TIMINGS\nTIMINGS.longest_holds.clear()")
    with krita.watched_gui() as watched:
        assert docker.peel() == DONE
    # Nothing is asserted about times; `pytest -rP` shows what was measured.
    holds = krita.run("from layerpeel.plugin import turns\nresult = turns.TIMINGS.longest_holds")
    docker.picture_of("finished")
    print(f"longest gap of the GUI: {watched.longest_gap:.3f} s; turns: {holds}")

    original, group = krita.layer_tree()
    assert original == before[0]
    assert (group.name, group.type, group.blending_mode) == (
        *("Peeled subject", "grouplayer", "normal"),
    )
    assert group.visible
    assert group.opacity == 255
    assert [layer.name for layer in group.children] == ["Background", "Foreground"]
    assert all(layer.type == "paintlayer" and layer.visible for layer in group.children)
    assert easel.active_layer == group.children[-1].id
    assert easel.selection is None
    np.testing.assert_array_equal(krita.pixels(), painting)
    np.testing.assert_array_equal(krita.pixels(source), painting)
    alpha = full_canvas(krita, "Foreground", painting.shape)[..., 3].astype(float)
    assert np.abs(alpha - scene.alphas[0]).mean() < 4

    easel.bring_to_front("Other")
    assert krita.layer_tree() == other
    np.testing.assert_array_equal(krita.pixels(), small_painting)


def test_one_undo_takes_all_of_it_away_and_redo_brings_the_same_back(
    krita, docker, easel, small_painting, soft_disc
):
    easel.picture(small_painting)
    easel.select(soft_disc)
    before = krita.layer_tree()
    docker.lift("selection")
    assert docker.peel() == DONE
    after = krita.layer_tree()
    layers = [krita.pixels(layer.id) for layer in after[1].children]
    krita.undo()
    assert krita.layer_tree() == before
    np.testing.assert_array_equal(krita.pixels(), small_painting)
    krita.redo()
    assert krita.layer_tree() == after
    for layer, pixels in zip(krita.layer_tree()[1].children, layers, strict=True):
        np.testing.assert_array_equal(krita.pixels(layer.id), pixels)
    np.testing.assert_array_equal(krita.pixels(), small_painting)


def test_rough_selection_finds_the_edge_and_stays_selected(
    krita, docker, easel, small_painting, soft_disc
):
    rough = disc_selection(radius=38, soft=1)
    easel.picture(small_painting)
    easel.select(rough)
    docker.lift("selection")
    assert docker.peel() == DONE
    (_, group) = krita.layer_tree()
    assert group.name == "Peeled selection"
    np.testing.assert_array_equal(easel.selection, rough)
    np.testing.assert_array_equal(krita.pixels(), small_painting)
    alpha = full_canvas(krita, "Foreground", rough.shape)[..., 3].astype(float)
    assert np.abs(alpha - soft_disc).mean() < np.abs(rough.astype(float) - soft_disc).mean()


def test_rectangular_selection_is_searched_for_what_it_holds(krita, docker, easel, painting, scene):
    left, top, width, height = scene.box_of(0, margin=8)
    box = np.zeros(painting.shape[:2], np.uint8)
    box[top : top + height, left : left + width] = 255
    easel.picture(painting)
    easel.select(box)
    docker.lift("selection")
    assert docker.peel() == DONE
    np.testing.assert_array_equal(krita.pixels(), painting)
    alpha = full_canvas(krita, "Foreground", box.shape)[..., 3].astype(float)
    assert np.abs(alpha - scene.alphas[0]).mean() < 4


def test_exact_edge_is_the_selection_to_the_last_byte(
    krita, docker, easel, small_painting, soft_disc
):
    easel.picture(small_painting)
    easel.select(soft_disc)
    docker.lift("selection")
    docker.take_edge_exactly()
    assert docker.peel() == DONE
    alpha = full_canvas(krita, "Foreground", soft_disc.shape)[..., 3]
    np.testing.assert_array_equal(alpha, soft_disc)
    np.testing.assert_array_equal(krita.pixels(), small_painting)


def test_selection_is_where_the_subject_is_looked_for(krita, docker, easel, make_scene):
    two = make_scene((240, 180), "hills0", ("nightmare", 5, 50, 90), ("jessica", 140, 30, 130))
    left, top, width, height = two.box_of(1, margin=10)
    chosen = np.zeros(two.picture.shape[:2], np.uint8)
    chosen[top : top + height, left : left + width] = 255
    easel.picture(np.dstack([two.picture, np.full_like(chosen, 255)]))
    easel.select(chosen)
    docker.look_again()
    krita.wait_until(lambda: docker.hint, 5, "the hint")
    assert docker.hint == "The subject is looked for inside the selection."
    assert docker.peel() == DONE
    alpha = full_canvas(krita, "Foreground", chosen.shape)[..., 3]
    assert alpha[chosen == 0].max() == 0
    assert np.abs(alpha.astype(float) - two.alphas[1]).mean() < 10


def test_shortcut_peels_too(krita, docker, easel, small_painting, soft_disc):
    easel.picture(small_painting)
    easel.select(soft_disc)
    docker.lift("selection")
    krita.press("ctrl+alt+p")
    assert docker.wait_for_end() == DONE
    assert [layer.name for layer in krita.layer_tree()][1:] == ["Peeled selection"]


def test_a_second_press_amid_the_first_begins_nothing(
    krita, docker, easel, small_painting, soft_disc
):
    easel.picture(small_painting)
    easel.select(soft_disc)
    docker.lift("selection")
    docker.take_edge_exactly()
    # As Krita 6 delivers a double click: while the docker looks at the document.
    krita.run(
        "from layerpeel.plugin.peel.peel_page import PeelPage\n"
        "button = widgets.the('layerpeel_peel')\n"
        "page = button.window().findChild(PeelPage)\n"
        "def press():\n"
        "    page.changed.disconnect(press)\n"
        "    button.click()\n"
        "page.changed.connect(press)"
    )
    assert docker.peel() == DONE
    assert [layer.name for layer in krita.layer_tree()][1:] == ["Peeled selection"]
    krita.undo()
    assert len(krita.layer_tree()) == 1


@pytest.mark.parametrize("selected_before", [False, True])
def test_selection_only_selects_and_changes_no_layer(
    krita, docker, easel, painting, scene, selected_before, soft_disc
):
    easel.picture(painting)
    before = krita.layer_tree()
    rough = None
    if selected_before:
        rough = np.asarray(
            Image.fromarray(scene.alphas[0]).point(lambda level: 255 if level else 0)
        )
        easel.select(rough)
        docker.lift("selection")
    docker.give_back_as("Selection only")
    assert docker.peel() == SELECTED
    selected = easel.selection
    assert krita.layer_tree() == before
    assert np.abs(selected.astype(float) - scene.alphas[0]).mean() < 4
    # Where selecting is no undo step, replacing takes two: Deselect, and adding the new one.
    steps = 2 if selected_before and not easel.selecting_is_a_step else 1
    for _ in range(steps):
        krita.undo()
    if selected_before:
        np.testing.assert_array_equal(easel.selection, rough)
    else:
        assert easel.selection is None
    for _ in range(steps):
        krita.redo()
    np.testing.assert_array_equal(easel.selection, selected)
    assert_same_picture(krita.pixels(), painting)
    assert docker.button == "Peel"


def test_python_tidies_up_meanwhile_and_no_answer_is_lost(
    krita, docker, easel, small_painting, soft_disc
):
    easel.picture(small_painting)
    easel.select(soft_disc)
    docker.lift("selection")
    docker.start()
    krita.wait_until(
        "__import__('gc').collect() >= 0 and widgets.the('layerpeel_peel').isEnabled()",
        60,
        "the peel to end",
    )
    assert docker.message == DONE
    assert [layer.name for layer in krita.layer_tree()][1:] == ["Peeled selection"]


def test_words_say_what_they_need(krita, docker, easel, small_painting):
    easel.picture(small_painting)
    docker.look_again()
    docker.picture_of("idle")
    assert not krita.evaluate("widgets.the('layerpeel_lift_words').isEnabled()")
    hint = krita.evaluate("widgets.the('layerpeel_lift_words').toolTip()")
    assert hint.startswith("This engine finds nothing by words")
    docker.point_at("layerpeel_lift_words")
    docker.picture_of("words-hint")
