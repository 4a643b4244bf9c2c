from dataclasses import replace

import numpy as np
import pytest

from layerpeel.backend.errors import BadInputError
from layerpeel.backend.training.decoded_layers import as_if_decoded, as_if_filled_in
from layerpeel.backend.training.known_layers import CompositeSettings, draw_layers

WHOLE = CompositeSettings(side=64, count=5)


def test_layers_make_the_picture_in_8_bits(opened_art, tiny_recipe):
    for settings in (WHOLE, replace(tiny_recipe.samples, degraded=0.0)):
        for index in range(5):
            layers = draw_layers(opened_art, settings, 0, index)
            assert layers.picture.shape == (settings.side, settings.side, 3)
            share = layers.alpha.astype(np.float64)[..., None]
            mixed = share * layers.foreground + (1 - share) * layers.background
            assert np.abs(layers.picture - mixed).max() <= 0.5 / 255 + 1e-6


def test_after_the_last_composite_comes_the_first(opened_art):
    first, sixth, second = (draw_layers(opened_art, WHOLE, 0, index) for index in (0, 5, 1))
    assert np.array_equal(first.picture, sixth.picture)
    assert not np.array_equal(first.picture, second.picture)
    other_seed = draw_layers(opened_art, WHOLE, 1, 0)
    assert not np.array_equal(first.picture, other_seed.picture)


class Wide:
    """A disc that fills 100×100, over a wide background."""

    folder = "wide"
    cut_outs = backgrounds = ("only",)

    def cut_out(self, path):
        y, x = np.mgrid[:100, :100]
        disc = np.hypot(x - 49.5, y - 49.5) <= 50
        return np.dstack([np.full((100, 100, 3), 200), disc * 255]).astype(np.uint8)

    def background(self, path):
        return np.full((100, 200, 3), 50, np.uint8)


def test_cut_outs_lie_anywhere_and_keep_their_proportions():
    middles, sizes, cut_off = [], [], 0
    for index in range(60):
        alpha = draw_layers(Wide(), CompositeSettings(50, 60), 0, index).alpha
        assert alpha.shape == (50, 50)
        rows, columns = (np.flatnonzero((alpha > 0.5).any(axis=axis)) for axis in (1, 0))
        whole = alpha[[0, -1]].max() == 0 and alpha[:, [0, -1]].max() == 0
        cut_off += not whole
        if whole:
            assert len(rows) == pytest.approx(len(columns), abs=1)
            middles.append((rows.mean(), columns.mean()))
            sizes.append(len(rows))
    assert 10 < cut_off < 55
    spread = np.ptp(np.array(middles), axis=0)
    assert spread.min() > 10  # of the 50 − 20 that the smallest have
    assert max(sizes) - min(sizes) > 8


def test_pictures_that_show_one_layer_only_are_refused():
    class Clear:
        folder = "clear"
        cut_outs = backgrounds = ("only",)

        def cut_out(self, path):
            return np.zeros((20, 20, 4), np.uint8)

        def background(self, path):
            return np.zeros((20, 20, 3), np.uint8)

    with pytest.raises(BadInputError, match="of no use"):
        draw_layers(Clear(), WHOLE, 0, 0)


def test_a_decoded_layer_is_near_the_layer_and_not_the_same():
    y, x = np.mgrid[:96, :96] / 12
    layer = (0.5 + 0.3 * np.dstack([np.sin(x), np.cos(y), np.sin(x + y)])).astype(np.float32)
    for seed in range(20):
        decoded = as_if_decoded(layer, np.random.default_rng(seed))
        assert decoded.shape == layer.shape
        assert decoded.dtype == np.float32
        assert 22 < -10 * np.log10(((decoded - layer) ** 2).mean()) < 45


def test_only_what_is_hidden_is_filled_in():
    random = np.random.default_rng(0)
    background = random.random((64, 64, 3), np.float32)
    alpha = np.zeros((64, 64), np.float32)
    alpha[20:44, 20:44] = 1
    filled = as_if_filled_in(background, alpha, random)
    changed = np.abs(filled - background).max(axis=-1)
    assert changed[:8].max() == 0
    assert changed[26:38, 26:38].mean() > 0.1
    assert np.array_equal(as_if_filled_in(background, 0 * alpha, random), background)
