"""Another background: the last result's is filled in otherwise, and what was lifted off stays."""

import hashlib

import numpy as np
import pytest
from krita_harness.docker import DONE
from krita_harness.pictures import opaque

pytestmark = [pytest.mark.krita, pytest.mark.usefixtures("backend")]

ANOTHER = "Done: another background. Press again for the next."
CHANGED = "What was lifted off has been moved, painted on or removed since"


@pytest.fixture(scope="module")
def hills(make_scene):
    """A picture in which pieces from elsewhere look different."""
    return opaque(make_scene((160, 120), "hills0").picture)


@pytest.fixture
def peeled(easel, hills, peel_exactly):
    """The hills with a soft disc lifted off."""
    easel.picture(hills)
    assert peel_exactly() == DONE


def _alone(krita, easel):
    """The picture without what was lifted off."""
    easel.change_layer("Foreground", visible=False)
    alone = krita.pixels()
    easel.change_layer("Foreground", visible=True)
    return alone


def _first(krita):
    """The background that the result came with."""
    return krita.layer_tree()[1].children[0].id


def test_each_press_brings_another_in_one_undo_step(krita, docker, easel, hills, peeled):
    trees, looks = [krita.layer_tree()], [_alone(krita, easel)]
    for number in (2, 3):
        assert docker.fill_in_otherwise() == ANOTHER
        trees.append(krita.layer_tree())
        looks.append(_alone(krita, easel))
        np.testing.assert_array_equal(krita.pixels(), hills)
        layers, before = trees[-1][1].children, trees[-2][1].children
        names = [layer.name for layer in layers]
        assert names == [f"Background{end}" for end in ("", " 2", " 3")[:number]] + ["Foreground"]
        assert (*layers[:-2], layers[-1]) == before
    for number, look in enumerate(looks):
        for other in looks[:number]:
            assert (look != other).any(axis=-1).sum() > 50
    for tree, look in zip(trees[-2::-1], looks[-2::-1], strict=True):
        krita.undo()
        assert krita.layer_tree() == tree
        np.testing.assert_array_equal(_alone(krita, easel), look)
    # The first of them comes again by redo; a further one is another.
    assert docker.fill_in_otherwise() == ANOTHER
    assert all((_alone(krita, easel) != look).any() for look in looks)


def test_peel_again_goes_on_from_the_background_that_was_chosen(
    krita, docker, easel, hills, peeled, peel_exactly
):
    assert docker.fill_in_otherwise() == ANOTHER
    chosen = _alone(krita, easel)
    assert peel_exactly("What “Peeled selection” left") == DONE
    group = krita.layer_tree()[1]
    names = [layer.name for layer in group.children]
    assert names == ["Background", "Background 2", "Peeled selection 2", "Foreground"]
    np.testing.assert_array_equal(krita.pixels(), hills)
    outer = group.children[-1].id
    easel.change_layer(outer, visible=False)
    np.testing.assert_array_equal(krita.pixels(), chosen)


def test_it_is_offered_where_there_is_a_result_and_goes_with_undo(krita, docker, peeled):
    assert docker.offers_another_background
    krita.undo()
    docker.look_again()
    krita.wait_until(lambda: not docker.offers_another_background, 5, "the button to go")


def test_the_foreground_may_be_hidden_meanwhile(krita, docker, easel, peeled):
    easel.change_layer("Foreground", visible=False)
    before = krita.pixels()
    assert docker.fill_in_otherwise() == ANOTHER
    assert (krita.pixels() != before).any()


@pytest.mark.parametrize(
    ("place", "kept", "change"),
    [
        (0, {"visible": True}, {"visible": False}),
        (1, {"visible": True}, {"visible": False}),
        (0, {"opacity": 255}, {"opacity": 90}),
    ],
)
def test_what_is_hidden_or_faded_meanwhile_flattens_to_the_picture_once_shown(
    krita, docker, easel, hills, peeled, peel_exactly, place, kept, change
):
    assert docker.fill_in_otherwise() == ANOTHER
    usual = _alone(krita, easel)
    easel.picture(hills)
    assert peel_exactly() == DONE
    group = krita.layer_tree()[1]
    layer = (group, *group.children)[place].id
    easel.change_layer(layer, **change)
    assert docker.fill_in_otherwise() == ANOTHER
    easel.change_layer(layer, **kept)
    np.testing.assert_array_equal(krita.pixels(), hills)
    np.testing.assert_array_equal(_alone(krita, easel), usual)


def test_what_is_painted_meanwhile_stays(krita, docker, backend, easel, peeled):
    before = krita.pixels()
    with backend.held():
        krita.click("layerpeel_another_background")
        docker.wait_until_it_runs()
        easel.paint(np.full((120, 30, 4), (200, 0, 0, 255)), _first(krita))
        painted = krita.pixels()
    assert docker.wait_for_end() == ANOTHER
    assert (painted != before).any()
    np.testing.assert_array_equal(krita.pixels(), painted)


def test_a_foreground_that_moves_meanwhile_is_told_and_nothing_comes(
    krita, docker, backend, easel, peeled
):
    with backend.held():
        krita.click("layerpeel_another_background")
        docker.wait_until_it_runs()
        easel.move_layer("Foreground", 12, 3)
        before = krita.layer_tree()
    assert docker.wait_for_end().startswith(CHANGED)
    assert krita.layer_tree() == before


def test_of_a_layer_in_a_faded_group_again_and_again(krita, docker, easel, hills, peel_exactly):
    easel.picture(hills[::-1])
    easel.add_layer("Around", "grouplayer")
    easel.add_layer("Inner", parent="Around")
    easel.paint(hills, "Inner")
    easel.change_layer("Around", opacity=128)
    easel.activate("Inner")
    assert peel_exactly("Active layer").startswith(DONE)
    before = krita.pixels()
    for _ in range(2):
        assert docker.fill_in_otherwise() == ANOTHER
        np.testing.assert_array_equal(krita.pixels(), before)
    chosen = _alone(krita, easel)
    assert peel_exactly("What “Peeled selection” left").startswith(DONE)
    np.testing.assert_array_equal(krita.pixels(), before)
    outer = krita.layer_tree()[1].children[-1].children[-1].id
    easel.change_layer(outer, visible=False)
    np.testing.assert_array_equal(krita.pixels(), chosen)


def test_without_the_background_that_it_came_with_a_line_says_so(krita, docker, easel, peeled):
    assert docker.fill_in_otherwise() == ANOTHER
    easel.remove_layer(_first(krita))
    before = krita.layer_tree()
    assert "only lie over it" in docker.fill_in_otherwise()
    assert krita.layer_tree() == before


def test_where_the_foreground_has_moved_a_line_says_so_and_nothing_changes(
    krita, docker, easel, peeled
):
    easel.move_layer("Foreground", 12, 3)
    before = krita.layer_tree()
    assert docker.fill_in_otherwise().startswith(CHANGED)
    assert krita.layer_tree() == before
    easel.remove_layer("Foreground")
    assert docker.fill_in_otherwise().startswith(CHANGED)


@pytest.mark.parametrize("depth", ["U8", "U16", "F32"])
def test_with_masks_and_in_any_depth(krita, docker, easel, hills, peel_exactly, depth):
    scale = {"U8": 1, "U16": 257, "F32": 1 / 255}[depth]
    easel.picture(hills.astype(np.float64) * scale, depth=depth)
    docker.give_back_as("Layers with masks")
    assert peel_exactly() == DONE
    before = krita.pixels()
    assert docker.fill_in_otherwise() == ANOTHER
    np.testing.assert_array_equal(krita.pixels(), before)
    krita.undo()
    assert [layer.name for layer in krita.layer_tree()[1].children] == ["Background", "Foreground"]


def test_a_background_that_is_see_through_is_refused(krita, docker, easel, hills, peel_exactly):
    faded = hills.copy()
    faded[:, :30, 3] = 100
    easel.picture(faded)
    assert peel_exactly().startswith(DONE)
    before = krita.layer_tree()
    assert "transparent in places" in docker.fill_in_otherwise()
    assert krita.layer_tree() == before


def test_it_can_be_cancelled(krita, docker, backend, peeled):
    before = krita.layer_tree()
    with backend.held():
        krita.click("layerpeel_another_background")
        docker.wait_until_it_runs()
        docker.cancel()
        assert docker.wait_for_end() == "Cancelled."
    assert krita.layer_tree() == before
    assert docker.fill_in_otherwise() == ANOTHER
    docker.picture_of("another-background")


def test_an_older_one_comes_again_over_the_newest(krita, docker, easel, results, hills, peeled):
    looks = []
    for _ in range(2):
        assert docker.fill_in_otherwise() == ANOTHER
        looks.append(_alone(krita, easel))
    results.take(1)
    results.close()
    names = [layer.name for layer in krita.layer_tree()[1].children]
    assert names == ["Background", "Background 2", "Background 3", "Background 2", "Foreground"]
    np.testing.assert_array_equal(_alone(krita, easel), looks[0])
    np.testing.assert_array_equal(krita.pixels(), hills)


def test_an_older_one_comes_again_though_what_it_lay_over_is_gone(
    krita, docker, easel, results, peeled
):
    for _ in range(2):
        assert docker.fill_in_otherwise() == ANOTHER
    look = _alone(krita, easel)
    krita.undo()
    krita.undo()
    results.take(0)
    results.close()
    names = [layer.name for layer in krita.layer_tree()[1].children]
    assert names == ["Background", "Background 3", "Foreground"]
    np.testing.assert_array_equal(_alone(krita, easel), look)


def test_what_was_peeled_since_stays_the_last_result(
    krita, docker, easel, results, hills, peeled, peel_exactly
):
    assert docker.fill_in_otherwise() == ANOTHER
    assert peel_exactly("What “Peeled selection” left") == DONE
    results.take(1)
    results.close()
    outer = krita.layer_tree()[1].children
    assert [layer.name for layer in outer[:3]] == ["Background", "Background 2", "Background 2"]
    assert docker.fill_in_otherwise() == ANOTHER
    inner = krita.layer_tree()[1].children[-2]
    assert [layer.name for layer in inner.children][::2] == ["Background", "Foreground"]
    assert len(inner.children) == 3
    np.testing.assert_array_equal(krita.pixels(), hills)


LARGE_STACK = """
from layerpeel.plugin.canvas.hiding import hidden_by_layers
from layerpeel.shared import protocol as p
def layer(left, top, width, height, mask=None, role=p.Role.FOREGROUND):
    data = b"\\xff" * (4 * width * height)
    block = p.PixelBlock(width, height, p.ColourModel.RGBA, p.Depth.U8, data)
    return p.Layer("Large", role, block, (left, top), mask=mask)
halves = p.Coverage(1400, 1200, (b"\\xff" * 700 + b"\\xfe" * 700) * 1200)
layers = (
    layer(0, 0, 1600, 1400, role=p.Role.BACKGROUND), layer(50, 100, 1400, 1200, halves),
    layer(900, 0, 3, 1400),
)
looking, turns = hidden_by_layers(p.LayerStack((1600, 1400), layers, p.MadeWith("none", 0))), 0
try:
    while True:
        next(looking)
        turns += 1
except StopIteration as end:
    result = [end.value, turns]
"""


def test_what_a_large_result_hides_is_looked_at_in_bands(krita):
    found, turns = krita.run(LARGE_STACK)
    hidden = np.zeros((1400, 1600), np.uint8)
    hidden[100:1300, 50:750] = 255
    hidden[:, 900:903] = 255
    assert found == hashlib.sha256(hidden.tobytes()).hexdigest()
    # Of the layers four bands and one, and of the canvas five.
    assert turns == 10
