"""What the artist does while a peel runs, and where its result then goes."""

import numpy as np
import pytest
from krita_harness.docker import DONE, SELECTED

pytestmark = pytest.mark.krita

CLOSED = "First: The document was closed. The result waits under Results."
RESIZED = "The result needs a canvas of 160×120 pixels. It waits under Results."
GONE = "The layer that was peeled is gone. The result waits under Results."


@pytest.fixture
def start(docker, easel, backend, soft_disc):
    """Start peeling the soft disc off the open picture; the backend is paused until `let_go`."""

    def begin(source=None):
        easel.select(soft_disc)
        docker.lift("selection")
        docker.take_edge_exactly()
        if source:
            docker.take_from(source)
        held = backend.held()
        held.__enter__()
        docker.start()
        docker.wait_until_it_runs()
        return held

    return begin


def let_go(held):
    held.__exit__(None, None, None)


def test_closed_document_gets_its_result_in_another_one_later(
    krita, docker, easel, results, small_painting, start
):
    easel.picture(small_painting, name="First")
    easel.picture(small_painting[:60, :80], name="Second")
    second = krita.layer_tree()
    easel.bring_to_front("First")
    held = start()
    easel.close("First")
    let_go(held)
    docker.wait_for_message(CLOSED)
    assert krita.layer_tree() == second

    # The document is too small: the message says which size is needed.
    assert results.take() == RESIZED
    assert krita.layer_tree() == second

    krita.close_documents()
    easel.picture(small_painting, name="Again")
    before = krita.layer_tree()
    assert results.take() == DONE
    krita.wait_until(lambda: len(krita.layer_tree()) == 2, 10, "the layers")
    np.testing.assert_array_equal(krita.pixels(), small_painting)
    krita.undo()
    assert krita.layer_tree() == before


def test_results_without_a_document(krita, docker, easel, results, small_painting, start):
    if krita.version >= (6, 0):
        pytest.skip("Krita 6 shows no docker without a document")
    easel.picture(small_painting, name="First")
    held = start()
    krita.close_documents()
    let_go(held)
    docker.wait_for_message(CLOSED)
    assert results.take() == "Open a picture of 160×120 pixels first."


def test_canvas_resized_meanwhile(krita, docker, easel, small_painting, start):
    easel.picture(small_painting)
    held = start()
    easel.resize_canvas(150, 100)
    before = krita.layer_tree()
    let_go(held)
    assert docker.wait_for_end() == RESIZED
    assert krita.layer_tree() == before
    np.testing.assert_array_equal(krita.pixels(), small_painting[:100, :150])


def test_layer_deleted_meanwhile(krita, docker, easel, results, small_painting, start):
    easel.picture(small_painting[::-1])
    easel.add_layer("Peeled one")
    easel.paint(small_painting, "Peeled one")
    easel.activate("Peeled one")
    held = start("Active layer")
    easel.remove_layer("Peeled one")
    before = krita.layer_tree()
    let_go(held)
    assert docker.wait_for_end() == GONE
    assert krita.layer_tree() == before

    assert results.take() == DONE
    krita.wait_until(lambda: len(krita.layer_tree()) == 2, 10, "the layers")
    alpha = krita.pixels("Foreground", area=(0, 0, 160, 120))[..., 3]
    np.testing.assert_array_equal(alpha, easel.selection)


def test_result_goes_to_the_document_that_it_was_made_from(
    krita, docker, easel, small_painting, start
):
    easel.picture(small_painting, name="First")
    first = krita.layer_tree()
    easel.picture(small_painting[::-1], name="Second")
    second = krita.layer_tree()
    easel.bring_to_front("First")
    held = start()
    easel.bring_to_front("Second")
    let_go(held)
    docker.wait_for_message(f"First: {DONE}")
    assert krita.evaluate("krita.activeDocument().name()") == "Second"
    assert krita.layer_tree() == second
    np.testing.assert_array_equal(krita.pixels(), small_painting[::-1])
    assert docker.button == "Peel"
    assert docker.source == "Whole picture"
    easel.bring_to_front("First")
    krita.wait_until(lambda: docker.button == "Peel again", 5, "what the first has come to")
    assert docker.message == DONE
    assert krita.evaluate("widgets.the('layerpeel_layers_row').count()") == 2
    assert easel.active_layer == first[0].id
    assert [layer.name for layer in krita.layer_tree()] == [first[0].name, "Peeled selection"]
    np.testing.assert_array_equal(krita.pixels(), small_painting)


def test_selection_only_goes_to_the_document_that_it_was_made_from(
    krita, docker, easel, small_painting, start, soft_disc
):
    easel.picture(small_painting, name="First")
    easel.picture(small_painting[::-1], name="Second")
    easel.bring_to_front("First")
    docker.give_back_as("Selection only")
    held = start()
    easel.bring_to_front("Second")
    let_go(held)
    docker.wait_for_message(f"First: {SELECTED}")
    assert krita.evaluate("krita.activeDocument().name()") == "Second"
    assert easel.selection is None
    easel.bring_to_front("First")
    np.testing.assert_array_equal(easel.selection, soft_disc)
    krita.undo()
    easel.undo_selecting()
    assert easel.selection is None
