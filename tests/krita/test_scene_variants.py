"""Several variants: seeds, thumbnails, cancelling."""

import numpy as np
import pytest

pytestmark = pytest.mark.krita


def test_two_variants_wait_for_a_click_and_each_seed_is_itself(
    krita, generating, easel, painter, small_painting
):
    easel.picture(small_painting)
    before = krita.layer_tree()
    generating.set(prompt="[a cat] indoors", seed=20, variants=2)
    line = "Done: click the one you like to put it into the picture."
    assert generating.generate() == line
    assert [job.request.painting.seed for job in painter.jobs.values()] == [20, 21]
    assert generating.thumbnails == [[20, True], [21, True]]
    assert krita.layer_tree() == before
    generating.picture_of("generate-variants")
    assert generating.insert(21) == "Done: 2 layers."
    second = krita.pixels()
    assert len(krita.layer_tree()) == 2
    krita.undo()
    assert krita.layer_tree() == before
    assert generating.insert(20) == "Done: 2 layers."
    assert not (krita.pixels() == second).all()
    krita.undo()
    generating.set(prompt="[a cat] indoors", seed=21, variants=1)
    generating.generate()
    np.testing.assert_array_equal(krita.pixels(), second)


def test_one_that_ended_before_it_could_be_followed_is_shown_too(
    krita, generating, easel, painter, small_painting
):
    painter.shows_previews = False
    easel.picture(small_painting)
    generating.set(prompt="a hill", seed=200, variants=2)
    generating.generate()
    krita.wait_until("not widgets.the('layerpeel_variant_201').icon().isNull()", 60, "its image")
    drawn = krita.evaluate(
        "[i := widgets.the('layerpeel_variant_201').icon().pixmap(72, 72).toImage(), y :="
        " i.height() // 2, *(i.pixelColor(x, y).red() for x in (3, i.width() - 3))][2:]"
    )
    assert drawn == [0, 201]  # The foreground, at the left, over the background.


def test_while_a_variant_is_put_into_the_picture_the_docker_says_so(
    krita, generating, easel, painter, small_painting
):
    easel.picture(small_painting)
    generating.set(prompt="a hill", seed=40, variants=2)
    generating.generate()
    # In one turn of the event loop, so that nothing of the result can have arrived yet.
    line, works, can_be_clicked, can_be_cancelled = krita.run(
        "variant = widgets.the('layerpeel_variant_41')\n"
        "variant.click()\n"
        "result = [widgets.the('layerpeel_scene_message').text(),"
        " widgets.the('layerpeel_generating').isVisible(), variant.isEnabled(),"
        " widgets.the('layerpeel_cancel_generating').isVisible()]"
    )
    assert line == "Fetching the layers …"
    assert works
    assert not can_be_clicked
    assert not can_be_cancelled
    assert generating.wait_for_end().startswith("Done: 1 layer")
    assert generating.thumbnails == [[40, True], [41, True]]


def test_more_can_be_asked_for_while_it_works(krita, generating, easel, painter, small_painting):
    easel.picture(small_painting)
    painter.go_on.clear()
    generating.set(prompt="a hill", seed=1)
    generating.start()
    generating.set(prompt="a lake", seed=2)
    generating.start()
    krita.wait_until(lambda: len(painter.jobs) == 2, 20, "both to be handed in")
    krita.wait_until(lambda: "(1 more waiting)" in generating.message, 10, "the line")
    assert generating.thumbnails == [[2, False], [1, False]]
    generating.picture_of("generate-working")
    painter.go_on.set()
    assert generating.wait_for_end().startswith("Done: 1 layer")
    assert krita.layer_tree()[0].name == "Background"
    assert {layer.name for layer in krita.layer_tree()[1:]} == {"a hill", "a lake"}


def test_cancel_stops_all_and_leaves_the_document_as_it_was(
    krita, generating, easel, painter, small_painting
):
    easel.picture(small_painting)
    before = krita.layer_tree()
    painter.go_on.clear()
    generating.set(prompt="a hill", seed=1, variants=3)
    generating.start()
    krita.wait_until(lambda: len(painter.jobs) == 3, 20, "all to be handed in")
    assert generating.cancel() == "Cancelled."
    assert generating.thumbnails == []
    assert len(painter.cancelled) == 3
    assert krita.layer_tree() == before
    np.testing.assert_array_equal(krita.pixels(), small_painting)
