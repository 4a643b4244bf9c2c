"""Tiny generators, saved once, and what they are run with."""

from dataclasses import replace

import pytest


@pytest.fixture(scope="session")
def tiny_sdxl(tmp_path_factory):
    """Folder of an SDXL of a few hundred kB."""
    from tiny_checkpoints.generation import save_tiny_sdxl

    return save_tiny_sdxl(tmp_path_factory.mktemp("sdxl"))


@pytest.fixture(scope="session")
def tiny_sdxl_file(tiny_sdxl, tmp_path_factory):
    """The same weights as one file."""
    from tiny_checkpoints.sdxl_single_file import save_single_file

    return save_single_file(tmp_path_factory.mktemp("file") / "mine.safetensors", tiny_sdxl)


@pytest.fixture(scope="session")
def tiny_controlnet(tiny_sdxl, tmp_path_factory):
    """Folder of a ControlNet for it."""
    from tiny_checkpoints.generation import save_tiny_controlnet

    return save_tiny_controlnet(tmp_path_factory.mktemp("controlnet"), tiny_sdxl)


@pytest.fixture(scope="session")
def sdxl_config(tiny_sdxl):
    """SDXL as it ships, but for the size that it likes and the number of steps."""
    from layerpeel.backend.stages.generation.config import generator_config

    return replace(generator_config("sdxl"), side=72, steps=3, descriptions=tiny_sdxl)


@pytest.fixture
def pool():
    """The processor's."""
    from layerpeel.backend.devices.compute import compute_on
    from layerpeel.backend.devices.pool import NetworkPool

    return NetworkPool(compute_on("cpu"))


@pytest.fixture(scope="session")
def sdxl(sdxl_config, tiny_sdxl):
    """A tiny SDXL that is loaded once for all tests that do not break it."""
    from layerpeel.backend.devices.compute import compute_on
    from layerpeel.backend.devices.pool import NetworkPool
    from layerpeel.backend.stages.generation.generator import Generator
    from layerpeel.backend.stages.generation.generator_checkpoint import Checkpoint

    return Generator(sdxl_config, Checkpoint(tiny_sdxl), NetworkPool(compute_on("cpu")))
