"""What cannot be peeled: one line says why, and the document stays as it is."""

import numpy as np
import pytest
from krita_harness.docker import DONE

pytestmark = [pytest.mark.krita, pytest.mark.usefixtures("backend")]


def test_no_document(docker):
    assert docker.peel() == "Open a picture first."


def test_empty_picture(krita, docker):
    krita.new_document(64, 48)
    krita.run(
        "n = documents.active().topLevelNodes()[0]\n"
        "n.setPixelData(bytes(64 * 48 * 4), 0, 0, 64, 48)\ndocuments.active().refreshProjection()"
    )
    before = krita.layer_tree()
    assert docker.peel() == "The picture is empty: there is nothing to lift off."
    assert krita.layer_tree() == before


def test_layer_without_a_picture_of_its_own(krita, docker, easel, small_painting):
    easel.picture(small_painting)
    easel.add_layer("Odd", "filterlayer")
    easel.activate("Odd")
    before = krita.layer_tree()
    docker.take_from("Active layer")
    assert docker.peel() == (
        "“Odd” has no picture of its own: choose another layer, or peel the whole picture."
    )
    assert krita.layer_tree() == before


def test_empty_layer(krita, docker, easel, small_painting):
    easel.picture(small_painting)
    easel.add_layer("Nothing")
    easel.activate("Nothing")
    before = krita.layer_tree()
    docker.take_from("Active layer")
    assert docker.peel() == "“Nothing” is empty: there is nothing to lift off."
    assert krita.layer_tree() == before


def test_nothing_is_selected(krita, docker, easel, small_painting):
    easel.picture(small_painting)
    before = krita.layer_tree()
    docker.lift("selection")
    assert docker.hint == "Select what to lift off: a rough selection is enough."
    docker.picture_of("selection-hint")
    assert docker.peel() == "Nothing is selected yet."
    # The hint, which stays, says what to do: the two do not say the same.
    assert docker.hint == "Select what to lift off: a rough selection is enough."
    docker.picture_of("nothing-selected")
    assert krita.layer_tree() == before


def test_selection_outside_the_canvas(krita, docker, easel, small_painting):
    easel.picture(small_painting)
    before = krita.layer_tree()
    easel.select(np.full((10, 10), 255, np.uint8), left=400, top=300)
    docker.lift("selection")
    assert docker.peel() == "The selection lies outside the canvas, or is empty."
    assert krita.layer_tree() == before


def test_selection_of_everything(krita, docker, easel, small_painting):
    easel.picture(small_painting)
    before = krita.layer_tree()
    easel.select(np.full(small_painting.shape[:2], 255, np.uint8))
    docker.lift("selection")
    docker.take_edge_exactly()
    assert "covers the whole picture" in docker.peel()
    assert krita.layer_tree() == before


@pytest.mark.parametrize("exactly", [False, True])
def test_selection_of_one_pixel(krita, docker, easel, small_painting, exactly):
    easel.picture(small_painting)
    before = krita.layer_tree()
    easel.select(np.full((1, 1), 255, np.uint8), left=60, top=55)
    docker.lift("selection")
    if exactly:
        docker.take_edge_exactly()
    line = docker.peel()
    assert "\n" not in line
    if line == DONE:
        assert [layer.name for layer in krita.layer_tree()][1:] == ["Peeled selection"]
    else:
        assert krita.layer_tree() == before
    np.testing.assert_array_equal(krita.pixels(), small_painting)


def test_selection_partly_outside_the_canvas_counts_within_it(
    krita, docker, easel, small_painting, soft_disc
):
    easel.picture(small_painting)
    easel.select(soft_disc, left=-40, top=-30)
    docker.lift("selection")
    docker.take_edge_exactly()
    assert docker.peel() == DONE
    alpha = krita.pixels("Foreground", area=(0, 0, 160, 120))[..., 3]
    np.testing.assert_array_equal(alpha[:-30, :-40], soft_disc[30:, 40:])
    np.testing.assert_array_equal(krita.pixels(), small_painting)


def test_no_subject_is_there(krita, docker, easel):
    easel.picture(np.full((90, 120, 4), 255, np.uint8))
    before = krita.layer_tree()
    line = docker.peel()
    assert line.startswith("No subject was found in the picture")
    docker.picture_of("no-subject")
    assert krita.layer_tree() == before
    assert docker.warns
    docker.take_remedy("Point at it")
    assert not docker.message
    krita.wait_until("widgets.the('layerpeel_lift_point').isChecked()", 5, "Point to be chosen")
    # Who points already is not told to.
    docker.start()
    krita.wait_until(lambda: docker.message, 20, "what is wrong")
    assert docker.warns
    assert docker.remedy == ""


def test_what_is_done_or_cancelled_is_no_problem(krita, docker, easel, backend, small_painting):
    easel.picture(small_painting)
    easel.select(np.full((120, 160), 255, np.uint8)[:60, :60])
    docker.lift("selection")
    with backend.held():
        docker.start()
        docker.wait_until_it_runs()
        docker.cancel()
    assert docker.wait_for_end() == "Cancelled."
    assert not docker.warns
    assert docker.remedy == ""
    assert docker.peel().startswith("Done")
    assert not docker.warns


def test_after_an_unforeseen_error_the_log_is_shown(
    krita, docker, easel, backend, small_painting, soft_disc
):
    easel.picture(small_painting)
    easel.select(soft_disc)
    docker.lift("selection")
    docker.take_edge_exactly()
    with backend.held():
        docker.start()
        requests = backend.folder / "jobs"
        krita.wait_until(lambda: list(requests.glob("*.request")), 60, "the request")
        docker.wait_until_it_runs()
        for request in requests.glob("*.request"):
            request.unlink()
    assert "FileNotFoundError" in docker.wait_for_end()
    docker.take_remedy("Show log")
    krita.wait_until("widgets.open_dialog() is not None", 10, "the log")
    text = krita.evaluate("widgets.the('layerpeel_log_text').toPlainText()")
    krita.click("layerpeel_log_close")
    assert "Traceback" in text
