import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from layerpeel.backend.stages.spread import spread_colours


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 10**6))
def test_what_is_known_stays_and_the_rest_lies_between(height, width, seed):
    random = np.random.default_rng(seed)
    colours = random.random((height, width, 3), np.float32)
    known = (random.random((height, width)) < 0.2).astype(np.float32)
    known[0, 0] = 1
    filled = spread_colours(colours, known)
    np.testing.assert_allclose(filled[known == 1], colours[known == 1], atol=1e-6)
    lowest, highest = colours[known == 1].min(axis=0), colours[known == 1].max(axis=0)
    assert (filled >= lowest - 1e-4).all()
    assert (filled <= highest + 1e-4).all()


def test_near_colours_count_more_than_far_ones():
    colours = np.zeros((64, 64, 3), np.float32)
    colours[:, 32:] = 1
    known = np.zeros((64, 64), np.float32)
    known[:, [4, 60]] = 1
    filled = spread_colours(colours, known)[..., 0]
    assert filled[:, :12].mean() < 0.2
    assert filled[:, -12:].mean() > 0.8


def test_nothing_known_gives_the_mean():
    colours = np.random.default_rng(0).random((9, 7, 3), np.float32)
    filled = spread_colours(colours, np.zeros((9, 7), np.float32))
    np.testing.assert_allclose(filled, np.broadcast_to(colours.mean(axis=(0, 1)), filled.shape))
