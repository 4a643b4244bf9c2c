"""What is left of the object along its edge is taken out of the background."""

import cv2
import numpy as np
import pytest

from layerpeel.backend.colour import image_of
from layerpeel.backend.composites.composite import draw_composites
from layerpeel.backend.evaluation.metrics import residue
from layerpeel.backend.image import block_of, from_float
from layerpeel.backend.stages.classical_separation import edge_colours
from layerpeel.backend.stages.patchmatch import fill_hole
from layerpeel.backend.stages.small_networks import leftovers
from layerpeel.backend.stages.small_networks.leftovers import (
    FACTS,
    EdgeColours,
    facts_of,
    without_leftovers,
)
from layerpeel.backend.stages.small_networks.matting import matte_by_small_network
from layerpeel.backend.stages.tints import OPPONENTS
from layerpeel.shared.protocol import Depth, Picture


@pytest.fixture(scope="module")
def edges(art):
    """Of some composites, what is known of their edges before leftovers are looked for."""
    return [_edge_of(each, each.picture) for each in _composites(art)]


@pytest.fixture(scope="module")
def edges_of_jpeg(art):
    """Of the same composites, saved as JPEG, which rings beside every edge."""
    return [_edge_of(each, _as_jpeg(each.picture)) for each in _composites(art)]


def _composites(art):
    return draw_composites(art, 6, seed=4, size=192)


def _as_jpeg(picture):
    _, encoded = cv2.imencode(
        ".jpg", from_float(picture, Depth.U8)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 70]
    )
    return cv2.imdecode(encoded, cv2.IMREAD_COLOR)[..., ::-1].astype(np.float32) / 255


def _edge_of(each, picture):
    rgb = from_float(picture, Depth.U8)
    opaque = np.full((*rgb.shape[:2], 1), 255, np.uint8)
    image = image_of(Picture(block_of(np.dstack([rgb, opaque]))))
    matte = matte_by_small_network(image.proxy, each.trimap)

    def fill(values, hole, _report):
        return fill_hole(values, hole, np.ones_like(hole), 0)

    colours, in_doubt, _ = edge_colours(image, matte, each.trimap, fill)
    return each, colours, in_doubt & (matte.alpha < 1)


@pytest.mark.parametrize("kind", ["edges", "edges_of_jpeg"])
def test_less_of_the_object_stays_behind_and_the_background_errs_no_more(request, kind):
    edges = request.getfixturevalue(kind)
    before, after, errors = [], [], []
    for each, colours, region in edges:
        cleared = without_leftovers(colours, region)
        before.append(residue(colours.background, each))
        after.append(residue(cleared, each))
        shown = region & (each.alpha < 0.999)
        wrong = [
            np.abs(one - each.background)[shown].mean() for one in (cleared, colours.background)
        ]
        errors.append(wrong[0] / wrong[1])
    # The median: where the fill shows another thing than the truth, nobody can tell.
    assert np.median(np.divide(after, before)) < 0.9
    assert np.median(errors) < 1.1


@pytest.mark.parametrize("kind", ["edges", "edges_of_jpeg"])
def test_no_specks_of_another_colour_come_in(request, kind):
    def off_colour(background, each):
        error = (background - each.background) @ OPPONENTS.T
        near = cv2.distanceTransform((each.alpha <= 0.01).astype(np.uint8), cv2.DIST_L2, 5) <= 4
        off = np.linalg.norm(error[..., 1:], axis=-1) > 20 / 255
        return np.count_nonzero(off & near & (each.alpha < 0.95))

    counts = [
        (off_colour(without_leftovers(colours, region), each), off_colour(colours.background, each))
        for each, colours, region in request.getfixturevalue(kind)
    ]
    after, before = np.sum(counts, axis=0)
    assert after <= 1.02 * before
    assert before > 100


def test_a_wrong_colour_of_the_object_lends_the_background_no_tint():
    """Ink stays on a grey ground, and the object beside it is taken for red."""
    shape = (96, 96)
    ground = np.full((*shape, 3), 0.5, np.float32)
    alpha = np.zeros(shape, np.float32)
    alpha[:, 50:] = 1
    alpha[:, 46:50] = 0.4
    background = ground.copy()
    background[:, 46:50] = 0.35
    red = np.broadcast_to(np.array([0.9, 0.1, 0.1], np.float32), ground.shape)
    picture = np.where(alpha[..., None] >= 1, red, background).astype(np.float32)
    colours = EdgeColours(picture, alpha, red.copy(), background, ground, background)
    cleared = without_leftovers(colours, (alpha > 0) & (alpha < 1))
    assert np.ptp(cleared, axis=-1).max() < 2 / 255


def test_nothing_changes_outside_the_region(edges):
    _, colours, region = edges[0]
    cleared = without_leftovers(colours, region)
    assert np.array_equal(cleared[~region], colours.background[~region])
    assert cleared.min() >= 0
    assert cleared.max() <= 1
    nowhere = np.zeros_like(region)
    assert np.array_equal(without_leftovers(colours, nowhere), colours.background)


def test_tiles_answer_as_the_whole_does(edges, monkeypatch):
    _, colours, region = edges[1]
    whole = without_leftovers(colours, region)
    monkeypatch.setattr(leftovers, "SIDE", 128)
    tiled = without_leftovers(colours, region)
    assert np.abs(tiled - whole).mean() < 1e-3
    assert np.percentile(np.abs(tiled - whole)[region], 95) < 4 / 255


def test_facts_are_finite_and_their_line_has_length_one(edges):
    _, colours, region = edges[2]
    facts, line = facts_of(colours, region)
    assert facts.shape == (np.count_nonzero(region), FACTS)
    assert np.isfinite(facts).all()
    assert np.linalg.norm(line, axis=-1).max() <= 1 + 1e-5
