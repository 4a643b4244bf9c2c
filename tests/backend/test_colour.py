"""The proxy that networks see, against closed formulas, and the way back."""

import imagecodecs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import ImageCms

from layerpeel.backend.colour import image_of, luma, profile_fault, proxy_of, values_from_proxy
from layerpeel.backend.errors import BadInputError
from layerpeel.backend.image import block_of
from layerpeel.shared.protocol import Depth, Picture

D65 = [0.3127, 0.329, 1.0]
SRGB_PRIMARIES = [0.64, 0.33, 1.0, 0.30, 0.60, 1.0, 0.15, 0.06, 1.0]
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
LINEAR = bytes(imagecodecs.cms_profile("rgb", whitepoint=D65, primaries=SRGB_PRIMARIES, gamma=1.0))
LINEAR_GREY = bytes(imagecodecs.cms_profile("gray", whitepoint=D65, gamma=1.0))
ADOBE_RGB = bytes(imagecodecs.cms_profile("adobergb"))

colours = arrays.arrays(
    np.float32,
    st.tuples(st.integers(1, 5), st.integers(1, 5), st.just(3)),
    elements=st.floats(0, 1, width=32),
)


def srgb_encoded(linear):
    """IEC 61966-2-1."""
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


def test_linear_light_is_encoded_as_the_standard_says_down_to_the_darks():
    linear = np.geomspace(1e-5, 1, 300, dtype=np.float32).reshape(10, 10, 3)
    proxy = proxy_of(linear, Depth.F32, LINEAR)
    assert proxy.dtype == np.float32
    np.testing.assert_allclose(proxy, srgb_encoded(linear), atol=1e-4)


def test_values_outside_the_screen_are_clipped():
    values = np.array([[[-0.5, 0.25, 40.0]]], np.float32)
    np.testing.assert_allclose(proxy_of(values, Depth.F32, b""), [[[0, 0.25, 1]]])
    lit = proxy_of(values, Depth.F16, LINEAR)
    np.testing.assert_allclose(lit, [[[0, srgb_encoded(0.25), 1]]], atol=1e-4)


@given(colours)
def test_an_srgb_profile_changes_nearly_nothing(values):
    np.testing.assert_allclose(proxy_of(values, Depth.U8, SRGB), values, atol=1e-3)


@pytest.mark.parametrize(("profile", "depth"), [(b"", Depth.U8), (LINEAR, Depth.F32)])
@given(values=colours)
def test_rgb_comes_back(profile, depth, values):
    proxy = proxy_of(values, depth, profile)
    back = values_from_proxy(proxy, 3, depth, profile)
    assert back.shape == values.shape
    np.testing.assert_allclose(proxy_of(back, depth, profile), proxy, atol=1e-4)
    np.testing.assert_allclose(back, values, atol=2e-3)


def test_a_fill_reaches_the_document_in_its_own_space():
    proxy = np.full((1, 1, 3), 0.5, np.float32)
    linear = values_from_proxy(proxy, 3, Depth.F32, LINEAR)
    np.testing.assert_allclose(linear, ((0.5 + 0.055) / 1.055) ** 2.4, atol=1e-4)
    red = np.array([[[1, 0, 0]]], np.float32)
    adobe = values_from_proxy(red, 3, Depth.U16, ADOBE_RGB)[0, 0]
    np.testing.assert_allclose(adobe * 255, [219, 0, 0], atol=2)


@given(st.floats(0, 1, width=32))
def test_grey_comes_back_bit_for_bit(level):
    grey = np.full((2, 3, 1), level, np.float32)
    proxy = proxy_of(grey, Depth.U16, b"")
    assert proxy.shape == (2, 3, 3)
    assert np.array_equal(values_from_proxy(proxy, 1, Depth.U16, b""), grey)
    assert np.array_equal(luma(proxy), grey)


def test_grey_with_a_profile_goes_there_and_back():
    grey = np.linspace(0, 1, 60, dtype=np.float32).reshape(6, 10, 1)
    proxy = proxy_of(grey, Depth.F32, LINEAR_GREY)
    np.testing.assert_allclose(proxy, np.repeat(srgb_encoded(grey), 3, axis=-1), atol=1e-4)
    back = values_from_proxy(proxy, 1, Depth.F32, LINEAR_GREY)
    assert back.shape == grey.shape
    np.testing.assert_allclose(back, grey, atol=1e-4)


@pytest.mark.parametrize(
    ("profile", "channels", "words"),
    [
        (b"not a profile", 3, "broken"),
        (SRGB[:300], 3, "broken"),
        (SRGB[:16] + b"CMYK" + SRGB[20:], 3, "is for CMYK, but the pixels are RGB"),
        (SRGB[:16] + b"Lab " + SRGB[20:], 3, "is for Lab, but the pixels are RGB"),
        (SRGB, 1, "is for RGB, but the pixels are grey"),
        (LINEAR_GREY, 3, "is for grey, but the pixels are RGB"),
    ],
)
def test_a_profile_that_does_not_fit_is_named(profile, channels, words):
    values = np.zeros((2, 2, channels), np.float32)
    with pytest.raises(BadInputError, match=words):
        proxy_of(values, Depth.U8, profile)
    with pytest.raises(BadInputError, match=words):
        values_from_proxy(np.zeros((2, 2, 3), np.float32), channels, Depth.U8, profile)
    assert profile_fault(SRGB, 3) is None


def test_every_broken_byte_of_a_profile_is_either_survived_or_said():
    random = np.random.default_rng(3)
    values = np.full((1, 1, 3), 0.5, np.float32)
    for _ in range(200):
        profile = bytearray(SRGB)
        for at in random.integers(0, len(profile), 8):
            profile[at] = random.integers(256)
        try:
            proxy = proxy_of(values, Depth.U8, bytes(profile))
        except BadInputError:
            continue
        assert ((proxy >= 0) & (proxy <= 1)).all()


def test_an_image_has_values_alpha_and_proxy():
    pixels = np.array([[[0, 128, 255, 51]]], np.uint8)
    image = image_of(Picture(block_of(pixels)))
    np.testing.assert_allclose(image.values, pixels[..., :3] / 255, atol=1e-7)
    np.testing.assert_allclose(image.alpha, [[0.2]])
    np.testing.assert_allclose(image.proxy, image.values)
    assert (image.depth, image.shape) == (Depth.U8, (1, 1))


def test_a_proxy_that_was_sent_is_used_and_the_profile_is_not():
    pixels = np.array([[[40.0, 1.0]]], np.float32)
    sent = np.array([[[51, 102, 153, 255]]], np.uint8)
    image = image_of(Picture(block_of(pixels), b"broken", block_of(sent)))
    np.testing.assert_allclose(image.proxy, [[[0.2, 0.4, 0.6]]], atol=1e-7)
    assert image.values[0, 0, 0] == 40


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("channel", [0, 3])
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_what_is_no_number_is_refused_with_its_place(value, channel, dtype):
    pixels = np.ones((4, 5, 4), dtype)
    pixels[2, 3, channel] = value
    with pytest.raises(
        BadInputError, match=r"1 of the picture's pixels are not numbers.* x 3, y 2"
    ):
        image_of(Picture(block_of(pixels)))
