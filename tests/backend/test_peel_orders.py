"""Krita keeps integers as B, G, R, A: the same picture, and its layers come in its own order."""

from dataclasses import replace

import numpy as np
import pytest

from layerpeel.backend import peel
from layerpeel.backend.colour import image_of
from layerpeel.backend.flatten import flatten
from layerpeel.backend.formats.folder import read_folder
from layerpeel.backend.formats.writing import write_stack
from layerpeel.backend.image import array_of, block_of
from layerpeel.shared.protocol import ChannelOrder, Mask, Outcome, Picture

pytestmark = pytest.mark.usefixtures("plain_stages")

SIZE = (144, 128)


@pytest.fixture(scope="module")
def scene(make_scene, subject_is_known):
    cut_outs = ("cactus1", 6, 20, 60), ("jessica", 40, 10, 110)
    return subject_is_known(make_scene(SIZE, "chateau", *cut_outs))


@pytest.fixture(scope="module")
def lift(scene, coverage_of):
    return Mask(coverage_of(scene.alphas[1] > 127))


def _pixels(scene, dtype):
    full = np.iinfo(dtype).max
    colour = scene.picture.astype(dtype) * dtype(full // 255)
    return np.dstack([colour, np.full(colour.shape[:2], full, dtype)])


def _pictures(pixels):
    """One picture in both orders; the bytes of the other are swapped here, by hand."""
    plain = block_of(pixels)
    swapped = np.ascontiguousarray(pixels[..., [2, 1, 0, 3]]).tobytes()
    return Picture(plain), Picture(replace(plain, data=swapped, order=ChannelOrder.BGRA))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("outcome", [Outcome.LAYERS, Outcome.PATCHES])
def test_layers_come_in_the_order_of_the_picture_and_are_otherwise_equal(
    scene, lift, dtype, outcome
):
    stacks = [peel(each, lift=lift, outcome=outcome) for each in _pictures(_pixels(scene, dtype))]
    for plain, swapped in zip(*(stack.layers for stack in stacks), strict=True):
        assert plain.pixels.order is ChannelOrder.RGBA
        assert swapped.pixels.order is ChannelOrder.BGRA
        assert plain.pixels.data != swapped.pixels.data
        assert np.array_equal(array_of(plain.pixels), array_of(swapped.pixels))
        assert replace(swapped, pixels=plain.pixels) == plain


def test_further_layers_are_equal_too(scene, lift, isnet_store):
    plain, swapped = (
        peel(each, lift=lift, layers=2, store=isnet_store)
        for each in _pictures(_pixels(scene, np.uint8))
    )
    assert len(plain.layers) == len(swapped.layers) == 3
    assert plain.notes == swapped.notes
    assert np.array_equal(flatten(plain), flatten(swapped))


def test_a_proxy_in_either_order_is_seen_alike(scene):
    plain, swapped = _pictures(_pixels(scene, np.uint8))
    flat = block_of(np.full((SIZE[1], SIZE[0], 4), 0.5, np.float32))
    images = [image_of(Picture(flat, b"", each.pixels)) for each in (plain, swapped)]
    assert np.array_equal(images[0].proxy, images[1].proxy)
    np.testing.assert_allclose(images[0].proxy, scene.picture / 255, atol=1e-7)


@pytest.mark.parametrize("name", ["layers/", "layers.ora"])
def test_files_are_the_same_whatever_the_order(scene, lift, tmp_path, name):
    written = []
    for number, picture in enumerate(_pictures(_pixels(scene, np.uint16))):
        folder = tmp_path / str(number)
        folder.mkdir()
        stack = peel(picture, lift=lift)
        stack = replace(stack, made_with=replace(stack.made_with, seconds={}))
        files = write_stack(stack, f"{folder}/{name}", force=False)
        written.append([path.read_bytes() for path in files])
        if name.endswith("/"):
            flattened = flatten(read_folder(folder / name))
            assert np.array_equal(flattened, _pixels(scene, np.uint16))
    assert written[0] == written[1]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float16, np.float32])
def test_a_block_is_read_and_written_in_either_order(dtype):
    pixels = (np.random.default_rng(0).random((3, 5, 4)) * 200).astype(dtype)
    block = block_of(pixels, ChannelOrder.BGRA)
    assert block.data == pixels[..., [2, 1, 0, 3]].tobytes()
    assert np.array_equal(array_of(block), pixels)
    grey = block_of(pixels[..., :2], ChannelOrder.BGRA)
    assert np.array_equal(array_of(grey), pixels[..., :2])
