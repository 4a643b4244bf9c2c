"""Matting of large objects: at half the size first, then where the edge is."""

import cv2
import numpy as np
import pytest

from layerpeel.backend.composites.composite import draw_composites, trimap_of_true_alpha
from layerpeel.backend.stages.small_networks import matting
from layerpeel.backend.stages.small_networks.matting import matte_by_small_network
from layerpeel.backend.stages.small_networks.refining import narrowed

SIDE = 800


@pytest.fixture(scope="module")
def enlarged(art):
    """Picture, true alpha, and a trimap whose band is wider than any that was learned from."""

    def larger(plane):
        return np.clip(cv2.resize(plane, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC), 0, 1)

    found = []
    for each in draw_composites(art, 3, seed=3):
        alpha = larger(each.alpha)
        found.append((larger(each.picture), alpha, trimap_of_true_alpha(alpha, 61)))
    return found


def test_a_wide_band_is_matted_better_when_it_is_seen_smaller_first(enlarged, monkeypatch):
    ratios = []
    for picture, alpha, trimap in enlarged:
        at_once = np.abs(matte_by_small_network(picture, trimap).alpha - alpha).mean()
        with monkeypatch.context() as patch:
            patch.setattr(matting, "LONGEST_SIDE", 300)
            ratios.append(
                np.abs(matte_by_small_network(picture, trimap).alpha - alpha).mean() / at_once
            )
    assert np.median(ratios) < 0.9


@pytest.mark.parametrize("size", [(420, 360), (421, 359)])
def test_in_the_band_the_layers_make_the_picture_and_outside_it_the_trimap_counts(
    enlarged, size, monkeypatch
):
    monkeypatch.setattr(matting, "LONGEST_SIDE", 100)
    part = np.s_[100 : 100 + size[0], 200 : 200 + size[1]]
    picture, _, trimap = enlarged[0]
    picture, trimap = picture[part], trimap[part]
    layers = matte_by_small_network(picture, trimap)
    band = trimap == 0.5
    assert np.array_equal(layers.alpha[~band], trimap[~band])
    assert np.array_equal(layers.foreground[~band], picture[~band])
    assert np.array_equal(layers.background[~band], picture[~band])
    share = layers.alpha[..., None]
    mixed = share * layers.foreground + (1 - share) * layers.background
    assert (np.abs(mixed - picture)[band] > 1 / 255).mean() < 0.1


def test_it_can_be_stopped_between_tiles(enlarged, monkeypatch):
    monkeypatch.setattr(matting, "LONGEST_SIDE", 300)
    picture, _, trimap = enlarged[0]
    said = []

    def stop(done):
        said.append(done)
        if done > 0.5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        matte_by_small_network(picture, trimap, stop)
    assert said == sorted(said)


def test_only_what_may_be_edge_stays_in_the_band():
    trimap = np.full((16, 32), 0.5, np.float32)
    trimap[:, 0], trimap[:, -1] = 1, 0
    small = np.zeros((8, 16), np.float32)
    small[:, :8] = 1  # A hard edge has no alpha between.
    narrow = narrowed(trimap, small)
    assert np.array_equal(np.flatnonzero(narrow[0] == 0.5), np.arange(12, 20))
    assert (narrow[:, :12] == 1).all()
    assert (narrow[:, 20:] == 0).all()
