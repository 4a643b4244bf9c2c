"""What a small thing in a large picture costs: only the part round it is worked on."""

import cv2
import numpy as np
import pytest

from layerpeel.backend import peel
from layerpeel.backend.engines.compact import CompactEngine
from layerpeel.backend.flatten import flatten
from layerpeel.backend.image import array_of
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.stages.crop import Window
from layerpeel.shared.protocol import Coverage, Mask

HEIGHT, WIDTH = 480, 560


@pytest.fixture
def picture():
    """Noise in soft waves, and a disc on it that lies near the lower edge."""
    random = np.random.default_rng(5)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    waves = 110 + 40 * np.sin(x / 23) + 30 * np.cos(y / 31)
    ground = waves[..., None] + random.normal(0, 6, (HEIGHT, WIDTH, 3))
    alpha = np.clip(16.5 - np.hypot(y - 440, x - 300), 0, 1)[..., None]
    colours = alpha * (220, 60, 30) + (1 - alpha) * ground
    return np.clip(np.round(colours), 0, 255).astype(np.uint8)


@pytest.fixture
def lasso():
    drawn = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.circle(drawn, (300, 440), 19, 255, -1)
    return Mask(Coverage(WIDTH, HEIGHT, drawn.tobytes()))


@pytest.mark.parametrize("exact", [False, True])
def test_the_layers_are_those_of_work_on_the_whole_picture(
    picture, lasso, exact, tmp_path, monkeypatch
):
    store = ModelStore(tmp_path)
    lift = Mask(lasso.coverage, exact)
    seen = []
    separate = CompactEngine.separate

    def noting(engine, image, *rest):
        seen.append(image.shape)
        return separate(engine, image, *rest)

    monkeypatch.setattr(CompactEngine, "separate", noting)
    stack = peel(picture, lift=lift, store=store)
    monkeypatch.setattr(CompactEngine, "window", lambda *_: Window(0, HEIGHT, 0, WIDTH))
    whole = peel(picture, lift=lift, store=store)

    assert seen[0][0] * seen[0][1] < HEIGHT * WIDTH / 3
    assert seen[1] == (HEIGHT, WIDTH)
    assert np.array_equal(flatten(stack)[..., :3], picture)
    for layer, other in zip(stack.layers, whole.layers, strict=True):
        assert layer.offset == other.offset
        assert np.array_equal(array_of(layer.pixels), array_of(other.pixels))
