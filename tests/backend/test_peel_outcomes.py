"""What may be asked for instead of layers: patches to lay over the picture, and a selection."""

import numpy as np
import pytest

from layerpeel.backend import peel, write_stack
from layerpeel.backend.errors import NothingFoundError, OutputError
from layerpeel.backend.flatten import blend_over, flatten
from layerpeel.backend.image import array_of
from layerpeel.backend.outcomes import selection_of
from layerpeel.shared.protocol import Mask, Outcome, Role

pytestmark = pytest.mark.usefixtures("plain_stages")

STAGES_OF_A_SELECTION = ["Finding what to lift off", "Finding its edge", "Done"]


@pytest.fixture(scope="module")
def scene(make_scene, subject_is_known):
    """Something small on the left of a picture, and something else on its right."""
    cut_outs = ("cactus1", 60, 100, 90), ("jessica", 270, 60, 200)
    return subject_is_known(make_scene((400, 300), "mountains", *cut_outs))


@pytest.fixture(scope="module")
def lift(scene, coverage_of):
    return Mask(coverage_of(scene.alphas[0] > 127))


def _opaque(picture, full=255):
    return np.dstack([picture, np.full(picture.shape[:2], full, picture.dtype)])


def _laid_over(picture, stack):
    """Flatten a stack with the picture beneath it."""
    canvas = picture.copy()
    for layer in stack.layers:
        pixels, (x, y) = array_of(layer.pixels), layer.offset
        window = np.s_[y : y + pixels.shape[0], x : x + pixels.shape[1]]
        canvas[window] = blend_over(pixels, canvas[window])
    return canvas


def test_patches_over_the_picture_are_the_picture(scene, lift):
    stack = peel(scene.picture, lift=lift, outcome=Outcome.PATCHES)
    assert [layer.role for layer in stack.layers] == [Role.BACKGROUND, Role.FOREGROUND]
    picture = _opaque(scene.picture)
    assert np.array_equal(_laid_over(picture, stack), picture)


def test_a_patch_is_as_small_as_what_it_is_for(scene, lift):
    whole = peel(scene.picture, lift=lift)
    stack = peel(scene.picture, lift=lift, outcome=Outcome.PATCHES)
    background, foreground = (layer.pixels for layer in stack.layers)
    assert background.width * background.height < 0.15 * 400 * 300
    assert background.width >= foreground.width
    assert background.height >= foreground.height
    # It is the background of the layers, cut out, and the foreground is that of the layers.
    assert stack.layers[1] == whole.layers[1]
    x, y = stack.layers[0].offset
    cut = np.s_[y : y + background.height, x : x + background.width]
    assert np.array_equal(array_of(background), array_of(whole.layers[0].pixels)[cut])
    outside = np.ones((300, 400), np.bool_)
    outside[cut] = False
    assert np.array_equal(
        array_of(whole.layers[0].pixels)[outside], _opaque(scene.picture)[outside]
    )


def test_without_its_foreground_a_patch_hides_the_object(scene, lift):
    """What an artist sees who switches the foreground off."""
    stack = peel(scene.picture, lift=lift, outcome=Outcome.PATCHES)
    patch, (x, y) = array_of(stack.layers[0].pixels), stack.layers[0].offset
    shown = scene.picture.copy()
    shown[y : y + patch.shape[0], x : x + patch.shape[1]] = patch[..., :3]
    hidden = scene.alphas[0] > 250
    before = np.abs(scene.picture.astype(int) - scene.background)[hidden].mean()
    assert np.abs(shown.astype(int) - scene.background)[hidden].mean() < 0.6 * before


@pytest.mark.parametrize("dtype", [np.uint16, np.float16, np.float32])
def test_patches_of_every_depth(scene, lift, dtype):
    full = 65535 if dtype is np.uint16 else 1
    picture = (scene.picture / 255 * full).astype(dtype)
    stack = peel(picture, lift=lift, outcome=Outcome.PATCHES)
    difference = _laid_over(_opaque(picture, full), stack).astype(np.float64) - _opaque(
        picture, full
    )
    assert np.abs(difference).max() <= (1e-6 if dtype is np.float32 else 0)


def test_several_patches_share_one_background(scene, lift, isnet_store):
    stack = peel(scene.picture, lift=lift, layers=2, outcome=Outcome.PATCHES, store=isnet_store)
    assert [layer.name for layer in stack.layers] == ["Background", "Foreground 2", "Foreground 1"]
    picture = _opaque(scene.picture)
    assert np.array_equal(_laid_over(picture, stack), picture)
    (left, top), pixels = stack.layers[0].offset, stack.layers[0].pixels
    for layer in stack.layers[1:]:
        x, y = layer.offset
        assert left <= x <= x + layer.pixels.width <= left + pixels.width
        assert top <= y <= y + layer.pixels.height <= top + pixels.height


def test_a_selection_is_the_alpha_and_no_layers(scene, lift):
    said = []
    stack = peel(
        scene.picture,
        lift=lift,
        outcome=Outcome.SELECTION,
        report=lambda stage, done: said.append((stage, done)),
    )
    assert stack.layers == ()
    assert (stack.selection.width, stack.selection.height) == stack.size == (400, 300)
    levels = np.frombuffer(stack.selection.data, np.uint8).reshape(300, 400)
    assert np.abs(levels.astype(int) - scene.alphas[0]).mean() < 0.008 * 255
    assert list(stack.made_with.seconds) == ["determine", "matte"]
    assert [stage for stage, _ in said] == STAGES_OF_A_SELECTION
    shares = [done for _, done in said]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)


def test_peeled_with_its_own_selection_a_picture_gives_that_alpha(scene, lift):
    selection = peel(scene.picture, lift=lift, outcome=Outcome.SELECTION).selection
    stack = peel(scene.picture, lift=Mask(selection, exact=True))
    pixels, (x, y) = array_of(stack.layers[1].pixels), stack.layers[1].offset
    levels = np.frombuffer(selection.data, np.uint8).reshape(300, 400).copy()
    cut = np.s_[y : y + pixels.shape[0], x : x + pixels.shape[1]]
    assert np.array_equal(pixels[..., 3], levels[cut])
    levels[cut] = 0
    assert not levels.any()
    assert np.array_equal(flatten(stack)[..., :3], scene.picture)


def test_a_selection_is_of_what_shows(scene, lift):
    """A share of the visible: full also where the picture is thin, nothing where it is clear."""
    picture = _opaque(scene.picture)
    picture[:, :100, 3] = 60
    picture[:150, :, 3] = 0
    stack = peel(picture, lift=lift, outcome=Outcome.SELECTION)
    levels = np.frombuffer(stack.selection.data, np.uint8).reshape(300, 400)
    assert not levels[:150].any()
    inside = scene.alphas[0] > 250
    inside[:150] = False
    assert inside[:, :100].any()
    assert levels[inside].mean() > 240


def test_where_nothing_is_found_no_outcome_is_given(coverage_of):
    picture = np.zeros((20, 20, 3), np.uint8)
    nothing = Mask(coverage_of(np.zeros((20, 20), np.uint8)))
    for outcome in Outcome:
        with pytest.raises(NothingFoundError):
            peel(picture, lift=nothing, outcome=outcome)


def test_a_selection_alone_is_not_written_as_layers(scene, lift, tmp_path):
    stack = peel(scene.picture, lift=lift, outcome=Outcome.SELECTION)
    for name in ("layers/", "layers.ora"):
        with pytest.raises(OutputError, match="only a selection"):
            write_stack(stack, f"{tmp_path}/{name}", force=False)
    assert not list(tmp_path.iterdir())


def test_a_selection_is_rounded_to_the_nearest_level():
    alpha = np.array([[0, 0.49, 0.51, 254.49, 254.51, 255]], np.float32) / np.float32(255)
    assert list(selection_of(alpha, np.ones_like(alpha)).data) == [0, 0, 1, 254, 255, 255]
