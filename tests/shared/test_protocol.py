"""Bytes that do not say what they claim to say are refused where they come in."""

import pytest

from layerpeel.shared.protocol import (
    ColourModel,
    Coverage,
    Depth,
    PeelRequest,
    Picture,
    PixelBlock,
    ProtocolError,
    Subject,
)

BYTES_OF_A_PIXEL = {
    (ColourModel.RGBA, Depth.U8): 4,
    (ColourModel.RGBA, Depth.U16): 8,
    (ColourModel.RGBA, Depth.F16): 8,
    (ColourModel.RGBA, Depth.F32): 16,
    (ColourModel.GRAYA, Depth.U8): 2,
    (ColourModel.GRAYA, Depth.U16): 4,
    (ColourModel.GRAYA, Depth.F16): 4,
    (ColourModel.GRAYA, Depth.F32): 8,
}


@pytest.fixture
def pixels():
    return PixelBlock(3, 2, ColourModel.RGBA, Depth.F16, bytes(48))


@pytest.mark.parametrize(("model", "depth"), BYTES_OF_A_PIXEL)
def test_a_block_has_exactly_the_bytes_of_its_pixels(model, depth):
    expected = 3 * 2 * BYTES_OF_A_PIXEL[model, depth]
    assert PixelBlock(3, 2, model, depth, bytes(expected)).data == bytes(expected)
    for count in (0, expected - 1, expected + 1, 2 * expected):
        with pytest.raises(ProtocolError, match=rf"are {expected} bytes, but {count} came"):
            PixelBlock(3, 2, model, depth, bytes(count))


@pytest.mark.parametrize(("width", "height"), [(0, 2), (3, 0), (0, 0), (-3, -2), (-1, 4)])
def test_a_block_without_pixels_is_refused(width, height):
    with pytest.raises(ProtocolError, match="holds nothing"):
        PixelBlock(width, height, ColourModel.RGBA, Depth.U8, bytes(24))


def test_a_coverage_is_one_byte_a_pixel():
    assert Coverage(3, 2, bytes(6)).data == bytes(6)
    for count in (0, 5, 7):
        with pytest.raises(ProtocolError, match=rf"3×2 pixels came with {count} bytes"):
            Coverage(3, 2, bytes(count))


def test_a_proxy_is_8_bit_rgba_of_the_same_size(pixels):
    proxy = PixelBlock(3, 2, ColourModel.RGBA, Depth.U8, bytes(24))
    assert Picture(pixels, b"", proxy).proxy is proxy
    assert Picture(pixels).proxy is None


@pytest.mark.parametrize(
    ("proxy", "words"),
    [
        (PixelBlock(2, 3, ColourModel.RGBA, Depth.U8, bytes(24)), "differs in size"),
        (PixelBlock(3, 1, ColourModel.RGBA, Depth.U8, bytes(12)), "differs in size"),
        (PixelBlock(3, 2, ColourModel.RGBA, Depth.U16, bytes(48)), "8-bit RGBA"),
        (PixelBlock(3, 2, ColourModel.GRAYA, Depth.U8, bytes(12)), "8-bit RGBA"),
    ],
)
def test_another_proxy_is_refused(pixels, proxy, words):
    with pytest.raises(ProtocolError, match=words):
        Picture(pixels, b"", proxy)


def test_who_catches_value_errors_catches_these():
    assert issubclass(ProtocolError, ValueError)


def test_nothing_said_means_the_subject_one_layer_and_the_compact_engine():
    request = PeelRequest()
    assert (request.lift, request.layers, request.band) == (Subject(), 1, None)
    assert (request.seed, request.engine) == (0, "compact")


def test_long_bytes_stay_out_of_messages(pixels):
    assert "\\x00" not in repr(Picture(pixels, bytes(1000), None))
    assert "\\x00" not in repr(Coverage(3, 2, bytes(6)))
