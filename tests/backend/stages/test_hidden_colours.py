"""Colours under an alpha of 0 are seen by nobody, and by no stage."""

import numpy as np

from layerpeel.backend.colour import image_of_pixels
from layerpeel.backend.stages.hidden_colours import without_hidden_colours


def _half_clear(hidden):
    """Red on the left, `hidden` under an alpha of 0 on the right."""
    pixels = np.zeros((40, 60, 4), np.uint8)
    pixels[:, :30] = (200, 40, 40, 255)
    pixels[:, 30:, :3] = hidden
    return image_of_pixels(pixels, b"")


def test_clear_pixels_get_the_visible_colours_round_about():
    image = without_hidden_colours(_half_clear((0, 255, 0)))
    red = np.array([200, 40, 40], np.float32) / np.float32(255)
    for plane in (image.values, image.proxy):
        np.testing.assert_allclose(plane, np.broadcast_to(red, plane.shape), atol=1e-3)


def test_whatever_is_hidden_the_image_is_the_same():
    noise = np.random.default_rng(1).integers(0, 256, (40, 30, 3))
    one, other = (without_hidden_colours(_half_clear(hidden)) for hidden in (noise, 255))
    assert np.array_equal(one.values, other.values)
    assert np.array_equal(one.proxy, other.proxy)


def test_a_large_picture_is_carried_smaller():
    pixels = np.zeros((1200, 1100, 4), np.uint8)
    pixels[:, :500] = (10, 90, 200, 255)
    image = without_hidden_colours(image_of_pixels(pixels, b""))
    assert np.array_equal(image.values[:, :500], image_of_pixels(pixels, b"").values[:, :500])
    blue = np.array([10, 90, 200], np.float32) / np.float32(255)
    assert np.abs(image.values[:, 500:] - blue).max() < 0.01


def test_pictures_with_nothing_hidden_or_nothing_visible_stay_as_they_are():
    opaque = image_of_pixels(np.full((4, 4, 4), 255, np.uint8), b"")
    clear = image_of_pixels(np.zeros((4, 4, 4), np.uint8), b"")
    assert without_hidden_colours(opaque) is opaque
    assert without_hidden_colours(clear) is clear


def test_grey_pictures_and_thin_ones_are_carried_too():
    grey = np.zeros((1, 9, 2), np.uint16)
    grey[:, :4] = (30000, 65535)
    image = without_hidden_colours(image_of_pixels(grey, b""))
    assert image.values.shape == (1, 9, 1)
    np.testing.assert_allclose(image.values, 30000 / 65535, atol=1e-3)
