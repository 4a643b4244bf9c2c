"""Stacks and profiles that the tests of all formats share."""

from dataclasses import replace

import imagecodecs
import numpy as np
import pytest
from PIL import ImageCms

from layerpeel.backend.image import DTYPE_OF_DEPTH, FULL_SCALE, block_of
from layerpeel.shared.protocol import ColourModel, Depth, Layer, LayerStack, MadeWith, Role

MADE_WITH = MadeWith(
    "classical",
    7,
    {"u2net": "ab" * 32},
    {"matting": 0.25, "fill": 1.5},
    {"u2net": "Apache-2.0"},
    {"prompt": "[Bär] & 猫"},
    {"edge": "closed-form matting"},
)


@pytest.fixture(scope="session")
def srgb_profile():
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.fixture(scope="session")
def grey_profile():
    return bytes(imagecodecs.cms_profile("gray", whitepoint=[0.3127, 0.329, 1.0], gamma=1.8))


@pytest.fixture(scope="session")
def random_pixels():
    """Make H×W×channels of a depth; floats lie partly outside 0–1, alpha does not."""

    def make(depth, model, width, height, seed=0):
        random = np.random.default_rng(seed)
        shape = (height, width, model.channels)
        if depth.is_float:
            pixels = random.normal(0.5, 1, shape)
            pixels[..., -1] = random.random((height, width))
        else:
            pixels = random.integers(0, int(FULL_SCALE[depth]) + 1, shape)
        return pixels.astype(DTYPE_OF_DEPTH[depth])

    return make


@pytest.fixture(scope="session")
def make_stack(random_pixels):
    """Make a stack of a full background and a smaller layer at an offset."""

    def make(depth=Depth.U8, model=ColourModel.RGBA, profile=b"", name="Subject", seed=0):
        lower = random_pixels(depth, model, 31, 23, seed)
        lower[..., -1] = int(FULL_SCALE[depth])
        upper = random_pixels(depth, model, 12, 9, seed + 1)
        layers = (
            Layer("Background", Role.BACKGROUND, block_of(lower)),
            Layer(name, Role.FOREGROUND, block_of(upper), (5, 11), phrase="ein Bär"),
        )
        return LayerStack((31, 23), layers, MADE_WITH, profile, ("Only one subject was found.",))

    return make


@pytest.fixture(scope="session")
def make_choice(make_stack, random_pixels):
    """Make a stack with two more backgrounds to choose from."""

    def make(depth=Depth.U8, model=ColourModel.RGBA):
        stack = make_stack(depth, model)
        others = tuple(
            replace(
                stack.layers[0],
                name=f"Background {number}",
                pixels=block_of(random_pixels(depth, model, 31, 23, 40 + number)),
            )
            for number in (2, 3)
        )
        return replace(stack, other_backgrounds=others)

    return make
