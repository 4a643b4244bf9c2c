"""A style whose generator is tiny, and a canvas."""

import numpy as np
import pytest

from layerpeel.backend.image import block_of
from layerpeel.shared.protocol import Picture


@pytest.fixture(scope="session")
def styles(tmp_path_factory):
    """A folder with the style “tiny”, which paints in oil."""
    from tiny_checkpoints.installed import save_tiny_style

    folder = tmp_path_factory.mktemp("styles")
    save_tiny_style(folder)
    text = (folder / "tiny.toml").read_text(encoding="utf-8")
    framed = text.replace("[control]", 'prompt = "{prompt}, in oil"\n[control]')
    (folder / "tiny.toml").write_text(framed, encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def _use_styles(styles, monkeypatch):
    monkeypatch.setenv("LAYERPEEL_STYLES", str(styles))
    monkeypatch.setenv("LAYERPEEL_DEVICE", "cpu")


@pytest.fixture
def canvas():
    """An opaque picture of 80×64 pixels, 8 bits."""
    random = np.random.default_rng(0)
    pixels = np.full((64, 80, 4), 255, np.uint8)
    pixels[..., :3] = random.integers(60, 190, (64, 80, 3))
    return Picture(block_of(pixels))
