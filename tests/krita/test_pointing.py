"""Pointing at something in the docker's picture: outline, peel, and what stays untouched."""

import numpy as np
import pytest
from krita_harness.docker import DONE, SELECTED
from krita_harness.home import ENGINE
from krita_harness.pointing import MIDDLE, RIGHT, PointingPanel
from krita_harness.strangers import stranger

pytestmark = [pytest.mark.krita, pytest.mark.usefixtures("pointing_store")]

BEGIN = "Click what to lift off, right-click what should stay."
CORRECT = "More clicks and right-clicks correct it. Then press Peel."
CHOOSE = "Untick what should stay, merge what belongs together, then press Peel."
ENGINE_ASKED = """
from layerpeel.plugin.canvas.pixels import SourceKind
from layerpeel.plugin.canvas.pointed_source import read_to_point_at
from layerpeel.plugin.peel.peel_choice import Choice, LiftOff
from layerpeel.plugin.peel.peel_message import message_for
from layerpeel.plugin.pointing.marks import PointedAt
from layerpeel.shared.jobs import SubmitJob
from layerpeel.shared.protocol import Point, Points
from layerpeel.shared.wire import unpack

def outcome(turns):
    while True:
        try:
            next(turns)
        except StopIteration as end:
            return end.value

document = documents.active()
source = outcome(read_to_point_at(document, SourceKind.PICTURE))
pointed_at = PointedAt(Points((Point(*click, True),)), source.fingerprint)
lifts = {"point": Choice(LiftOff.POINT, pointed_at=pointed_at), "subject": Choice()}
submission = outcome(message_for(document, lifts[lift], engine))
result = unpack(SubmitJob, b"".join(submission.message)).request.engine
"""
CHANGED = "The picture has changed since you pointed: look at the outline, then peel again."


@pytest.fixture(scope="module")
def two(make_scene):
    """Two people side by side, 240×180."""
    return make_scene((240, 180), "hills0", ("nightmare", 5, 50, 90), ("jessica", 140, 30, 130))


@pytest.fixture(scope="module")
def two_painted(two):
    """H×W×4 of the scene, opaque."""
    return np.dstack([two.picture, np.full(two.picture.shape[:2], 255, np.uint8)])


def middle_of(alpha):
    """Return x, y of a pixel in the middle of what is covered."""
    rows, columns = np.nonzero(alpha > 250)
    middle = np.argmin(np.hypot(rows - rows.mean(), columns - columns.mean()))
    return int(columns[middle]), int(rows[middle])


def overlap(mask, alpha):
    """Intersection over union."""
    covered = alpha > 127
    return (mask & covered).sum() / (mask | covered).sum()


def test_what_is_clicked_is_outlined_and_peel_takes_it(
    krita, easel, docker, pointing, two, two_painted
):
    easel.picture(two_painted)
    untouched = krita.layer_tree()
    easel.add_layer("Empty")
    before = krita.layer_tree()
    krita.run("documents.active().setModified(False)")
    pointing.open()
    assert pointing.line == BEGIN
    pointing.click(*middle_of(two.alphas[1]))
    assert pointing.wait_for_answer() == CORRECT
    docker.picture_of("pointing-outline")
    outline = pointing.outline((240, 180))
    assert overlap(outline, two.alphas[1]) > 0.7
    assert krita.layer_tree() == before
    assert not krita.evaluate("documents.active().modified()")
    krita.undo()
    assert krita.layer_tree() == untouched

    assert docker.peel() == DONE
    (_, group) = krita.layer_tree()
    assert group.name == "Peeled thing"
    np.testing.assert_array_equal(krita.pixels(), two_painted)
    alpha = krita.pixels("Foreground", area=(0, 0, 240, 180))[..., 3]
    assert overlap(outline, alpha) > 0.8
    assert docker.source == "What “Peeled thing” left"
    assert pointing.marks == 0
    krita.undo()
    docker.look_again()
    krita.wait_until(lambda: pointing.marks == 1, 20, "the picture's own marks")
    krita.redo()
    krita.undo()
    assert krita.layer_tree() == untouched


@pytest.mark.parametrize(
    ("lift", "chosen", "asked"),
    [
        ("point", "auto", "compact"),
        ("point", "layeringdiff", "layeringdiff"),
        ("subject", "auto", "auto"),
    ],
)
def test_left_to_choose_the_engine_that_has_outlined_it_peels(
    krita, easel, two, two_painted, lift, chosen, asked
):
    easel.picture(two_painted)
    click = middle_of(two.alphas[1])
    assert krita.run(ENGINE_ASKED, lift=lift, engine=chosen, click=click) == asked


def test_the_other_one_is_kept_out_by_right_click_and_by_ctrl_click(
    krita, easel, pointing, two, two_painted
):
    easel.picture(two_painted)
    pointing.open()
    here, there = middle_of(two.alphas[0]), middle_of(two.alphas[1])
    pointing.click(*here)
    pointing.click(*there, button=RIGHT)
    pointing.click(there[0], there[1] + 9, held="ctrl")
    pointing.wait_for_answer()
    assert pointing.points == [
        [[*here, True], [*there, False], [there[0], there[1] + 9, False]],
        None,
    ]
    outline = pointing.outline((240, 180))
    assert overlap(outline, two.alphas[0]) > 0.7
    assert not outline[there[1], there[0]]


def test_selection_only_selects_what_is_outlined(krita, easel, docker, pointing, two, two_painted):
    easel.picture(two_painted)
    before = krita.layer_tree()
    pointing.open()
    pointing.click(*middle_of(two.alphas[1]))
    pointing.wait_for_answer()
    docker.give_back_as("Selection only")
    assert docker.peel() == SELECTED
    assert krita.layer_tree() == before
    assert overlap(pointing.outline((240, 180)), easel.selection) > 0.8


def test_peel_says_that_nothing_is_pointed_at(krita, easel, docker, pointing, two_painted):
    easel.picture(two_painted)
    pointing.open()
    assert docker.peel() == "Point at what to lift off first."
    pointing.click(200, 20, button=RIGHT)
    assert pointing.line == "Click what to lift off, or drag a box round it."
    assert docker.peel() == "Point at what to lift off first."


def test_picture_that_changed_after_the_click_is_shown_anew_before_it_is_peeled(
    krita, easel, docker, pointing, two, two_painted
):
    easel.picture(two_painted)
    pointing.open()
    pointing.click(*middle_of(two.alphas[1]))
    pointing.wait_for_answer()
    points = pointing.points
    easel.paint(np.full((20, 20, 4), 255, np.uint8), left=100, top=5)
    painted = krita.pixels()
    before = krita.layer_tree()
    assert docker.peel() == CHANGED
    assert krita.layer_tree() == before
    assert pointing.wait_for_answer() == CORRECT
    assert pointing.points == points
    assert docker.peel() == DONE
    np.testing.assert_array_equal(krita.pixels(), painted)


def test_picture_that_changes_while_the_backend_looks_at_it_is_asked_about_again(
    krita, easel, docker, pointing, two, two_painted
):
    easel.picture(two_painted)
    pointing.open()
    pointing.click(*middle_of(two.alphas[1]))
    easel.paint(np.full((20, 20, 4), 255, np.uint8), left=100, top=5)
    docker.look_again()
    krita.wait_until(lambda: pointing.colour_at(110, 15) == [255, 255, 255], 20, "the change")
    assert pointing.wait_for_answer() == CORRECT
    assert overlap(pointing.outline((240, 180)), two.alphas[1]) > 0.7


def test_one_thing_after_the_other_comes_off_what_was_left_and_a_change_there_is_seen(
    krita, easel, docker, pointing, make_scene
):
    people = ("nightmare", 5, 60, 80), ("jessica", 75, 50, 110), ("nightmare", 170, 60, 80)
    scene = make_scene((240, 180), "hills0", *people)
    easel.picture(np.dstack([scene.picture, np.full((180, 240), 255, np.uint8)]))
    pointing.open()
    for alpha in scene.alphas[:2]:
        pointing.click(*middle_of(alpha))
        pointing.wait_for_answer()
        assert docker.peel() == DONE
        pointing.wait_for_answer()
    pointing.click(*middle_of(scene.alphas[2]))
    pointing.wait_for_answer()
    # In a corner that nothing was lifted from.
    left = krita.layer_tree()[1].children[1].children[0]
    easel.paint(np.full((10, 10, 4), 255, np.uint8), left.id)
    assert docker.peel() == CHANGED
    assert pointing.wait_for_answer() == CORRECT
    assert pointing.colour_at(5, 5) == [255, 255, 255]
    assert docker.peel() == DONE
    assert docker.source == "What “Peeled thing 3” left"


def test_each_document_keeps_its_own_points(krita, easel, pointing, two, two_painted):
    easel.picture(two_painted, name="First")
    pointing.open()
    pointing.click(*middle_of(two.alphas[1]))
    pointing.wait_for_answer()
    outline, points = pointing.outline((240, 180)), pointing.points
    easel.picture(two_painted[:, ::-1], name="Second")
    krita.wait_until(lambda: pointing.marks == 0, 20, "the other picture")
    pointing.wait_for_picture()
    pointing.click(30, 90)
    pointing.wait_for_answer()
    easel.bring_to_front("First")
    krita.wait_until(lambda: pointing.points == points, 20, "the points of the first")
    pointing.wait_for_answer()
    np.testing.assert_array_equal(pointing.outline((240, 180)), outline)
    easel.close("First")
    krita.wait_until(lambda: pointing.points == [[[30, 90, True]], None], 20, "the second's")
    easel.close("Second")
    krita.wait_until(lambda: pointing.line == "Open a picture first.", 20, "the line")


def test_backend_killed_between_clicks_is_started_again_and_nothing_is_lost(
    krita, easel, pointing, session_backend, two, two_painted
):
    easel.picture(two_painted)
    pointing.open()
    pointing.click(*middle_of(two.alphas[1]))
    pointing.wait_for_answer()
    outline = pointing.outline((240, 180))
    session_backend.kill()
    x, y = middle_of(two.alphas[1])
    pointing.click(x, y - 20)
    assert pointing.wait_for_answer() == CORRECT
    assert pointing.marks == 2
    assert overlap(outline, pointing.outline((240, 180)) * 255) > 0.7


def test_backend_that_has_forgotten_the_picture_is_shown_it_again(
    krita, easel, pointing, two, two_painted
):
    easel.picture(two_painted)
    pointing.open()
    pointing.wait_for_answer()
    pointing.let_backend_forget()
    pointing.click(*middle_of(two.alphas[1]))
    assert pointing.wait_for_answer() == CORRECT
    assert overlap(pointing.outline((240, 180)), two.alphas[1]) > 0.7


def test_what_the_backend_refuses_is_said_and_the_points_stay(
    krita, easel, docker, pointing, painter, two, two_painted
):
    easel.picture(two_painted)
    # The painter answers no such question.
    with stranger(painter.handler()) as address:
        docker.change_settings(engine=ENGINE, address=address)
        pointing.open()
        pointing.click(*middle_of(two.alphas[1]))
        assert pointing.wait_for_answer() == "No such call."
        docker.forget_settings()
    assert pointing.marks == 1
    docker.look_again()
    krita.wait_until(lambda: pointing.line == CORRECT, 60, "the backend's answer")


def test_ctrl_z_over_the_picture_undoes_a_click_and_nothing_in_krita(
    krita, easel, pointing, two_painted
):
    easel.picture(two_painted)
    easel.add_layer("Above")
    before = krita.layer_tree()
    pointing.open()
    pointing.click(60, 100)
    pointing.click(80, 100)
    pointing.undo_by_key()
    assert pointing.marks == 1
    pointing.open_things()
    pointing.undo_by_key()
    pointing.open()
    assert pointing.marks == 1
    pointing.press("clear_marks")
    assert pointing.marks == 0
    pointing.undo_by_key()
    assert krita.layer_tree() == before


def test_box_strokes_undo_and_clear(krita, easel, docker, pointing, two, two_painted):
    easel.picture(two_painted)
    before = krita.layer_tree()
    pointing.open()
    left, top, width, height = two.box_of(1, margin=4)
    pointing.drag((left, top), (left + width - 1, top + height - 1))
    assert pointing.wait_for_answer() == CORRECT
    docker.picture_of("pointing-box")
    points, box = pointing.points
    assert points == []
    np.testing.assert_allclose(box, (left, top, width, height), atol=2)
    assert overlap(pointing.outline((240, 180)), two.alphas[1]) > 0.8

    x, y = middle_of(two.alphas[1])
    pointing.drag((x, y - 20), (x, y), (x, y + 20), held="shift")
    pointing.drag((20, 20), (60, 20), button=RIGHT)
    points, same_box = pointing.points
    assert same_box == box
    assert [inside for *_place, inside in points] == [True] * 9 + [False] * 9
    pointing.wait_for_answer()
    docker.picture_of("pointing-strokes")
    pointing.press("undo_mark")
    pointing.press("undo_mark")
    assert pointing.points == [[], box]
    pointing.press("clear_marks")
    assert pointing.points is None
    assert not pointing.outline((240, 180)).any()

    pointing.choose_tool("stroke")
    pointing.drag((x, y - 20), (x, y + 20))
    points, box = pointing.points
    assert box is None
    assert len(points) == 9
    pointing.wait_for_answer()
    assert krita.layer_tree() == before


def test_larger_window_shows_the_same_and_zooms_at_the_pointer(
    krita, easel, docker, pointing, two, two_painted
):
    easel.picture(two_painted)
    pointing.open()
    pointing.press("larger")
    larger = PointingPanel(krita, larger=True)
    larger.wait_for_picture()
    x, y = middle_of(two.alphas[1])
    under = larger.place_of(x + 0.5, y + 0.5)
    larger.turn_wheel(x, y, 4)
    np.testing.assert_allclose(larger.place_of(x + 0.5, y + 0.5), under, atol=2)
    larger.drag((x, y), (x - 10, y), button=MIDDLE)
    assert larger.place_of(x + 0.5, y + 0.5)[0] < under[0]
    larger.click(x, y)
    assert larger.wait_for_answer() == CORRECT
    assert pointing.points == larger.points == [[[x, y, True]], None]
    krita.screenshot("pointing-larger")
    larger.press("fit")
    krita.click("layerpeel_larger_peel")
    krita.wait_until(lambda: docker.message.startswith(DONE), 120, "the peel")
    assert not krita.evaluate("widgets.the('layerpeel_larger_window').isVisible()")


def test_strokes_on_a_layer_named_hints_point_too_and_are_no_part_of_the_picture(
    krita, easel, docker, pointing, two, two_painted
):
    easel.picture(two_painted)
    background = krita.layer_tree()[0].name
    easel.add_layer("Hints")
    strokes = np.zeros_like(two_painted)
    x, y = middle_of(two.alphas[1])
    strokes[y - 60 : y + 50, x - 2 : x + 2] = (30, 200, 40, 255)
    left, top = middle_of(two.alphas[0])
    strokes[top - 2 : top + 2, left - 15 : left + 15] = (220, 30, 20, 255)
    easel.paint(strokes, "Hints")
    pointing.open()
    assert pointing.wait_for_answer() == f"Hints from the layer “Hints”. {CORRECT}"
    docker.picture_of("pointing-hints")
    points, box = pointing.points
    assert box is None
    assert 9 <= len(points) <= 48
    for px, py, inside in points:
        assert tuple(strokes[py, px, :3]) == ((30, 200, 40) if inside else (220, 30, 20))
    outline = pointing.outline((240, 180))
    green, red = strokes[..., 1] == 200, strokes[..., 0] == 220
    assert outline[green].mean() > 0.8
    assert outline[red].mean() < 0.1
    assert (outline & (two.alphas[1] > 0)).sum() > 0.9 * outline.sum()

    assert docker.peel() == DONE
    assert [layer.name for layer in krita.layer_tree()] == [background, "Peeled thing", "Hints"]
    easel.change_layer("Hints", visible=False)
    np.testing.assert_array_equal(krita.pixels(), two_painted)
    alpha = krita.pixels("Foreground", area=(0, 0, 240, 180))[..., 3]
    assert overlap(outline, alpha) > 0.8


def test_hints_painted_after_the_picture_was_shown_are_seen_before_it_is_peeled(
    krita, easel, docker, pointing, two, two_painted
):
    easel.picture(two_painted)
    easel.add_layer("Hints")
    pointing.open()
    x, y = middle_of(two.alphas[1])
    pointing.click(x, y)
    pointing.wait_for_answer()
    easel.paint(np.full((30, 4, 4), (30, 200, 40, 255), np.uint8), "Hints", left=x, top=y - 30)
    assert docker.peel() == CHANGED
    pointing.wait_for_answer()
    assert len(pointing.points[0]) > 9
    assert docker.peel() == DONE


def test_each_thing_that_stands_out_can_be_kept_or_lifted_and_merged(
    krita, easel, docker, pointing, two, two_painted
):
    easel.picture(two_painted)
    before = krita.layer_tree()
    pointing.open_things()
    krita.run("widgets.the('layerpeel_layers').setValue(2)")
    assert pointing.wait_for_answer() == CHOOSE
    docker.picture_of("pointing-things")
    things = pointing.things
    assert [is_wanted for _name, is_wanted in things] == [True, True]
    alphas = np.maximum(*two.alphas)
    assert overlap(pointing.outline((240, 180)), alphas) > 0.7

    pointing.hover_over_thing(0)
    alone = pointing.outline((240, 180))
    first = max(range(2), key=lambda index: overlap(alone, two.alphas[index]))
    assert overlap(alone, two.alphas[first]) > 0.7
    other = two.alphas[1 - first]
    pointing.click_thing_in_picture(*middle_of(other))
    krita.wait_until(lambda: [wanted for _, wanted in pointing.things] == [True, False], 10, "it")
    assert docker.peel() == DONE
    (_, group) = krita.layer_tree()
    assert [layer.name for layer in group.children] == ["Background", things[0][0]]
    np.testing.assert_array_equal(krita.pixels(), two_painted)
    alpha = krita.pixels(things[0][0], area=(0, 0, 240, 180))[..., 3]
    assert overlap(alone, alpha) > 0.8
    krita.undo()
    krita.wait_until(lambda: docker.button == "Peel", 10, "the docker to follow undo")

    docker.take_from("Whole picture")
    pointing.wait_for_answer()
    pointing.pick_thing(0)
    pointing.pick_thing(1)
    pointing.press("merge")
    krita.wait_until(lambda: pointing.things == [[things[0][0], True]], 10, "one thing")
    assert overlap(pointing.outline((240, 180)), alphas) > 0.7
    assert docker.peel() == DONE
    krita.undo()
    assert krita.layer_tree() == before


def test_deep_picture_is_shown_in_its_colours_and_left_alone(krita, easel, docker, pointing, two):
    deep = np.dstack([two.picture, np.full(two.picture.shape[:2], 255, np.uint8)])
    profile = "sRGB-elle-V2-srgbtrc.icc"
    easel.picture(deep.astype(np.uint16) * 257, depth="U16", profile=profile)
    untouched = krita.layer_tree()
    easel.add_layer("Hints")
    pointing.open()
    pointing.click(*middle_of(two.alphas[1]))
    pointing.wait_for_answer()
    docker.picture_of("pointing-deep")
    x, y = middle_of(two.alphas[1])
    assert pointing.colour_at(x, y) == pytest.approx(two.picture[y, x], abs=1)
    krita.undo()
    assert krita.layer_tree() == untouched


def test_choosing_what_to_lift_off_moves_nothing(krita, docker, easel, two_painted):
    easel.picture(two_painted)
    before = docker.places()
    for lift in ("selection", "point", "things"):
        docker.lift(lift)
        docker.picture_of(f"steady-{lift}")
        assert docker.places() == before
