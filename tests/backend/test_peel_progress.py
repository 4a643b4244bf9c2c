"""How far it is, stopping on the way, and equal requests giving equal bytes."""

import numpy as np
import pytest

from layerpeel.backend import peel
from layerpeel.backend.progress import StopWork
from layerpeel.shared.protocol import Mask

pytestmark = pytest.mark.usefixtures("plain_stages")

STAGES = ["Finding what to lift off", "Finding its edge", "Filling in behind it", "Making it exact"]


@pytest.fixture(scope="module")
def scene(make_scene, subject_is_known):
    cut_outs = ("jessica", 6, 70, 60), ("cactus1", 40, 6, 130)
    return subject_is_known(make_scene((160, 144), "grass-bw", *cut_outs))


@pytest.fixture(scope="module")
def lift(scene, coverage_of):
    return Mask(coverage_of(scene.alphas[1] > 127))


def test_progress_names_every_stage_and_never_goes_back(scene, lift):
    said = []
    peel(scene.picture, lift=lift, report=lambda stage, done: said.append((stage, done)))
    assert list(dict.fromkeys(stage for stage, _ in said)) == [*STAGES, "Done"]
    shares = [done for _, done in said]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)


def test_what_takes_long_tells_how_far_it_is_within_itself(scene, lift):
    said = []
    peel(scene.picture, lift=lift, report=lambda stage, done: said.append((stage, done)))
    shares = [done for words, done in said if words == "Filling in behind it"]
    assert len(set(shares)) >= 6
    # Nowhere does the bar jump over the half of it.
    end = next(done for words, done in said if words == "Making it exact")
    assert np.diff([*shares, end]).max() <= 0.5 * (end - shares[0])


def test_half_of_two_layers_is_one(scene, lift, isnet_store):
    said = []
    peel(
        scene.picture,
        lift=lift,
        layers=2,
        store=isnet_store,
        report=lambda stage, done: said.append((stage, done)),
    )
    firsts = [done for stage, done in said if stage.endswith("(layer 1 of 2)")]
    assert max(firsts) <= 0.5


def test_of_several_layers_progress_says_which(scene, lift, isnet_store):
    said = []
    peel(
        scene.picture,
        lift=lift,
        layers=2,
        store=isnet_store,
        report=lambda stage, done: said.append((stage, done)),
    )
    assert said[0] == ("Finding what to lift off (layer 1 of 2)", 0)
    assert ("Finding what to lift off (layer 2 of 2)", 0.5) in said
    shares = [done for _, done in said]
    assert shares == sorted(shares)
    assert shares[-1] == 1


@pytest.mark.parametrize("stage", [*STAGES, "Done"])
def test_raising_from_any_stage_stops_there(scene, lift, stage):
    reached = []

    def report(words, _done):
        reached.append(words)
        if words == stage:
            raise StopWork

    with pytest.raises(StopWork):
        peel(scene.picture, lift=lift, report=report)
    assert reached[-1] == stage


def test_what_will_come_off_is_shown_before_it_does(scene, lift, isnet_store):
    heard = []
    stack = peel(
        scene.picture,
        lift=lift,
        layers=2,
        store=isnet_store,
        report=lambda stage, _done: heard.append(stage.partition(" (")[0]),
        show=heard.append,
    )
    shown = [entry for entry in heard if not isinstance(entry, str)]
    assert len(shown) == len(stack.layers) - 1 == 2
    # Once a layer, between its edge and what is behind it.
    at = [number for number, entry in enumerate(heard) if not isinstance(entry, str)]
    assert [(heard[number - 1], heard[number + 1]) for number in at] == [tuple(STAGES[1:3])] * 2
    assert (shown[0].shape, shown[0].dtype) == ((144, 160, 4), np.float32)
    np.testing.assert_allclose(shown[0][..., :3], scene.picture / 255, atol=1e-6)
    assert np.abs(shown[0][..., 3] * 255 - scene.alphas[1]).mean() < 0.02 * 255
    assert 0 <= shown[0].min() <= shown[0].max() <= 1


def test_what_is_shown_of_a_veiled_picture_is_veiled(scene, lift):
    shown = []
    picture = np.dstack([scene.picture, np.full(scene.picture.shape[:2], 51, np.uint8)])
    peel(picture, lift=lift, show=shown.append)
    inside = scene.alphas[1] > 250
    np.testing.assert_allclose(np.median(shown[0][inside, 3]), 0.2, atol=1e-6)
    assert shown[0][..., 3].max() <= 0.2 + 1e-6


def test_raising_from_who_is_shown_stops_there(scene, lift):
    reached = []

    def refuse(_found):
        raise StopWork

    with pytest.raises(StopWork):
        peel(
            scene.picture,
            lift=lift,
            report=lambda stage, _done: reached.append(stage),
            show=refuse,
        )
    assert list(dict.fromkeys(reached)) == STAGES[:2]


def test_any_exception_of_who_listens_comes_through(scene, lift):
    def report(_stage, done):
        if done:
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        peel(scene.picture, lift=lift, report=report)


def test_equal_requests_give_equal_bytes_and_leave_the_picture_alone(scene, lift):
    picture = scene.picture.copy()
    first, second = (peel(picture, lift=lift, seed=5) for _ in range(2))
    assert first.layers == second.layers
    assert (first.size, first.notes, first.icc_profile) == (
        second.size,
        second.notes,
        second.icc_profile,
    )
    assert np.array_equal(picture, scene.picture)
    assert (first.made_with.engine, first.made_with.seed) == ("compact", 5)
