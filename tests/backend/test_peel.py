"""The main job on real pictures: layers out, and flattened they are the picture."""

from pathlib import Path

import numpy as np
import pytest

from layerpeel.backend import peel
from layerpeel.backend.composites.composite import draw_composites
from layerpeel.backend.errors import BadInputError, ModelError, NothingFoundError
from layerpeel.backend.flatten import flatten
from layerpeel.backend.image import array_of
from layerpeel.backend.progress import StopWork
from layerpeel.shared.protocol import Box, Coverage, Mask, Role, Subject, Trimap, Words

ART = Path(__file__).parents[1] / "art"
SIZE = 192


def eight_bit(plane):
    return np.floor(plane * 255 + 0.5).astype(np.uint8)


@pytest.fixture(scope="module")
def composite():
    return next(draw_composites(ART, 1, seed=3, size=SIZE))


@pytest.fixture(scope="module")
def picture(composite):
    return eight_bit(composite.picture)


def coverage(plane):
    return Coverage(plane.shape[1], plane.shape[0], eight_bit(plane).tobytes())


def test_trimap_gives_two_exact_layers(composite, picture):
    stack = peel(picture, lift=Trimap(coverage(composite.trimap)))
    assert [layer.role for layer in stack.layers] == [Role.BACKGROUND, Role.FOREGROUND]
    np.testing.assert_array_equal(flatten(stack)[..., :3], picture)
    foreground = array_of(stack.layers[1].pixels)
    x, y = stack.layers[1].offset
    alpha = np.zeros((SIZE, SIZE))
    alpha[y : y + foreground.shape[0], x : x + foreground.shape[1]] = foreground[..., 3] / 255
    assert np.abs(alpha - composite.alpha).mean() < 0.03


@pytest.mark.parametrize("dtype", [np.uint16, np.float16, np.float32])
def test_every_depth(composite, dtype):
    values = composite.picture * (65535 if dtype is np.uint16 else 1.7)
    picture = values.astype(dtype)
    stack = peel(picture, lift=Trimap(coverage(composite.trimap)))
    difference = np.abs(flatten(stack)[..., :3].astype(float) - picture.astype(float))
    assert difference.max() <= {np.uint16: 0, np.float16: 0, np.float32: 1.7e-6}[dtype]


def test_grey_and_transparent_pictures(composite):
    grey = eight_bit(composite.picture[..., 1])
    stack = peel(grey, lift=Trimap(coverage(composite.trimap)))
    np.testing.assert_array_equal(flatten(stack)[..., 0], grey)
    veiled = np.dstack([eight_bit(composite.picture), np.full((SIZE, SIZE), 255, np.uint8)])
    veiled[:, : SIZE // 3, 3] = 100
    flat = flatten(peel(veiled, lift=Trimap(coverage(composite.trimap))))
    np.testing.assert_array_equal(flat[..., 3], veiled[..., 3])
    assert np.abs(flat.astype(int) - veiled.astype(int)).max() <= 1


def test_mask_is_deterministic(composite, picture):
    lift = Mask(coverage((composite.alpha > 0.5).astype(np.float32)))
    first, second = peel(picture, lift=lift), peel(picture, lift=lift)
    assert first.layers == second.layers


def test_another_seed_fills_in_differently_and_cuts_out_the_same(composite, picture):
    lift = Mask(coverage((composite.alpha > 0.5).astype(np.float32)))
    first, second = (peel(picture, lift=lift, seed=seed) for seed in (0, 1))
    assert first.layers[0] != second.layers[0]
    blocks = [stack.layers[1].pixels for stack in (first, second)]
    sizes = [(block.width, block.height) for block in blocks]
    assert np.abs(np.subtract(*sizes)).max() <= 2


def test_no_colour_of_the_object_stays_behind(composite):
    """A magenta disc with a soft edge over a real background leaves nothing magenta."""
    y, x = np.mgrid[:SIZE, :SIZE]
    alpha = np.clip((50 - np.hypot(y - 96, x - 96)) / 4, 0, 1)[..., None]
    picture = eight_bit(alpha * np.array([1.0, 0.0, 1.0]) + (1 - alpha) * composite.background)
    stack = peel(picture, lift=Mask(coverage((alpha[..., 0] > 0.5).astype(np.float32))))
    np.testing.assert_array_equal(flatten(stack)[..., :3], picture)

    def magenta(pixels):
        red, green, blue = (pixels[..., c].astype(int) for c in range(3))
        return np.minimum(red, blue) - green

    background = array_of(stack.layers[0].pixels)
    truth = magenta(eight_bit(composite.background))
    assert magenta(background).max() <= max(truth.max(), 0) + 25


def test_subject_and_further_layers(picture):
    stack = peel(picture, lift=Subject(), layers=3)
    np.testing.assert_array_equal(flatten(stack)[..., :3], picture)
    assert len(stack.layers) == 4 or stack.notes
    assert "isnet" in stack.made_with.models


def test_nothing_to_lift(picture):
    empty, full = np.zeros((SIZE, SIZE), np.float32), np.ones((SIZE, SIZE), np.float32)
    for plane in (empty, full):
        with pytest.raises(NothingFoundError):
            peel(picture, lift=Mask(coverage(plane)))
    with pytest.raises(NothingFoundError):
        peel(np.full((64, 64, 3), 120, np.uint8))


@pytest.mark.parametrize(
    "wrong",
    [
        {"lift": Mask(Coverage(3, 3, bytes(9)))},
        {"lift": Box(150, 0, 100, 20)},
        {"layers": 0},
        {"band": -1.0},
        {"engine": "none"},
        {"lift": Words(" ")},
    ],
)
def test_requests_that_do_not_fit(picture, wrong):
    with pytest.raises((BadInputError, ModelError)):
        peel(picture, **wrong)


def test_words_say_which_model_is_missing(picture):
    with pytest.raises(ModelError, match="layerpeel models pull grounding-dino"):
        peel(picture, lift=Words("a bird"))


def test_cancel(composite, picture):
    def stop(_stage, done):
        if done > 0.3:
            raise StopWork

    with pytest.raises(StopWork):
        peel(picture, lift=Trimap(coverage(composite.trimap)), report=stop)
