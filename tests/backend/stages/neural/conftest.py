"""Tiny random networks in the formats of the real ones, each in its folder."""

import numpy as np
import pytest


@pytest.fixture
def pool():
    from layerpeel.backend.devices.compute import compute_on
    from layerpeel.backend.devices.pool import NetworkPool

    return NetworkPool(compute_on("cpu"))


@pytest.fixture(scope="session")
def detector_folder(tmp_path_factory):
    from tiny_checkpoints.detect import save_tiny_grounding_dino

    return save_tiny_grounding_dino(tmp_path_factory.mktemp("detect") / "grounding-dino", seed=1)


@pytest.fixture(scope="session")
def hub_sam_folder(tmp_path_factory):
    from tiny_checkpoints.segment import save_tiny_sam

    return save_tiny_sam(tmp_path_factory.mktemp("segment") / "sam")


@pytest.fixture(scope="session")
def meta_sam_folder(tmp_path_factory):
    """The weights of `hub_sam_folder`."""
    from tiny_checkpoints.segment import save_tiny_meta_sam

    return save_tiny_meta_sam(tmp_path_factory.mktemp("segment") / "sam")


@pytest.fixture(scope="session")
def vitmatte_folder(tmp_path_factory):
    from tiny_checkpoints.matte import save_tiny_vitmatte

    return save_tiny_vitmatte(tmp_path_factory.mktemp("matte") / "vitmatte")


@pytest.fixture(scope="session")
def red_vitmatte_folder(tmp_path_factory):
    from tiny_checkpoints.matte import save_tiny_vitmatte_of_red

    return save_tiny_vitmatte_of_red(tmp_path_factory.mktemp("matte") / "vitmatte-red")


@pytest.fixture(scope="session")
def noise():
    """Make a picture of random colours, H×W×3."""

    def make(height, width, seed=0):
        return np.random.default_rng(seed).random((height, width, 3)).astype(np.float32)

    return make
