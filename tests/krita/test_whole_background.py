"""A result's background spans the canvas, unless the artist wants only a patch."""

import json

import numpy as np
import pytest
from krita_harness.docker import DONE
from krita_harness.home import ENGINE
from krita_harness.pictures import disc_selection

pytestmark = [pytest.mark.krita, pytest.mark.usefixtures("backend")]

LEFT = "What “Peeled selection” left"
NOTES = "layerpeel/peeled-groups"


def test_original_can_be_hidden_and_the_picture_is_still_whole(
    krita, docker, easel, small_painting, peel_exactly
):
    source = easel.picture(small_painting)
    assert peel_exactly() == DONE
    background = krita.layer_tree()[1].children[0]
    assert background.bounds == (0, 0, 160, 120)
    easel.change_layer(source, visible=False)
    np.testing.assert_array_equal(krita.pixels(), small_painting)
    assert peel_exactly(LEFT) == DONE
    np.testing.assert_array_equal(krita.pixels(), small_painting)
    docker.picture_of("whole-background")


def test_layer_gets_a_background_as_large_as_itself(
    krita, docker, easel, small_painting, peel_exactly
):
    easel.picture(small_painting[::-1])
    easel.add_layer("Mine")
    easel.paint(small_painting[20:110, 10:150], "Mine", left=10, top=20)
    easel.activate("Mine")
    before = krita.pixels()
    peel_exactly("Active layer")
    easel.change_layer("Mine", visible=False)
    assert krita.layer_tree()[-1].children[0].bounds == (10, 20, 140, 90)
    np.testing.assert_array_equal(krita.pixels(), before)


def test_patch_is_a_setting_and_an_older_patch_can_be_peeled_again(
    krita, docker, easel, small_painting, peel_exactly
):
    easel.picture(small_painting)
    docker.open_settings()
    docker.picture_of("settings-with-patches")
    krita.click("layerpeel_patches")
    docker.close_settings("ok")
    assert peel_exactly() == DONE
    left, top, width, height = krita.layer_tree()[1].children[0].bounds
    assert width < 110
    assert height < 110
    assert (left, top) != (0, 0)

    docker.change_settings(engine=ENGINE)
    easel.select(disc_selection((115, 70), 25.0))
    assert docker.peel() == DONE
    np.testing.assert_array_equal(krita.pixels(), small_painting)
    inner = krita.layer_tree()[1].children[1]
    assert inner.name == "Peeled selection 2"
    assert inner.children[0].bounds == (0, 0, 160, 120)
    assert docker.fill_in_otherwise().startswith("Done: another background.")
    easel.select(disc_selection((45, 90), 20.0))
    assert docker.peel() == DONE
    np.testing.assert_array_equal(krita.pixels(), small_painting)
    noted = krita.evaluate(f"bytes(documents.active().annotation({NOTES!r})).decode()")
    assert json.loads(noted)["groups"][0]["patch"] is True
    for _step in range(4):
        krita.undo()
    np.testing.assert_array_equal(krita.pixels(), small_painting)
