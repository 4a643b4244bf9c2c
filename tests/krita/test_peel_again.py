"""Peel again: each time the next thing comes off what the last peel left."""

import numpy as np
import pytest
from krita_harness.docker import DONE
from krita_harness.pictures import disc_selection, small_picture

pytestmark = [pytest.mark.krita, pytest.mark.usefixtures("backend")]

CENTRES = ((45, 50), (80, 60), (115, 70))
PICTURE = "Whole picture"


def peel_discs(krita, docker, easel):
    """Peel a disc off at each centre, and return the layers after each peel."""
    docker.lift("selection")
    docker.take_edge_exactly()
    trees = []
    for centre in CENTRES:
        easel.select(disc_selection(centre, 25.0))
        assert docker.peel() == DONE
        assert docker.button == "Peel again"
        trees.append(krita.layer_tree())
        np.testing.assert_array_equal(krita.pixels(), small_picture())
    return trees


def test_each_peel_goes_on_from_what_the_last_one_left(krita, docker, easel, small_painting):
    easel.picture(small_painting)
    before = krita.layer_tree()
    assert docker.source == PICTURE
    assert docker.button == "Peel"
    trees = peel_discs(krita, docker, easel)

    names = ["Peeled selection", "Peeled selection 2", "Peeled selection 3"]
    around = trees[-1][1]
    for name, inner in zip(names, [*names[1:], None], strict=True):
        assert (around.name, around.type) == (name, "grouplayer")
        layers = [layer.name for layer in around.children]
        assert layers == ["Background", *([inner] if inner else []), "Foreground"]
        around = around.children[1]
    assert docker.source == "What “Peeled selection 3” left"

    for index in reversed(range(len(CENTRES))):
        krita.undo()
        assert krita.layer_tree() == (trees[index - 1] if index else before)
        np.testing.assert_array_equal(krita.pixels(), small_painting)
        easel.undo_selecting()
    docker.look_again()
    krita.wait_until(lambda: docker.source == PICTURE, 5, "the source to be the picture again")
    for tree in trees:
        easel.redo_selecting()
        krita.redo()
        assert krita.layer_tree() == tree
        np.testing.assert_array_equal(krita.pixels(), small_painting)


def test_after_undo_it_goes_on_from_the_peel_before(krita, docker, easel, small_painting):
    easel.picture(small_painting)
    trees = peel_discs(krita, docker, easel)
    krita.undo()
    easel.undo_selecting()
    krita.undo()
    docker.look_again()
    krita.wait_until(lambda: docker.source == "What “Peeled selection” left", 5, "the source")
    easel.select(disc_selection((110, 80), 20.0))
    assert docker.peel() == DONE
    group = krita.layer_tree()[1]
    assert group.children[0] == trees[0][1].children[0]
    assert [layer.type for layer in group.children] == ["paintlayer", "grouplayer", "paintlayer"]
    np.testing.assert_array_equal(krita.pixels(), small_painting)


def test_several_layers_come_at_once_in_one_undo_step(krita, docker, easel, make_scene):
    two = make_scene((240, 180), "hills0", ("nightmare", 5, 50, 90), ("jessica", 140, 30, 130))
    pixels = np.dstack([two.picture, np.full(two.picture.shape[:2], 255, np.uint8)])
    easel.picture(pixels)
    before = krita.layer_tree()
    krita.click("layerpeel_layers")
    krita.press("ctrl+a")
    krita.write("2")
    line = docker.peel()
    group = krita.layer_tree()[1]
    names = [layer.name for layer in group.children]
    assert line == "Done: 3 layers."
    assert names == ["Background", "Left", "Right"]
    np.testing.assert_array_equal(krita.pixels(), pixels)
    krita.undo()
    assert krita.layer_tree() == before
