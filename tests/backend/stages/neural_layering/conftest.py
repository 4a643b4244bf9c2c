"""A tiny FBDD and HFA, and a pool on the processor."""

import numpy as np
import pytest
import torch

from layerpeel.backend.devices.compute import Compute
from layerpeel.backend.devices.pool import NetworkPool
from tiny_checkpoints import layering


@pytest.fixture(scope="session")
def fbdd_folder(tmp_path_factory):
    """Its resolution is 64 pixels, its steps are 3."""
    return layering.save_tiny_fbdd(tmp_path_factory.mktemp("fbdd") / "fbdd")


@pytest.fixture(scope="session")
def large_fbdd_folder(tmp_path_factory):
    """Its resolution is 256 pixels, its steps are 1."""
    return layering.save_tiny_fbdd(tmp_path_factory.mktemp("fbdd") / "fbdd", 256, steps=1)


@pytest.fixture(scope="session")
def hfa_folder(tmp_path_factory):
    return layering.save_tiny_hfa(tmp_path_factory.mktemp("hfa") / "hfa")


@pytest.fixture(scope="session")
def make_pool():
    """A pool on the processor, with room for everything unless `budget` says otherwise."""

    def make(budget=10**9, precision=torch.float32):
        return NetworkPool(Compute(torch.device("cpu"), precision, budget))

    return make


@pytest.fixture(scope="session")
def make_picture():
    """A picture, and an alpha with all of it, none of it and everything between."""

    def make(height, width):
        random = np.random.default_rng([height, width])
        picture = random.random((height, width, 3), dtype=np.float32)
        ramp = np.linspace(-0.5, 1.5, height * width, dtype=np.float32).reshape(height, width)
        return picture, np.clip(ramp, 0, 1)

    return make
