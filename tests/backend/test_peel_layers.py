"""Peeling what is left again: order, names, when it ends, and every stack is exact."""

import numpy as np
import pytest

from layerpeel.backend import peel
from layerpeel.backend.flatten import blend_over, flatten
from layerpeel.backend.image import array_of
from layerpeel.shared.protocol import Mask, Role

pytestmark = pytest.mark.usefixtures("plain_stages")


@pytest.fixture(scope="module")
def scene(make_scene, subject_is_known):
    cut_outs = ("cactus1", 60, 25, 200), ("jessica", 180, 50, 180)
    return subject_is_known(make_scene((288, 240), "mountains", *cut_outs))


@pytest.fixture(scope="module")
def stack(scene, coverage_of, isnet_store):
    """The lady by a mask, and as many more as are found, of three."""
    lift = Mask(coverage_of(scene.alphas[1] > 127))
    return peel(scene.picture, lift=lift, layers=3, store=isnet_store)


def _placed(stack, layer):
    width, height = stack.size
    pixels = array_of(layer.pixels)
    canvas = np.zeros((height, width, pixels.shape[-1]), pixels.dtype)
    x, y = layer.offset
    canvas[y : y + pixels.shape[0], x : x + pixels.shape[1]] = pixels
    return canvas


def test_every_layer_on_top_of_the_others_is_the_picture(stack, scene):
    assert np.array_equal(flatten(stack)[..., :3], scene.picture)


def test_what_was_peeled_first_lies_on_top(stack, scene):
    names = [layer.name for layer in stack.layers]
    assert names == ["Background", "Foreground 2", "Foreground 1"]
    roles = [layer.role for layer in stack.layers]
    assert roles == [Role.BACKGROUND, Role.FOREGROUND, Role.FOREGROUND]
    for layer, truth in ((stack.layers[-1], scene.alphas[1]), (stack.layers[-2], scene.alphas[0])):
        alpha = _placed(stack, layer)[..., 3]
        both, either = (alpha > 127) & (truth > 127), (alpha > 127) | (truth > 127)
        assert both.sum() / either.sum() > 0.8


def test_it_ends_when_nothing_more_is_found_and_says_why(stack):
    (note,) = stack.notes
    assert note.startswith("Stopped after 2 layers of 3: No subject was found")


def test_each_peel_splits_its_parent_exactly(stack, scene):
    """Without its topmost layer the stack is a picture that the layers below give exactly."""
    below = _placed(stack, stack.layers[0])
    for layer in stack.layers[1:]:
        assert (below[..., 3] == 255).all()
        below = blend_over(_placed(stack, layer), below)
    assert np.array_equal(below[..., :3], scene.picture)


def test_layers_are_cut_to_where_they_show(stack):
    for layer in stack.layers:
        alpha = array_of(layer.pixels)[..., 3]
        for edge in (alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]):
            assert edge.any()
        assert (layer.blend_mode, layer.opacity) == ("normal", 1.0)
    assert stack.layers[0].offset == (0, 0)
    assert all(min(layer.offset) > 0 for layer in stack.layers[1:])


def test_under_the_lady_there_are_mountains_again(stack, scene):
    """The background is near what was there before anything was painted over it."""
    background = _placed(stack, stack.layers[0])[..., :3].astype(int)
    hidden = (scene.alphas[0] > 250) | (scene.alphas[1] > 250)
    before = np.abs(scene.picture.astype(int) - scene.background)[hidden].mean()
    after = np.abs(background - scene.background)[hidden].mean()
    assert after < 0.55 * before
    clean = (scene.alphas[0] == 0) & (scene.alphas[1] == 0)
    assert np.abs(background - scene.background)[clean].mean() < 1


def test_the_note_counts_one_layer_as_one(make_scene, subject_is_known, coverage_of, isnet_store):
    scene = subject_is_known(make_scene((160, 160), "rockwall", ("cactus1", 50, 10, 140)))
    lift = Mask(coverage_of(scene.alphas[0] > 127))
    stack = peel(scene.picture, lift=lift, layers=2, store=isnet_store)
    assert [layer.name for layer in stack.layers] == ["Background", "Foreground"]
    assert stack.notes[0].startswith("Stopped after 1 layer of 2: No subject")
    assert np.array_equal(flatten(stack)[..., :3], scene.picture)
