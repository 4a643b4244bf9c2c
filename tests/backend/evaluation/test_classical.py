"""The classical chain, with which everything is compared, works as such a chain does."""

import numpy as np
import pytest

from layerpeel.backend.benchmarks.chain import fixed_trimap
from layerpeel.backend.composites.composite import draw_composites
from layerpeel.backend.evaluation.classical import separate_classically
from layerpeel.backend.evaluation.metrics import measure
from layerpeel.backend.separation import Separation


@pytest.fixture(scope="module")
def composite(art):
    return next(draw_composites(art, 1, seed=0, size=192))


@pytest.fixture(scope="module")
def separation(composite):
    return separate_classically(composite.picture, composite.trimap)


def test_it_gives_what_such_a_chain_gives(composite, separation):
    figures = measure(separation, composite)
    # Much better than the trimap taken for alpha, whose figures are these:
    careless = measure(
        Separation(composite.trimap, composite.picture, composite.picture), composite
    )
    assert 0 < figures["alpha_mad"] < 0.5 * careless["alpha_mad"]
    assert 0 < figures["B_mad"] < 0.7 * careless["B_mad"]
    assert figures["Bvis_mad"] < 20
    assert figures["F_mad"] < 10
    assert 0.3 < figures["texture"] < 2
    assert 0.3 < figures["rim"] < 4
    # Nothing in it makes the mixture exact.
    assert figures["rec_pixels"] > 0


def test_it_keeps_to_the_trimap_and_to_the_range(composite, separation):
    assert (separation.alpha[composite.trimap == 1] > 0.99).all()
    assert (separation.alpha[composite.trimap == 0] < 0.01).all()
    for plane in vars(separation).values():
        assert plane.dtype == np.float32
        assert plane.min() >= 0
        assert plane.max() <= 1


def test_its_fill_is_the_same_for_a_seed(composite, separation):
    again = separate_classically(composite.picture, composite.trimap)
    np.testing.assert_array_equal(again.background, separation.background)


def test_its_trimap_in_the_benchmark_is_of_a_fixed_width():
    mask = np.zeros((300, 300), np.float32)
    mask[100:200, 100:200] = 0.8
    trimap = fixed_trimap(mask)
    # Five iterations with a kernel of 10: sure foreground is 45 pixels narrower, possible 45 wider.
    assert np.count_nonzero(trimap[150] == 1) == 100 - 45
    assert np.count_nonzero(trimap[150] > 0) == 100 + 45
