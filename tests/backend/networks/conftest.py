"""Tiny networks, and such all of whose layers take part: as they are made, the last answer 0."""

import pytest
import torch
from torch import nn

from tiny_checkpoints import layering


@pytest.fixture(scope="session")
def make_random():
    """Give every weight of a network a random value, from a fixed seed."""

    def make(network):
        torch.manual_seed(0)
        for weights in network.parameters():
            nn.init.normal_(weights, std=0.1)
        return network.eval()

    return make


@pytest.fixture
def tiny_unet():
    """Make a diffusion UNet of so many inputs."""
    return layering.tiny_unet


@pytest.fixture(scope="session")
def tiny_vae():
    return layering.tiny_vae()


@pytest.fixture
def tiny_fbdd():
    return layering.tiny_fbdd()


@pytest.fixture
def fbdd_folder(tmp_path):
    """A whole FBDD folder, for damaging."""
    return layering.save_tiny_fbdd(tmp_path / "fbdd")


@pytest.fixture
def inpainting_folder(tmp_path):
    """An inpainting model as the hub has it, for damaging."""
    return layering.save_tiny_inpainting(tmp_path / "inpainting")
