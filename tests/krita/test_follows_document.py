"""The docker follows undo, and the document that is shown, without the mouse coming near it."""

import pytest
from krita_harness.docker import DONE

pytestmark = [pytest.mark.krita, pytest.mark.usefixtures("backend")]

PICTURE = "Whole picture"
LEFT = "What “Peeled selection” left"
MOMENT = 5


def shows(docker):
    """Tell what is shown of a result: the button, the source, the line, the other button."""
    return docker.button, docker.source, docker.message, docker.offers_another_background


NOTHING = ("Peel", PICTURE, "", False)
RESULT = ("Peel again", LEFT, DONE, True)
AGAIN = ("Peel", PICTURE, "", True)


def test_undo_and_redo_are_followed(krita, docker, easel, small_painting, peel_exactly):
    easel.picture(small_painting)
    peel_exactly()
    assert shows(docker) == RESULT
    krita.undo()
    krita.wait_until(lambda: shows(docker) == NOTHING, MOMENT, "the docker to follow undo")
    # Krita itself leaves no layer active, so that the next stroke would go nowhere.
    active = "(n := krita.activeDocument().activeNode()) is not None and n.uniqueId().toString()"
    assert krita.evaluate(active) == krita.layer_tree()[0].id
    docker.picture_of("after-undo")
    krita.redo()
    krita.wait_until(lambda: shows(docker) == AGAIN, MOMENT, "the docker to follow redo")


def test_another_document_is_followed(krita, docker, easel, small_painting, peel_exactly):
    easel.picture(small_painting, name="First")
    peel_exactly()
    easel.picture(small_painting, name="Second")
    krita.wait_until(lambda: shows(docker) == NOTHING, MOMENT, "the docker to follow")
    easel.bring_to_front("First")
    krita.wait_until(lambda: docker.offers_another_background, MOMENT, "the docker to follow back")
    krita.close_documents()
    krita.wait_until(lambda: shows(docker) == NOTHING, MOMENT, "the docker to follow the end")


def test_new_selection_is_followed(krita, docker, easel, small_painting, soft_disc):
    easel.picture(small_painting)
    easel.select(soft_disc)
    krita.wait_until(lambda: docker.hint, MOMENT, "the hint")
    easel.select(None)
    krita.wait_until(lambda: not docker.hint, MOMENT, "the hint to go")


def test_looking_takes_little(krita, docker, easel, small_painting, peel_exactly):
    easel.picture(small_painting)
    peel_exactly()
    krita.run(
        "d = documents.active()\n"
        "for number in range(100):\n"
        "    d.rootNode().addChildNode(d.createNode(str(number), 'paintlayer'), None)\n"
        "d.waitForDone()"
    )
    took = krita.run(
        "import time\n"
        "from layerpeel.plugin.canvas.offered import offered_by\n"
        "begun = time.perf_counter()\n"
        "for _turn in range(20): offered_by(documents.active())\n"
        "result = (time.perf_counter() - begun) / 20"
    )
    # Nothing is asserted about times; `pytest -rP` shows what was measured.
    print(f"a look at 100 layers: {1000 * took:.2f} ms")
