"""Documents that are neither RGB nor grey keep their own values; only edges are mixed anew."""

import numpy as np
import pytest
from krita_harness.docker import DONE

pytestmark = [pytest.mark.krita, pytest.mark.usefixtures("backend")]

FULL = {"U8": 255, "U16": 65535}


@pytest.fixture(scope="module")
def ink():
    """H×W×5 of CMYK, 0–1, 160×120: black ink alone, all four inks, and colours outside sRGB."""
    rows, columns = np.mgrid[:120, :160]
    cyan = (columns / 160) ** 2
    inks = np.dstack([cyan, rows / 120, 1 - cyan, np.zeros_like(cyan), np.ones_like(cyan)])
    inks[10:40, 90:150, :4] = 0, 0, 0, 1
    inks[60:100, 90:150, :4] = 0.75, 0.68, 0.67, 0.9
    inks[40:60, :40, :4] = 1, 0, 0, 0
    return inks


def in_depth(inks, depth):
    dtype = np.uint8 if depth == "U8" else np.uint16
    return np.rint(inks * FULL[depth]).astype(dtype)


@pytest.fixture
def edge(soft_disc):
    """Where the disc is neither selected in full nor not at all."""
    return (soft_disc > 0) & (soft_disc < 255)


@pytest.mark.parametrize("depth", ["U8", "U16"])
@pytest.mark.parametrize("source", ["Whole picture", "Active layer"])
def test_values_stay_to_the_bit_away_from_the_edge(
    krita, easel, peel_exactly, ink, edge, depth, source
):
    easel.picture(in_depth(ink, depth), model="CMYKA", depth=depth)
    before = krita.pixels()
    assert peel_exactly(source) == DONE
    after = krita.pixels()
    np.testing.assert_array_equal(after[~edge], before[~edge])
    assert (after != before).any(axis=2).sum() <= edge.sum()
    krita.undo()
    np.testing.assert_array_equal(krita.pixels(), before)


def test_layers_have_the_documents_model_and_its_own_values(
    krita, easel, peel_exactly, ink, soft_disc
):
    easel.picture(in_depth(ink, "U8"), model="CMYKA")
    before = krita.pixels()
    assert peel_exactly() == DONE
    background, foreground = krita.layer_tree()[1].children
    for layer in (background, foreground):
        model = krita.evaluate("documents.find(layer).colorModel()", layer=layer.id)
        assert model == "CMYKA"
    lifted = krita.pixels(foreground.id)
    np.testing.assert_array_equal(lifted[soft_disc == 255], before[soft_disc == 255])
    assert not lifted[soft_disc == 0][:, -1].any()
    left = krita.pixels(background.id)
    covered = (left[..., -1] == 255) & (soft_disc == 0)
    np.testing.assert_array_equal(left[covered], before[covered])


def test_what_is_left_of_it_is_peeled_again(krita, easel, docker, peel_exactly, ink, soft_disc):
    easel.picture(in_depth(ink, "U8"), model="CMYKA")
    before = krita.pixels()
    assert peel_exactly() == DONE
    once = krita.pixels()
    second = np.roll(soft_disc, 60, axis=1)
    easel.select(second)
    assert docker.peel() == DONE
    edges = (second > 0) & (second < 255)
    twice = krita.pixels()
    np.testing.assert_array_equal(twice[~edges], once[~edges])
    either = edges | ((soft_disc > 0) & (soft_disc < 255))
    np.testing.assert_array_equal(twice[~either], before[~either])


def test_it_is_said_before_the_click(krita, easel, docker, small_painting, ink):
    easel.picture(in_depth(ink, "U8"), model="CMYKA")
    krita.wait_until(lambda: "This picture is CMYK" in docker.status, 10, "the line")
    easel.picture(small_painting)
    krita.wait_until(lambda: docker.status == "Ready.", 10, "the line to go")


def test_rgb_layer_in_such_a_document_gives_rgb_layers(krita, easel, peel_exactly, small_painting):
    layer = easel.picture(np.full((120, 160, 5), 255, np.uint8), model="CMYKA")
    krita.run(
        "documents.find(layer).setColorSpace('RGBA', 'U8', 'sRGB-elle-V2-srgbtrc.icc')",
        layer=layer,
    )
    easel.paint(small_painting, layer)
    assert peel_exactly("Active layer") == DONE
    for made in krita.layer_tree()[1].children:
        model = krita.evaluate("documents.find(layer).colorModel()", layer=made.id)
        assert model == "RGBA"
