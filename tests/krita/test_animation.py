"""Peeling a picture that is animated."""

import numpy as np
import pytest
from krita_harness.docker import DONE

pytestmark = [pytest.mark.krita, pytest.mark.usefixtures("backend")]

FRAME = f"{DONE} Only frame 3 was peeled; what came shows in every frame."
ANIMATE = """
d = documents.active()
node = documents.find(layer)
node.enableAnimation()
d.setCurrentTime(3)
krita.action("add_duplicate_frame").trigger()
d.waitForDone()
result = [d.currentTime(), node.animated()]
"""


@pytest.mark.parametrize("source", ["Whole picture", "Active layer"])
def test_the_shown_frame_is_peeled_and_said_to_be(
    krita, docker, easel, small_painting, peel_exactly, source
):
    layer = easel.picture(small_painting)
    assert krita.run(ANIMATE, layer=layer) == [3, True]
    easel.paint(small_painting[::-1], layer)
    before = krita.pixels()
    assert peel_exactly(source) == FRAME
    docker.picture_of("frame")
    np.testing.assert_array_equal(krita.pixels(), before)


def test_layer_that_stands_still_in_an_animation_is_peeled_as_any(
    krita, docker, easel, small_painting, peel_exactly
):
    layer = easel.picture(small_painting)
    krita.run(ANIMATE, layer=layer)
    easel.add_layer("Still")
    easel.paint(small_painting[::-1], "Still")
    easel.activate("Still")
    assert peel_exactly("Active layer") == DONE
