"""What the network says on its grid becomes a mask with ISNet's edges, decided part by part."""

import cv2
import numpy as np
import pytest

from layerpeel.backend.stages.subject.whole_subject import decided_whole, find_whole_subject

SIDE, GRID = 512, 256
X, Y = np.meshgrid(np.arange(SIDE) + 0.5, np.arange(SIDE) + 0.5)


def disc(x, y, radius, softness=1.0):
    return np.clip(0.5 + (radius - np.hypot(X - x, Y - y)) / softness, 0, 1).astype(np.float32)


def on_grid(plane):
    return cv2.resize(plane, (GRID, GRID), interpolation=cv2.INTER_AREA)


@pytest.fixture
def thing():
    return disc(256, 256, 120)


def test_fog_over_half_a_thing_becomes_the_whole_thing(thing):
    fog = np.where(X > 256, 0.35, 1).astype(np.float32) * thing
    found = decided_whole(on_grid(thing), fog[None])
    assert found.mask.dtype == np.float32
    assert (found.mask[disc(256, 256, 105) > 0] == 1).all()
    assert (found.mask[disc(256, 256, 135) == 0] == 0).all()
    assert not found.doubted.any()
    assert not found.is_in_doubt


def test_fog_over_the_surroundings_goes(thing):
    haze = np.maximum(thing, 0.45 * disc(120, 120, 60))
    found = decided_whole(on_grid(thing), haze[None])
    assert found.mask[120, 120] == 0


def test_a_part_that_isnet_takes_for_subject_and_the_network_does_not_goes(thing):
    found = decided_whole(on_grid(thing), np.maximum(thing, disc(60, 60, 40))[None])
    assert found.mask[60, 60] == 0
    assert found.mask[256, 256] == 1


def test_a_strand_that_only_isnet_sees_stays(thing):
    strand = (np.abs(X - 256) < 1.5) & (Y > 20) & (Y < 256)
    found = decided_whole(on_grid(thing), np.maximum(thing, strand.astype(np.float32))[None])
    assert (found.mask[30:130, 256] >= 0.5).all()


def test_the_edge_is_as_soft_as_isnet_sees_it():
    soft = disc(256, 256, 120, softness=10)
    found = decided_whole(on_grid(disc(256, 256, 120)), soft[None])
    near = np.abs(np.hypot(X - 256, Y - 256) - 120) < 5
    assert np.array_equal(found.mask[near], soft[near])


def test_of_several_views_that_which_sees_the_thing_gives_the_edge(thing):
    soft = disc(256, 256, 120, softness=10)
    found = decided_whole(on_grid(thing), np.stack([disc(60, 60, 40), soft]))
    near = np.abs(np.hypot(X - 256, Y - 256) - 120) < 5
    assert np.array_equal(found.mask[near], soft[near])


def test_a_hole_in_doubt_is_none_and_a_sure_one_stays(thing):
    view = thing * (1 - disc(220, 256, 20)) * (1 - disc(300, 256, 20))
    sure = on_grid(thing * (1 - 0.6 * disc(220, 256, 20)) * (1 - disc(300, 256, 20)))
    found = decided_whole(sure, view[None])
    assert found.mask[256, 220] == 1
    assert found.mask[256, 300] == 0


@pytest.mark.parametrize("sure_there", [0.5, 1])
def test_a_slit_that_isnet_sees_stays_open(thing, sure_there):
    slit = (np.abs(X - 256) < 2.5) & (np.abs(Y - 256) < 40)
    view = np.where(slit, 0, thing).astype(np.float32)
    sure = on_grid(np.where(slit, sure_there, thing).astype(np.float32))
    found = decided_whole(sure, view[None])
    assert (found.mask[slit] < 0.5).all()
    assert found.mask[256, 200] == 1


def test_specks_that_only_isnet_sees_go(thing):
    specks = np.maximum(disc(60, 60, 3), disc(450, 300, 3))
    found = decided_whole(on_grid(thing), np.maximum(thing, specks)[None])
    assert not found.mask[disc(256, 256, 135) == 0].any()


def test_a_dark_spot_in_isnet_s_fog_is_no_hole(thing):
    fog = np.where(np.hypot(X - 256, Y - 200) < 40, 0.6, 1) - np.where(np.abs(Y - 200) < 3, 0.2, 0)
    found = decided_whole(on_grid(thing), (fog * thing).astype(np.float32)[None])
    assert (found.mask[disc(256, 200, 38) > 0] >= 0.5).all()


def test_what_is_added_is_decided_too(thing):
    more = disc(430, 430, 40) > 0.5
    found = decided_whole(on_grid(thing), thing[None], lambda inside: more)
    assert (found.mask[more] == 1).all()


def test_where_the_network_sees_no_subject_isnet_stands(thing):
    unsure = np.full((GRID, GRID), 0.3, np.float32)
    for sure in (unsure, np.zeros((GRID, GRID), np.float32)):
        assert np.array_equal(decided_whole(sure, thing[None]).mask, thing)


def test_a_large_part_that_might_be_otherwise_is_doubted_and_a_rim_is_not(thing):
    sure = on_grid(thing)
    part = on_grid(disc(430, 430, 40))
    found = decided_whole(np.maximum(sure, 0.4 * part), thing[None])
    assert found.doubted[430, 430]
    assert found.is_in_doubt
    assert not found.doubted[256, 256]
    assert not found.doubted[:, :376].any()
    assert found.mask[430, 430] == 0


def test_size_makes_no_difference(thing):
    fog = np.where(X > 256, 0.35, 1).astype(np.float32) * thing
    large = cv2.resize(fog, (4 * SIDE, 4 * SIDE), interpolation=cv2.INTER_LINEAR)
    small, big = (decided_whole(on_grid(thing), each[None]).mask for each in (fog, large))
    shrunk = cv2.resize(big, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    assert ((shrunk > 0.5) != (small > 0.5)).mean() < 2e-3


def test_a_large_picture_is_looked_at_smaller(tmp_path):
    seen = []

    def find(picture):
        seen.append(picture.shape)
        return np.linspace(0, 0.09, picture.shape[1], dtype=np.float32)[None].repeat(50, axis=0)

    found = find_whole_subject(np.zeros((100, 4096, 3), np.float32), find, tmp_path)

    assert seen == [(50, 2048, 3)]
    expected = np.linspace(0, 0.09, 4096)[None].repeat(100, axis=0)
    assert np.allclose(found.mask, expected, atol=1e-3)
    assert found.plain.shape == found.doubted.shape == (100, 4096)
