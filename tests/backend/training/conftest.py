from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layerpeel.backend.training.opened_art import OpenedArt, art_to_learn_from, is_held_back
from layerpeel.backend.training.recipe import RECIPES, read_recipe


def names(kind, count, held_back):
    """Some file names that the split puts where they are wanted."""
    every = (f"{kind}-{number}.png" for number in range(1000))
    return [name for name in every if is_held_back(Path(name)) == held_back][:count]


@pytest.fixture(scope="session")
def small_art(tmp_path_factory):
    """Discs and boxes with straight alpha in fg, speckled squares in bg; some to check on."""
    folder = tmp_path_factory.mktemp("art")
    random = np.random.default_rng(0)
    y, x = np.mgrid[:160, :160]
    for kind in ("fg", "bg"):
        (folder / kind).mkdir()
        for name in names(kind, 5, held_back=False) + names(kind, 2, held_back=True):
            pixels = np.empty((160, 160, 4), np.uint8)
            speckles = random.normal(0, 12, (160, 160, 3))
            pixels[..., :3] = np.clip(random.uniform(40, 215, 3) + speckles, 0, 255)
            distance = np.hypot(x - random.uniform(70, 90), y - 80) - random.uniform(45, 65)
            pixels[..., 3] = np.clip(0.5 - distance, 0, 1) * 255 if kind == "fg" else 255
            Image.fromarray(pixels).save(folder / kind / name)
    return folder


@pytest.fixture(scope="session")
def opened_art(small_art):
    return OpenedArt(art_to_learn_from(small_art), 10**8, lambda words, done: None)


@pytest.fixture(scope="session")
def tiny_recipe():
    """The recipe that is shipped, with less of everything."""
    recipe = read_recipe(RECIPES / "small-matting.toml")
    return replace(
        recipe,
        network=replace(recipe.network, widths=(8, 8)),
        training=replace(
            recipe.training, iterations=20, batch_size=2, warmup_steps=2, precision="float32"
        ),
        run=replace(recipe.run, save_every=10, check_every=20),
        samples=replace(recipe.samples, side=32, longest_side=(40, 100)),
    )
