from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace

import numpy as np
import pytest
from PIL import Image

from layerpeel.backend.errors import BadInputError
from layerpeel.backend.training.opened_art import OpenedArt, art_to_learn_from
from layerpeel.backend.training.samples import draw_sample


def planes_of(sample):
    return [getattr(sample, field.name) for field in fields(sample)]


def test_a_sample_depends_on_nothing_but_its_number(opened_art, tiny_recipe):
    def draw(index):
        return draw_sample(opened_art, tiny_recipe.samples, 3, index)

    in_order = [draw(index) for index in range(12)]
    with ThreadPoolExecutor(3) as pool:
        backwards = list(pool.map(draw, reversed(range(12))))[::-1]
    for first, second in zip(in_order, backwards, strict=True):
        for one, other in zip(planes_of(first), planes_of(second), strict=True):
            assert np.array_equal(one, other)
    assert not np.array_equal(in_order[0].picture, in_order[1].picture)
    another = draw_sample(opened_art, tiny_recipe.samples, 4, 0)
    assert not np.array_equal(in_order[0].picture, another.picture)


def test_layers_make_the_composite(opened_art, tiny_recipe):
    for index in range(30):
        sample = draw_sample(opened_art, tiny_recipe.samples, 0, index)
        share = sample.alpha.astype(np.float64)[..., None]
        mixed = share * sample.foreground + (1 - share) * sample.background
        np.testing.assert_allclose(sample.composite, mixed, atol=2e-7)
        for plane in planes_of(sample):
            assert plane.dtype == np.float32
            assert plane.min() >= 0
            assert plane.max() <= 1
        steps = sample.picture * 255
        np.testing.assert_allclose(steps, np.round(steps), atol=1e-4)


def test_a_picture_that_has_not_suffered_is_the_composite_in_8_bits(opened_art, tiny_recipe):
    settings = replace(tiny_recipe.samples, degraded=0.0)
    for index in range(10):
        sample = draw_sample(opened_art, settings, 0, index)
        assert np.abs(sample.picture - sample.composite).max() <= 0.5 / 255 + 1e-6


def test_a_suffered_picture_still_shows_the_composite(opened_art, tiny_recipe):
    settings = replace(tiny_recipe.samples, degraded=1.0)
    for index in range(10):
        sample = draw_sample(opened_art, settings, 0, index)
        difference = np.abs(sample.picture - sample.composite)
        assert 0 < difference.mean() < 0.1


def test_what_the_true_trimap_is_sure_of_is_so(opened_art, tiny_recipe):
    settings = replace(tiny_recipe.samples, from_mask=0.0)
    for index in range(30):
        sample = draw_sample(opened_art, settings, 0, index)
        assert set(np.unique(sample.trimap)) <= {0.0, 0.5, 1.0}
        assert (sample.alpha[sample.trimap == 1] >= 0.99).all()
        assert (sample.alpha[sample.trimap == 0] <= 0.01).all()


def test_a_faulty_mask_is_seldom_wrong_beyond_its_band(opened_art, tiny_recipe):
    settings = replace(tiny_recipe.samples, from_mask=1.0, softness={"none": 1})
    wrong, sure = 0, 0
    for index in range(40):
        sample = draw_sample(opened_art, settings, 0, index)
        wrong += (sample.alpha[sample.trimap == 1] < 0.95).sum()
        wrong += (sample.alpha[sample.trimap == 0] > 0.05).sum()
        sure += (sample.trimap != 0.5).sum()
        assert (sample.trimap == 0.5).mean() >= 0.02
    assert wrong / sure < 0.02


def test_cut_outs_without_an_edge_are_refused(tmp_path, small_art, tiny_recipe):
    pixels = np.zeros((48, 48, 4), np.uint8)
    (tmp_path / "fg").mkdir()
    for number in range(30):
        Image.fromarray(pixels).save(tmp_path / "fg" / f"{number}.png")
    (tmp_path / "bg").symlink_to(small_art / "bg")
    art = OpenedArt(art_to_learn_from(tmp_path), 10**8, lambda words, done: None)
    settings = replace(tiny_recipe.samples, softness={"none": 1})
    with pytest.raises(BadInputError, match="of no use for training"):
        draw_sample(art, settings, 0, 0)
