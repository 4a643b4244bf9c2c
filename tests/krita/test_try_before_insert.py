"""A result that is looked at in the docker before any of it is in the document."""

import sqlite3
from contextlib import closing

import numpy as np
import pytest
from krita_harness.backend import Backend
from krita_harness.docker import DONE, Docker
from krita_harness.easel import Easel
from krita_harness.home import ENGINE
from krita_harness.pictures import disc_selection
from krita_harness.results import ResultsPage

pytestmark = [pytest.mark.krita, pytest.mark.usefixtures("isnet_store")]

DISC, BESIDE = (80, 60), (8, 110)  # Within what is lifted off, and far from it.
CLOSED = "The document was closed. The result waits under Results."
ORANGE, BLUE = "orange", "blue"


def named(colour):
    red, _green, blue = colour
    return ORANGE if red > blue + 60 else BLUE if blue > red + 60 else colour


def test_it_is_chosen_in_the_settings_and_kept(krita, docker):
    docker.open_settings()
    assert not krita.evaluate("widgets.the('layerpeel_looks_first').isChecked()")
    krita.click("layerpeel_looks_first")
    krita.screenshot_of("layerpeel_settings", "settings")
    docker.close_settings("ok")
    docker.open_settings()
    assert krita.evaluate("widgets.the('layerpeel_looks_first').isChecked()")
    docker.close_settings("cancel")


def test_it_is_seen_apart_and_inserted_in_one_undo_step(
    krita, docker, easel, results, backend, small_painting, peel_and_look
):
    easel.picture(small_painting)
    before = krita.layer_tree()
    peel_and_look()
    assert krita.layer_tree() == before
    assert named(results.colour_at(*DISC)) == BLUE
    assert named(results.colour_at(*BESIDE)) == BLUE
    results.picture_of("look-background")
    results.see("lifted")
    assert named(results.colour_at(*DISC)) == ORANGE
    grey = results.colour_at(*BESIDE)
    assert max(grey) - min(grey) == 0
    results.picture_of("look-lifted")
    krita.choose("layerpeel_look_backdrop", "Green")
    assert results.colour_at(*BESIDE) == [0, 177, 64]
    results.see("all")
    shown = np.array([results.colour_at(x, 60) for x in (20, 62, 80, 98)])
    assert np.abs(shown - small_painting[60, [20, 62, 80, 98], :3]).max() < 40
    results.picture_of("look-all")
    assert krita.layer_tree() == before

    results.insert_what_is_seen()
    krita.wait_until(lambda: docker.message == DONE, 30, "the layers")
    group = krita.layer_tree()[1]
    assert [layer.name for layer in group.children] == ["Background", "Foreground"]
    np.testing.assert_array_equal(krita.pixels(), small_painting)
    assert docker.button == "Peel again"
    krita.undo()
    assert krita.layer_tree() == before


def test_what_is_painted_before_it_is_inserted_stays_in_sight(
    krita, docker, easel, results, backend, small_painting, peel_and_look
):
    source = easel.picture(small_painting)
    peel_and_look()
    easel.paint(np.full((12, 30, 4), 255, np.uint8), source, left=60, top=50)
    painted = krita.pixels()
    results.see("all")
    results.insert_what_is_seen()
    krita.wait_until(lambda: docker.message.startswith(DONE), 30, "the layers")
    group = krita.layer_tree()[1]
    assert [layer.name for layer in group.children][2:] == ["Painted meanwhile"]
    np.testing.assert_array_equal(krita.pixels(), painted)

    # Inserted once more, it comes on top of the first, and shows what there is by then.
    easel.paint(np.full((12, 30, 4), 255, np.uint8), group.children[1].id, left=60, top=30)
    painted = krita.pixels()
    results.open()
    results.choose()
    assert results.insert().startswith(DONE)
    assert [layer.name for layer in krita.layer_tree()][1:] == [group.name, group.name]
    np.testing.assert_array_equal(krita.pixels(), painted)


def test_not_now_keeps_what_is_being_fetched_out_of_the_document(
    krita, easel, results, backend, small_painting, peel_and_look
):
    easel.picture(small_painting)
    peel_and_look()
    with backend.unanswering():
        results.insert_what_is_seen()
        results.leave()
    results.open()
    # Pressed twice, it comes once.
    results.choose()
    with backend.unanswering():
        krita.click("layerpeel_insert_result")
        krita.click("layerpeel_insert_result")
    krita.wait_until(lambda: results.message == DONE, 30, "the layers")
    results.open()
    assert len(krita.layer_tree()) == 2


def test_the_original_is_seen_while_before_is_held(
    krita, easel, results, backend, small_painting, peel_and_look
):
    easel.picture(small_painting)
    peel_and_look()
    left, top, width, height = krita.place_of("layerpeel_look_before")
    krita.display.xdotool("mousemove", str(left + width // 2), str(top + height // 2))
    krita.display.xdotool("mousedown", "1")
    try:
        krita.wait_until(lambda: named(results.colour_at(*DISC)) == ORANGE, 5, "the original")
    finally:
        krita.display.xdotool("mouseup", "1")
    krita.wait_until(lambda: named(results.colour_at(*DISC)) == BLUE, 5, "the result")


def test_it_may_be_left_and_waits_as_one_that_nobody_has_fetched(
    krita, docker, easel, results, backend, small_painting, peel_and_look, tmp_path
):
    easel.picture(small_painting)
    before = krita.layer_tree()
    peel_and_look()
    krita.save(tmp_path / "saved.kra")
    results.leave()
    assert docker.button == "Peel"
    assert krita.layer_tree() == before
    krita.close_documents()
    krita.open_picture(tmp_path / "saved.kra")
    assert [layer.name for layer in krita.layer_tree()] == [layer.name for layer in before]
    results.open()
    job = results.choose()
    with closing(sqlite3.connect(backend.folder / "jobs" / "jobs.sqlite")) as database:
        rows = database.execute("SELECT fetched FROM jobs WHERE id = ?", (job,)).fetchall()
    assert rows == [(0,)]
    assert results.insert() == DONE
    np.testing.assert_array_equal(krita.pixels(), small_painting)


def test_what_is_painted_while_it_is_looked_at_stays_in_sight(
    krita, docker, easel, results, backend, small_painting, peel_and_look
):
    layer = easel.picture(small_painting)
    peel_and_look()
    easel.select(None)
    easel.paint(np.full((20, 20, 4), (200, 0, 0, 255)), layer, left=70, top=50)
    painted = krita.pixels()
    results.insert_what_is_seen()
    krita.wait_until(lambda: docker.message.startswith("Done"), 30, "the layers")
    assert len(krita.layer_tree()) == 2
    np.testing.assert_array_equal(krita.pixels(), painted)


def test_it_goes_into_the_document_that_was_peeled(
    krita, docker, easel, results, backend, small_painting, peel_and_look
):
    easel.picture(small_painting, name="First")
    peel_and_look()
    easel.picture(small_painting[::-1], name="Second")
    second = krita.layer_tree()
    results.insert_what_is_seen()
    krita.wait_until(lambda: docker.message == DONE, 30, "the layers")
    assert krita.layer_tree() == second
    easel.bring_to_front("First")
    assert len(krita.layer_tree()) == 2
    peel_and_look()
    easel.close("First")
    results.insert_what_is_seen()
    krita.wait_until(lambda: results.message == CLOSED, 10, "the line")
    assert krita.layer_tree() == second


@pytest.mark.parametrize(("depth", "form"), [("U16", "Layers with masks"), ("F32", "Layers")])
def test_in_any_depth_and_with_masks(
    krita, docker, easel, results, backend, small_painting, peel_and_look, depth, form
):
    scale = {"U16": 257, "F32": 1 / 255}[depth]
    easel.picture(small_painting.astype(np.float64) * scale, depth=depth)
    before = krita.layer_tree()
    peel_and_look(form=form)
    assert krita.layer_tree() == before
    assert named(results.colour_at(*DISC)) == BLUE
    results.see("lifted")
    assert named(results.colour_at(*DISC)) == ORANGE
    grey = results.colour_at(*BESIDE)
    assert max(grey) - min(grey) == 0


def test_another_background_is_seen_first_too(
    krita, docker, easel, results, backend, small_painting, peel_exactly
):
    easel.picture(small_painting)
    assert peel_exactly() == DONE
    docker.change_settings(engine=ENGINE, inserts_at_once=False)
    before = krita.layer_tree()
    krita.click("layerpeel_another_background")
    results.wait_for_look()
    assert krita.layer_tree() == before
    assert named(results.colour_at(*DISC)) == BLUE
    results.insert_what_is_seen()
    krita.wait_until(lambda: docker.message == "Done: 1 layer.", 30, "the layer")
    names = [layer.name for layer in krita.layer_tree()[1].children]
    assert names == ["Background", "Background 2", "Foreground"]


def test_the_wheel_zooms_and_dragging_moves_it(
    krita, easel, results, backend, small_painting, peel_and_look
):
    easel.picture(small_painting)
    peel_and_look()
    left, top, width, height = krita.place_of("layerpeel_look_view")
    scale = "widgets.the('layerpeel_look_view').zoom.scale"
    whole = krita.evaluate(scale)
    krita.display.xdotool("mousemove", str(left + width // 2), str(top + height // 2))
    for _ in range(4):
        krita.display.xdotool("click", "4")
    krita.wait_until(lambda: krita.evaluate(scale) > 2 * whole, 5, "the zoom")
    place = "list(widgets.the('layerpeel_look_view').place_on_widget(80, 60))"
    at = krita.evaluate(place)
    krita.display.xdotool("mousedown", "1")
    for step in (10, 20, 30):
        x, y = left + width // 2 + step, top + height // 2 + step // 2
        krita.display.xdotool("mousemove", str(x), str(y))
    krita.display.xdotool("mouseup", "1")
    krita.wait_until(
        lambda: np.allclose(np.subtract(krita.evaluate(place), at), (30, 15)), 5, "the move"
    )
    krita.click("layerpeel_look_fit")
    krita.wait_until(lambda: krita.evaluate(scale) == whole, 5, "the whole picture")


def test_it_waits_when_krita_is_killed_before_it_is_inserted(launch_krita, small_painting):
    krita = launch_krita()
    backend = Backend(krita.home)
    backend.register()
    docker, results, easel = Docker(krita), ResultsPage(krita), Easel(krita)
    docker.change_settings(engine=ENGINE, inserts_at_once=False)
    easel.picture(small_painting, name="Castle")
    easel.select(disc_selection())
    docker.lift("selection")
    docker.start()
    results.wait_for_look()
    process = backend.pid
    krita.kill()
    backend.wait_for_end_of(process)
    krita.start()
    easel.picture(small_painting, name="Castle")
    results.open()
    results.choose()
    results.look()
    assert named(results.colour_at(*DISC)) == BLUE
    results.insert_what_is_seen()
    krita.wait_until(lambda: results.message == DONE, 30, "the layers")
    np.testing.assert_array_equal(krita.pixels(), small_painting)
