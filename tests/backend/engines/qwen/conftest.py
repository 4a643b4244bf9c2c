"""A tiny Qwen-Image-Layered, a few steps of it instead of fifty, and small pictures."""

import numpy as np
import pytest
import torch

from layerpeel.backend.devices.compute import Compute
from layerpeel.backend.devices.pool import NetworkPool
from layerpeel.backend.stages import qwen_layers


@pytest.fixture(scope="session", autouse=True)
def few_steps():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(qwen_layers, "STEPS", 3)
        yield


@pytest.fixture(scope="session")
def make_pool():
    """A pool on the processor, with room for everything unless `budget` says otherwise."""

    def make(budget=10**9, precision=torch.float32):
        return NetworkPool(Compute(torch.device("cpu"), precision, budget))

    return make


@pytest.fixture(scope="session")
def picture():
    """Of an odd size, 45×70×4 of 8 bits: stripes and noise, opaque."""
    colour = np.random.default_rng(1).integers(0, 256, (45, 70, 3))
    colour[:, ::7] = (200, 30, 90)
    return np.dstack([colour, np.full((45, 70), 255)]).astype(np.uint8)


@pytest.fixture(scope="session")
def veiled(picture):
    """The same, fading to the right until nothing is there."""
    fading = picture.copy()
    fading[..., 3] = np.linspace(300, -40, 70).clip(0, 255)
    return fading
