from dataclasses import fields

import numpy as np
import pytest

from layerpeel.backend.stages.band_planes import coarse_alpha_of
from layerpeel.backend.training.kept_samples import KeptSamples, MattingSample
from layerpeel.backend.training.samples import draw_sample

DISTINCT = 6


def coarse_alpha(sample):
    return coarse_alpha_of(sample.picture, sample.trimap)


@pytest.fixture
def kept(opened_art, tiny_recipe):
    return KeptSamples(opened_art, tiny_recipe.samples, 3, DISTINCT, coarse_alpha)


def planes_in(sample):
    return {field.name: getattr(sample, field.name) for field in fields(sample)}


def same(first: MattingSample, second: MattingSample):
    return all(
        np.array_equal(plane, planes_in(second)[name]) for name, plane in planes_in(first).items()
    )


def test_a_sample_depends_on_nothing_but_its_number(opened_art, tiny_recipe, kept):
    in_order = [kept.sample(index) for index in range(2 * DISTINCT)]
    another = KeptSamples(opened_art, tiny_recipe.samples, 3, DISTINCT, coarse_alpha)
    for index in reversed(range(2 * DISTINCT)):
        assert same(in_order[index], another.sample(index))


def test_what_comes_again_is_never_quite_the_same(kept):
    for index in range(DISTINCT):
        assert not same(kept.sample(index), kept.sample(index + DISTINCT))


def test_what_comes_again_is_of_the_same_edge(kept):
    for index in range(DISTINCT):
        first, again = (kept.sample(index + times * DISTINCT) for times in (0, 1))
        assert np.array_equal(np.sort(first.alpha, axis=None), np.sort(again.alpha, axis=None))


def test_other_colours_keep_to_the_composition_model(opened_art, tiny_recipe, kept):
    """As exactly as the sample that was drawn does, whose picture may have suffered."""
    for index in range(5 * DISTINCT):
        drawn = draw_sample(opened_art, tiny_recipe.samples, 3, index % DISTINCT)
        suffered = np.abs(drawn.picture - drawn.composite).max()
        sample = kept.sample(index)
        share = sample.alpha[..., None]
        mixed = share * sample.foreground + (1 - share) * sample.background
        assert np.abs(mixed - sample.picture).max() < suffered + 3 / 255
        for plane in planes_in(sample).values():
            assert plane.dtype == np.float32
            assert plane.min() >= -1e-6
            assert plane.max() <= 1 + 1e-6


def test_the_trimap_survives_its_8_bits(kept):
    for index in range(DISTINCT):
        sample = kept.sample(index)
        assert set(np.unique(sample.trimap)) <= {0, 0.5, 1}
        sure = sample.trimap != 0.5
        assert np.array_equal(sample.coarse_alpha[sure], sample.trimap[sure])
