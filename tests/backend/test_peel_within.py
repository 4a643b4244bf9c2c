"""The subject of a selection: looked for there, kept there."""

import cv2
import numpy as np
import pytest

from layerpeel.backend import peel
from layerpeel.backend.engines import subject_by_isnet
from layerpeel.backend.errors import NothingFoundError
from layerpeel.backend.flatten import flatten
from layerpeel.backend.image import array_of
from layerpeel.backend.stages.classical_separation import LEAST_DOUBT
from layerpeel.shared.protocol import Outcome, Subject

pytestmark = pytest.mark.usefixtures("plain_stages")

CACTUS, LADY = 0, 1
BAND = 4


@pytest.fixture(scope="module")
def scene(make_scene):
    """A small cactus on the left, and a larger lady, who is what the picture is of."""
    return make_scene((320, 256), "hills0", ("cactus1", 20, 90, 120), ("jessica", 160, 20, 230))


def _alpha(stack):
    width, height = stack.size
    pixels, (x, y) = array_of(stack.layers[1].pixels), stack.layers[1].offset
    canvas = np.zeros((height, width), np.uint8)
    canvas[y : y + pixels.shape[0], x : x + pixels.shape[1]] = pixels[..., -1]
    return canvas


def _selected(picture, lift, store):
    selection = peel(picture, lift=lift, store=store, outcome=Outcome.SELECTION).selection
    return np.frombuffer(selection.data, np.uint8).reshape(selection.height, selection.width)


def _overlap(alpha, truth):
    found, true = alpha > 127, truth > 127
    return (found & true).sum() / (found | true).sum()


def _ellipse_round(scene, index, margin):
    """A selection as an artist draws it: an ellipse round what is seen of a cut-out."""
    left, top, width, height = scene.box_of(index, margin)
    selection = np.zeros(scene.picture.shape[:2], np.uint8)
    centre = (left + width // 2, top + height // 2)
    axes = (round(width * 0.6), round(height * 0.6))
    return cv2.ellipse(selection, centre, axes, 0, 0, 360, 255, -1)


def _grown(region, radius):
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return cv2.dilate(region.astype(np.uint8), kernel) > 0


@pytest.mark.parametrize("feather", [0, 3])
def test_the_smaller_thing_comes_off_and_the_larger_stays(scene, coverage_of, isnet_store, feather):
    selection = _ellipse_round(scene, CACTUS, 6)
    if feather:
        selection = cv2.GaussianBlur(selection, (0, 0), feather)
    stack = peel(scene.picture, lift=Subject(coverage_of(selection)), store=isnet_store)
    alpha = _alpha(stack)
    assert _overlap(alpha, scene.alphas[CACTUS]) > 0.75
    assert not alpha[scene.alphas[LADY] > 127].any()
    assert np.array_equal(flatten(stack)[..., :3], scene.picture)


def test_without_it_the_larger_one_is_the_subject(scene, isnet_store):
    selected = _selected(scene.picture, Subject(), isnet_store)
    assert _overlap(selected, scene.alphas[LADY]) > 0.6


def test_what_reaches_out_of_the_selection_is_cut_off_at_the_band(scene, coverage_of, isnet_store):
    """Half of the lady is selected."""
    selection = np.zeros(scene.picture.shape[:2], np.bool_)
    left, top, width, height = scene.box_of(LADY, margin=4)
    selection[top : top + height // 2, left : left + width] = True
    lift = Subject(coverage_of(selection))
    alpha = _alpha(peel(scene.picture, lift=lift, band=BAND, store=isnet_store))
    lady = scene.alphas[LADY] > 127
    # Beyond the band lies no more than the rim that every hole gets, to be free of the object.
    assert not alpha[~_grown(selection, BAND + int(LEAST_DOUBT))].any()
    assert (alpha[~_grown(selection, BAND)] > 127).mean() < 0.002
    assert alpha[selection & lady].mean() > 230


def test_all_of_the_picture_may_be_selected(scene, coverage_of, isnet_store):
    everything = np.full(scene.picture.shape[:2], 255, np.uint8)
    plain, within = (
        _selected(scene.picture, lift, isnet_store)
        for lift in (Subject(), Subject(coverage_of(everything)))
    )
    assert np.array_equal(plain, within)


def test_where_nothing_is_it_says_that_nothing_is_within(scene, coverage_of, isnet_store):
    grey = np.full_like(scene.picture, 128)
    selection = np.zeros(grey.shape[:2], np.bool_)
    selection[60:150, 40:150] = True
    with pytest.raises(NothingFoundError, match="No subject was found within the selection"):
        peel(grey, lift=Subject(coverage_of(selection)), store=isnet_store)


def test_in_one_selected_pixel_nothing_is_found_and_that_is_said(scene, coverage_of, isnet_store):
    selection = np.zeros(scene.picture.shape[:2], np.bool_)
    selection[120, 200] = True
    with pytest.raises(NothingFoundError, match="No subject was found within the selection"):
        peel(scene.picture, lift=Subject(coverage_of(selection)), store=isnet_store)


def test_what_lies_in_the_bounds_of_a_selection_and_outside_it_does_not_count(
    coverage_of, isnet_store, monkeypatch
):
    selection = np.full((64, 96), 255, np.uint8)
    selection[:32, 48:] = 0
    outside = (selection == 0).astype(np.float32)
    monkeypatch.setattr(subject_by_isnet, "find_visible_subject", lambda *_: outside.copy())
    picture = np.full((64, 96, 3), 128, np.uint8)
    with pytest.raises(NothingFoundError, match="within the selection"):
        peel(picture, lift=Subject(coverage_of(selection)), store=isnet_store)
