"""Pictures of sizes that nobody thinks of: tiny, odd, thin."""

import numpy as np
import pytest

from layerpeel.backend import peel
from layerpeel.backend.errors import NothingFoundError
from layerpeel.backend.flatten import flatten
from layerpeel.shared.protocol import Box, Mask, Trimap

pytestmark = pytest.mark.usefixtures("plain_stages")

SIZES = [(8, 8), (5, 5), (7, 13), (31, 17), (3, 40), (40, 3), (97, 101)]
THIN = [(1, 40), (40, 1), (2, 33), (33, 2), (1, 3)]


def _noise(shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (*shape, 3), np.uint8)


def _middle(shape):
    """A mask of the middle, half as wide and as high, at least a pixel."""
    mask = np.zeros(shape, np.bool_)
    rows, columns = (slice(side // 4, max(side // 4 + 1, 3 * side // 4)) for side in shape)
    mask[rows, columns] = True
    return mask


@pytest.mark.parametrize("shape", SIZES)
def test_noise_of_odd_sizes_is_split_exactly(shape, coverage_of):
    picture = _noise(shape)
    mask = _middle(shape)
    trimap = np.where(mask, 128, 0)
    trimap[shape[0] // 2, shape[1] // 2] = 255
    for lift in (Mask(coverage_of(mask)), Trimap(coverage_of(trimap))):
        stack = peel(picture, lift=lift, band=1.0)
        assert stack.size == shape[::-1]
        assert np.array_equal(flatten(stack)[..., :3], picture)


@pytest.mark.parametrize("shape", THIN)
def test_strips_of_one_and_two_pixels_are_split_exactly(shape, coverage_of):
    picture = _noise(shape)
    levels = np.zeros(shape, np.uint8)
    longer = max(shape)
    along = levels if shape[1] == longer else levels.T
    along[:, longer // 3 :] = 128
    along[:, -1] = 255
    stack = peel(picture, lift=Trimap(coverage_of(levels)))
    assert np.array_equal(flatten(stack)[..., :3], picture)


@pytest.mark.parametrize("colour", [0, 255, (255, 0, 255)])
def test_a_tiny_picture_of_one_colour_is_split_exactly(colour, coverage_of):
    picture = np.empty((8, 8, 3), np.uint8)
    picture[:] = colour
    stack = peel(picture, lift=Mask(coverage_of(_middle((8, 8)))), band=1.0)
    assert np.array_equal(flatten(stack)[..., :3], picture)


def test_a_box_of_the_whole_picture_is_a_box(make_scene, isnet_store):
    scene = make_scene((99, 121), "rockwall", ("jessica", 20, 10, 105))
    stack = peel(scene.picture, lift=Box(0, 0, 99, 121), store=isnet_store)
    assert np.array_equal(flatten(stack)[..., :3], scene.picture)


def test_an_8_by_8_picture_goes_through_the_network_too(isnet_store):
    """Whatever it finds there, if anything: it ends well, or with words of its own."""
    picture = np.full((8, 8, 3), 230, np.uint8)
    picture[2:6, 2:6] = (200, 30, 30)
    try:
        stack = peel(picture, store=isnet_store)
    except NothingFoundError:
        return
    assert np.array_equal(flatten(stack)[..., :3], picture)
