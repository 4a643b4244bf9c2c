"""How far it is, stopping on the way, and equal requests giving equal bytes."""

import numpy as np
import pytest

from layerpeel.backend import peel
from layerpeel.backend.progress import Cancelled
from layerpeel.shared.protocol import Mask

STAGES = ["Finding what to lift off", "Finding its edge", "Filling in behind it", "Making it exact"]


@pytest.fixture(scope="module")
def scene(make_scene):
    return make_scene((160, 144), "grass-bw", ("cactus1", 40, 6, 130))


@pytest.fixture(scope="module")
def lift(scene, coverage_of):
    return Mask(coverage_of(scene.alphas[0] > 127))


def test_progress_names_every_stage_and_never_goes_back(scene, lift):
    said = []
    peel(scene.picture, lift=lift, report=lambda stage, done: said.append((stage, done)))
    assert [stage for stage, _ in said] == [*STAGES, "Done"]
    shares = [done for _, done in said]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)


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
    assert said[4] == ("Finding what to lift off (layer 2 of 2)", 0.5)
    shares = [done for _, done in said]
    assert shares == sorted(shares)
    assert shares[-1] == 1


@pytest.mark.parametrize("stage", [*STAGES, "Done"])
def test_raising_from_any_stage_stops_there(scene, lift, stage):
    reached = []

    def report(words, _done):
        reached.append(words)
        if words == stage:
            raise Cancelled

    with pytest.raises(Cancelled):
        peel(scene.picture, lift=lift, report=report)
    assert reached[-1] == stage


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


def test_another_seed_fills_in_differently_and_cuts_out_the_same(scene, lift):
    first, second = (peel(scene.picture, lift=lift, seed=seed) for seed in (0, 1))
    assert first.layers[0] != second.layers[0]
    sizes = [(stack.layers[1].pixels.width, stack.layers[1].pixels.height) for stack in
             (first, second)]  # fmt: skip
    assert np.abs(np.subtract(*sizes)).max() <= 2
