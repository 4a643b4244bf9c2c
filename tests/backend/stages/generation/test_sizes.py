import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerpeel.backend.stages.generation.sizes import resampled, working_size

SIDES = st.integers(64, 8192)


@given(SIDES, SIDES, st.sampled_from([8, 16, 64]))
def test_the_size_to_work_at_is_near_in_pixels_and_shape(width, height, multiple):
    if not 1 / 4 <= width / height <= 4:
        return
    across, down = working_size((width, height), 1024, multiple)
    assert across % multiple == 0 == down % multiple
    assert abs(math.log(across * down / 1024**2)) < math.log(1.1) + 3 * multiple / 512
    # Where one side is free, the other is half a multiple off at most, of 500 pixels and more.
    assert abs(math.log(across / down * height / width)) <= math.log(1 + multiple / 2 / 460)


@pytest.mark.parametrize("size", [(1024, 1024), (1152, 896), (832, 1216), (2048, 512)])
def test_a_size_that_is_liked_stays(size):
    assert working_size(size, 1024, 8) == size


@pytest.mark.parametrize(
    ("wanted", "worked_at"), [((64, 64), (1024, 1024)), ((4096, 3072), (1184, 888))]
)
def test_what_is_far_in_pixels_is_worked_at_in_its_own_shape(wanted, worked_at):
    assert working_size(wanted, 1024, 8) == worked_at


def test_shrinking_averages():
    picture = np.random.default_rng(0).random((60, 90, 3), np.float32)
    small = resampled(picture, (30, 20))
    averages = picture.reshape(20, 3, 30, 3, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(small, averages, atol=1e-6)


def test_enlarging_keeps_a_slope():
    across = np.linspace(0.2, 0.8, 40, dtype=np.float32)
    picture = np.broadcast_to(across[None, :, None], (40, 40, 3)).copy()
    large = resampled(picture, (160, 160))
    places = (np.arange(160) + 0.5) / 4 - 0.5
    expected = 0.2 + 0.6 * places / 39
    np.testing.assert_allclose(large[80, 20:-20, 0], expected[20:-20], atol=2e-3)


def test_enlarging_stays_within_the_range():
    picture = np.zeros((16, 16, 3), np.float32)
    picture[:, 8:] = 1
    large = resampled(picture, (100, 100))
    assert large.min() == 0
    assert large.max() == 1


def test_the_same_size_is_the_same_picture():
    picture = np.random.default_rng(0).random((5, 7, 3), np.float32)
    assert resampled(picture, (7, 5)) is picture
