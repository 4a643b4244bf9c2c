"""The installed command of this Python, and a scene on disk for it."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

COMMAND = Path(sys.executable).parent / "layerpeel"


@pytest.fixture(scope="session")
def command():
    """Path of the console script."""
    return COMMAND


@pytest.fixture(scope="session")
def layerpeel():
    """Run the installed `layerpeel` without a terminal: arguments, then environment."""

    def run(*arguments, **more):
        environment = {**os.environ, **more.pop("env", {})}
        return subprocess.run(
            [COMMAND, *map(str, arguments)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            env=environment,
            timeout=300,
            check=False,
            **more,
        )

    return run


@dataclass(frozen=True)
class SceneFiles:
    """A picture of 256×256 as a file, its pixels, and a rough mask of what is on it."""

    picture: Path
    pixels: np.ndarray
    mask: Path


@pytest.fixture(scope="session")
def scene_files(make_scene, tmp_path_factory):
    folder = tmp_path_factory.mktemp("scene")
    scene = make_scene((256, 256), "chateau", ("jessica", 70, 20, 220))
    Image.fromarray(scene.picture).save(folder / "picture.png")
    mask = np.where(scene.alphas[0] > 127, 255, 0).astype(np.uint8)
    Image.fromarray(mask).save(folder / "mask.png")
    return SceneFiles(folder / "picture.png", scene.picture, folder / "mask.png")
