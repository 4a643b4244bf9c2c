"""Layers with masks: each foreground is opaque colour with a transparency mask for its edge."""

import numpy as np
import pytest
from krita_harness.docker import DONE

pytestmark = [pytest.mark.krita, pytest.mark.usefixtures("backend")]


@pytest.fixture
def peeled(krita, docker, easel, small_painting, soft_disc):
    """The resulting group: the soft disc peeled off the small picture."""
    easel.picture(small_painting)
    easel.select(soft_disc)
    docker.lift("selection")
    docker.take_edge_exactly()
    docker.give_back_as("Layers with masks")
    assert docker.peel() == DONE
    return krita.layer_tree()[1]


def test_foreground_has_a_mask_and_the_picture_stays_the_same(
    krita, peeled, small_painting, soft_disc
):
    background, foreground = peeled.children
    assert not background.children
    (mask,) = foreground.children
    assert mask.type == "transparencymask"
    colour = krita.pixels(foreground.id, area=(0, 0, 160, 120))
    assert colour[soft_disc > 0][:, 3].min() == 255
    shown = krita.pixels(foreground.id, area=(0, 0, 160, 120), projected=True)[..., 3]
    np.testing.assert_array_equal(shown, soft_disc)
    np.testing.assert_array_equal(krita.pixels(), small_painting)


def test_one_undo_and_a_saved_file(krita, peeled, small_painting, tmp_path):
    krita.save(tmp_path / "masks.kra")
    krita.undo()
    assert len(krita.layer_tree()) == 1
    krita.redo()
    assert krita.layer_tree()[1] == peeled
    np.testing.assert_array_equal(krita.pixels(), small_painting)
    krita.close_documents()
    krita.open_picture(tmp_path / "masks.kra")
    np.testing.assert_array_equal(krita.pixels(), small_painting)
    (mask,) = krita.layer_tree()[1].children[1].children
    assert mask.type == "transparencymask"
