"""A style whose generator is tiny, and a canvas."""

from importlib import resources

import numpy as np
import pytest

from layerpeel.backend.image import block_of
from layerpeel.shared.protocol import Picture


@pytest.fixture(scope="session")
def styles(tmp_path_factory):
    """A folder with the style “tiny”: a random SDXL that likes 72×72 pixels, and a ControlNet."""
    from tiny_checkpoints.generation import save_tiny_controlnet, save_tiny_sdxl

    folder = tmp_path_factory.mktemp("styles")
    checkpoint = save_tiny_sdxl(folder / "sdxl")
    save_tiny_controlnet(folder / "lines", checkpoint)
    config = (resources.files("layerpeel.backend.stages.generation") / "sdxl.toml").read_text()
    config = config.replace("side = 1024", "side = 72").replace("steps = 30", "steps = 2")
    (folder / "generators").mkdir()
    (folder / "generators" / "tiny.toml").write_text(config, encoding="utf-8")
    (folder / "tiny.toml").write_text(
        'format = 1\nname = "tiny"\ntitle = "Tiny"\ngenerator = "generators/tiny.toml"\n'
        'checkpoint = "./sdxl"\nprompt = "{prompt}, in oil"\n[control]\nlines = "lines"\n',
        encoding="utf-8",
    )
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
