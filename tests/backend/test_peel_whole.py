"""Engines that give all layers at once go through the same loop; here one that knows the truth."""

import numpy as np
import pytest

from layerpeel.backend.errors import NothingFoundError, OneLayerError
from layerpeel.backend.flatten import flatten
from layerpeel.backend.image import array_of, block_of
from layerpeel.backend.pipeline import peel_picture
from layerpeel.backend.stages.layer_guess import guesses_from
from layerpeel.shared.protocol import PeelRequest, Picture, Subject

SHAPE = (45, 70)


class Knowing:
    """A whole engine of known layers, front-most first."""

    name = "knowing"
    models = stages = {}  # noqa: RUF012
    notes = ()

    def __init__(self, layers):
        self.layers = layers
        self.asked = []

    def models_needed(self, request):
        return ()

    def check(self, request):
        pass

    def decompose(self, image, layers, seed, report):
        self.asked.append((layers, seed))
        return guesses_from(self.layers)


def layer(colour, alpha=1.0, where=np.s_[:, :]):
    plane = np.zeros(SHAPE, np.float32)
    plane[where] = alpha
    return np.full((*SHAPE, 3), colour, np.float32), plane


def peel_off(*layers, wanted):
    """Flatten known layers to a picture of 8 bits, and peel that."""
    flat = np.zeros((*SHAPE, 3), np.float32)
    for colour, alpha in reversed(layers):
        flat += alpha[..., None] * (colour - flat)
    pixels = np.dstack([np.floor(flat * 255 + 0.5), np.full(SHAPE, 255)]).astype(np.uint8)
    engine = Knowing(layers)
    request = PeelRequest(Subject(), layers=wanted, seed=7)
    stack = peel_picture(Picture(block_of(pixels)), request, engine)
    np.testing.assert_array_equal(flatten(stack), pixels)
    assert engine.asked == [(wanted, 7)]
    return stack


def whole(layer):
    """A layer of a result at the picture's size."""
    pixels = np.zeros((*SHAPE, 4), np.uint8)
    x, y = layer.offset
    pixels[y : y + layer.pixels.height, x : x + layer.pixels.width] = array_of(layer.pixels)
    return pixels


def test_known_layers_come_off_front_to_back():
    red = layer((1, 0, 0), 1.0, np.s_[5:20, 5:30])
    shadow = layer((0, 0, 0), 0.4, np.s_[10:40, 20:60])
    sky = layer((0.4, 0.6, 0.8))
    background, lower, upper = peel_off(red, shadow, sky, wanted=2).layers
    for result, (colour, alpha) in ((upper, red), (lower, shadow), (background, sky)):
        pixels = whole(result).astype(float) / 255
        np.testing.assert_allclose(pixels[..., 3], alpha, atol=0.02)
        shows = alpha > 0
        np.testing.assert_allclose(pixels[shows][:, :3], colour[shows], atol=0.03)


def test_it_stops_where_all_others_are_empty():
    red = layer((1, 0, 0), 1.0, np.s_[5:20, 5:30])
    nothing = layer((1, 1, 1), 0.0)
    stack = peel_off(nothing, red, nothing, layer((0.4, 0.6, 0.8)), wanted=3)
    assert len(stack.layers) == 2
    assert stack.notes == (
        "Stopped after 1 layer of 3: To “knowing” what is left is one layer: there is nothing to "
        "lift off it.",
    )


def test_a_picture_of_one_layer_has_nothing_to_lift_off():
    # Its kind tells the docker that pointing would not help.
    with pytest.raises(OneLayerError, match="is one layer"):
        peel_off(layer((0.4, 0.6, 0.8)), layer((0, 0, 0), 0.0), wanted=1)


def test_what_lies_where_the_picture_is_clear_is_no_layer():
    """Painted over nothing, it would be an invisible layer."""
    pixels = np.full((*SHAPE, 4), 200, np.uint8)
    pixels[..., 3] = 255
    pixels[:, :30, 3] = 0
    engine = Knowing([layer((1, 0, 0), 1.0, np.s_[:, :20]), layer((0.8, 0.8, 0.8))])
    with pytest.raises(NothingFoundError):
        peel_picture(Picture(block_of(pixels)), PeelRequest(Subject()), engine)
