"""Peeling a transparent picture, or one layer among others."""

import numpy as np
import pytest
from krita_harness.docker import DONE
from krita_harness.pictures import assert_same_picture, disc_selection, small_picture

pytestmark = [pytest.mark.krita, pytest.mark.usefixtures("backend")]

ACTIVE = "Active layer"
HINT_TO_HIDE = "Hide the layer that was peeled: it shows through the new layers."
HIDE = f"{DONE} {HINT_TO_HIDE}"
SEE_THROUGH = f"{DONE} What was lifted off is see-through itself"


@pytest.fixture(scope="module")
def transparent():
    """The small picture, with every level of alpha, and clear at the right."""
    pixels = small_picture()
    fade = np.clip(np.linspace(300, -60, pixels.shape[1]), 0, 255)
    pixels[..., 3] = np.rint(fade).astype(np.uint8)
    return pixels


def test_transparent_picture_is_copied_over_and_looks_the_same(
    krita, docker, easel, transparent, peel_exactly
):
    easel.picture(transparent)
    before = krita.pixels()
    assert peel_exactly().startswith(SEE_THROUGH)
    group = krita.layer_tree()[-1]
    assert group.blending_mode == "copy"
    assert_same_picture(krita.pixels(), before, steps=1)
    assert peel_exactly("What “Peeled selection” left").startswith(DONE)
    assert_same_picture(krita.pixels(), before, steps=1)
    krita.undo()
    krita.undo()
    assert_same_picture(krita.pixels(), before)


def test_opaque_layer_between_others_gets_its_group_directly_above(
    krita, docker, easel, small_painting, peel_exactly
):
    easel.picture(small_painting[::-1])
    easel.add_layer("Middle")
    easel.paint(small_painting, "Middle")
    easel.add_layer("Top")
    easel.paint(np.full((30, 40, 4), 128, np.uint8), "Top", left=20, top=30)
    easel.activate("Middle")
    below, middle, top = krita.layer_tree()
    before = krita.pixels()
    assert peel_exactly(ACTIVE) == DONE
    names = [layer.name for layer in krita.layer_tree()]
    assert names == ["Background", "Middle", "Peeled selection", "Top"]
    assert krita.layer_tree()[0] == below
    assert krita.layer_tree()[1] == middle
    assert krita.layer_tree()[3] == top
    assert easel.active_layer == krita.layer_tree()[2].children[-1].id
    np.testing.assert_array_equal(krita.pixels(), before)


def test_layer_within_a_group_gets_its_own_group_there(
    krita, docker, easel, small_painting, peel_exactly
):
    easel.picture(small_painting[::-1])
    easel.add_layer("Around", "grouplayer")
    easel.add_layer("Inner", parent="Around")
    easel.paint(small_painting, "Inner")
    easel.activate("Inner")
    before = krita.pixels()
    assert peel_exactly(ACTIVE) == DONE
    around = krita.layer_tree()[1]
    assert [layer.name for layer in around.children] == ["Inner", "Peeled selection"]
    np.testing.assert_array_equal(krita.pixels(), before)


def test_layer_with_opacity_and_mode_gives_both_to_its_group_and_is_to_be_hidden(
    krita, docker, easel, small_painting, peel_exactly
):
    easel.picture(small_painting[::-1])
    easel.add_layer("Glaze")
    easel.paint(small_painting, "Glaze")
    easel.change_layer("Glaze", opacity=150, blending_mode="multiply")
    easel.activate("Glaze")
    before = krita.pixels()
    assert peel_exactly(ACTIVE) == HIDE
    group = krita.layer_tree()[-1]
    assert (group.opacity, group.blending_mode) == (150, "multiply")
    easel.change_layer("Glaze", visible=False)
    assert_same_picture(krita.pixels(), before, steps=1)


def test_transparent_layer_over_others_is_to_be_hidden(
    krita, docker, easel, small_painting, transparent, peel_exactly
):
    easel.picture(small_painting[::-1])
    easel.add_layer("Cut-out")
    easel.paint(transparent, "Cut-out")
    easel.activate("Cut-out")
    before = krita.pixels()
    said = peel_exactly(ACTIVE)
    assert said.startswith(SEE_THROUGH)
    assert said.endswith(HINT_TO_HIDE)
    assert krita.layer_tree()[-1].blending_mode == "normal"
    easel.change_layer("Cut-out", visible=False)
    assert_same_picture(krita.pixels(), before, steps=1)


def test_transparent_layer_with_nothing_below_is_copied_over(
    krita, docker, easel, transparent, peel_exactly
):
    easel.picture(transparent)
    before = krita.pixels()
    assert peel_exactly(ACTIVE).startswith(SEE_THROUGH)
    assert krita.layer_tree()[-1].blending_mode == "copy"
    assert_same_picture(krita.pixels(), before, steps=1)


def test_layer_that_reaches_beyond_the_canvas_is_peeled_within_it(
    krita, docker, easel, small_painting, peel_exactly
):
    layer = easel.picture(small_painting)
    easel.paint(np.full((20, 30, 4), 255, np.uint8), layer, left=-15, top=-10)
    before = krita.pixels()
    beyond = krita.pixels(layer, area=(-15, -10, 30, 20))
    assert peel_exactly(ACTIVE) == DONE
    np.testing.assert_array_equal(krita.pixels(), before)
    np.testing.assert_array_equal(krita.pixels(layer, area=(-15, -10, 30, 20)), beyond)


def test_hidden_layers_are_no_part_of_the_picture(
    krita, docker, easel, small_painting, peel_exactly
):
    easel.picture(small_painting)
    easel.add_layer("Hidden")
    easel.paint(small_painting[::-1], "Hidden")
    easel.change_layer("Hidden", visible=False)
    assert peel_exactly() == DONE
    np.testing.assert_array_equal(krita.pixels(), small_painting)
    alpha = krita.pixels("Foreground", area=(0, 0, 160, 120))[..., 3]
    np.testing.assert_array_equal(alpha, disc_selection())
