"""Networks within a budget of bytes: what lies on the device is counted, not believed."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from layerpeel.backend.devices.compute import Compute
from layerpeel.backend.devices.pool import NetworkPool, bytes_of, smaller_until_it_fits
from layerpeel.backend.errors import DeviceError

pytestmark = pytest.mark.torch


def make_pool(budget):
    return NetworkPool(Compute(torch.device("cpu"), torch.float32, budget))


def network_of(numbers):
    """One that has so many weights, of four bytes each."""
    return nn.Linear(numbers, 1, bias=False)


def test_bytes_are_those_of_weights_and_buffers():
    assert bytes_of(nn.Linear(10, 3)) == (30 + 3) * 4
    assert bytes_of(nn.BatchNorm2d(4).half()) == 4 * 4 * 2 + 8


@given(st.lists(st.integers(0, 5), max_size=30))
def test_the_budget_always_holds_and_the_same_network_comes_back(order):
    pool = make_pool(budget=1000)
    for name in order:
        size = 40 * (name + 1)
        with pool.using(str(name), lambda size=size: network_of(size)) as network:
            assert network.in_features == size
            assert bytes_of(network) <= pool.bytes_on_device <= 1000
        assert pool.bytes_on_device <= 1000


def test_what_fits_is_loaded_once():
    pool, loads = make_pool(budget=1000), []

    def load():
        loads.append(1)
        return network_of(10)

    for _ in range(3):
        with pool.using("small", load) as network:
            assert not network.training
            assert not any(weights.requires_grad for weights in network.parameters())
    assert len(loads) == 1


def test_the_one_not_used_for_longest_makes_room():
    pool, loads = make_pool(budget=1000), []

    def use(name):
        def load():
            loads.append(name)
            return network_of(100)

        with pool.using(name, load):
            pass

    for name in ("a", "b", "a", "c", "a", "b"):
        use(name)
    assert loads == ["a", "b", "c", "b"]


def test_what_is_in_use_stays_and_what_cannot_fit_is_refused():
    pool = make_pool(budget=1000)
    with pool.using("first", lambda: network_of(150)) as first:
        with (
            pytest.raises(DeviceError, match=r"second needs 600 bytes .* 400 bytes are left"),
            pool.using("second", lambda: network_of(150)),
        ):
            pytest.fail("both cannot be there")
        assert first(torch.ones(1, 150)).shape == (1, 1)
    with pool.using("second", lambda: network_of(150)):
        assert pool.bytes_on_device == 600


def test_one_of_which_only_a_part_could_be_moved_does_not_stay(monkeypatch):
    pool = make_pool(budget=1000)

    class Halfway(nn.Linear):
        def to(self, *_where):
            raise torch.OutOfMemoryError("CUDA out of memory")

        def forward(self, inputs):
            return inputs

    monkeypatch.setattr(
        "accelerate.hooks.CpuOffload.pre_forward", lambda _hook, module: module.to("cuda")
    )
    with pytest.raises(torch.OutOfMemoryError), pool.using("half", lambda: Halfway(10, 1)):
        pytest.fail("it is not there")
    assert pool.bytes_on_device == 0


def test_on_the_processor_what_makes_room_is_forgotten():
    pool = make_pool(budget=1000)
    with pool.using("first", lambda: network_of(10)):
        pass
    pool.clear_device()
    assert pool.bytes_on_device == 0
    with pool.using("first", lambda: network_of(20)) as again:
        assert again.in_features == 20


def test_memory_that_runs_out_is_met_with_a_smaller_try():
    pool, tried = make_pool(budget=1000), []

    def attempt(size):
        tried.append(size)
        if size > 512:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return size * 2

    assert smaller_until_it_fits(pool, (1024, 768, 512), attempt, "this") == (1024, 512)
    assert tried == [1024, 768, 512]
    with pytest.raises(DeviceError, match="not enough memory for this, not even at 600 pixels"):
        smaller_until_it_fits(pool, (1024, 600), attempt, "this")
