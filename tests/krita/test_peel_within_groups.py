"""Layers in groups, clipped layers, and hidden ones."""

import numpy as np
import pytest
from krita_harness.docker import DONE
from krita_harness.pictures import assert_same_picture

pytestmark = [pytest.mark.krita, pytest.mark.usefixtures("backend")]

ACTIVE = "Active layer"


def test_in_a_group_that_is_half_seen_what_is_left_is_peeled_as_it_is(
    krita, easel, small_painting, peel_exactly
):
    easel.picture(small_painting[::-1])
    easel.add_layer("Around", "grouplayer")
    easel.add_layer("Inner", parent="Around")
    easel.paint(small_painting, "Inner")
    easel.change_layer("Around", opacity=128)
    easel.activate("Inner")
    before = krita.pixels()
    assert peel_exactly(ACTIVE) == DONE
    assert_same_picture(krita.pixels(), before, steps=1)
    assert peel_exactly("What “Peeled selection” left") == DONE
    assert_same_picture(krita.pixels(), before, steps=1)


@pytest.mark.parametrize("hidden", ["Inner", "Around"])
def test_a_layer_that_nobody_sees_is_not_peeled(krita, easel, small_painting, peel_exactly, hidden):
    easel.picture(small_painting[::-1])
    easel.add_layer("Around", "grouplayer")
    easel.add_layer("Inner", parent="Around")
    easel.paint(small_painting, "Inner")
    easel.activate("Inner")
    easel.change_layer(hidden, visible=False)
    before = krita.layer_tree()
    assert peel_exactly(ACTIVE) == "“Inner” is hidden: show it first."
    assert krita.layer_tree() == before


def test_a_clipped_layer_gives_its_clipping_to_its_group(
    krita, easel, small_painting, peel_exactly
):
    clear = small_painting.copy()
    clear[:, :60, 3] = 0
    easel.picture(np.zeros_like(small_painting))
    easel.add_layer("Around", "grouplayer")
    easel.add_layer("Shape", parent="Around")
    easel.paint(clear, "Shape")
    easel.add_layer("Clipped", parent="Around")
    easel.paint(small_painting[::-1].copy(), "Clipped")
    krita.run(
        "documents.find('Clipped').setInheritAlpha(True)\n"
        "documents.active().refreshProjection()\ndocuments.active().waitForDone()"
    )
    easel.activate("Clipped")
    before = krita.pixels()
    assert "Hide the layer" in peel_exactly(ACTIVE)
    easel.change_layer("Clipped", visible=False)
    assert_same_picture(krita.pixels(), before, steps=1)
