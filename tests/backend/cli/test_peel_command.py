"""The installed command: results, one line for each error, exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layerpeel.backend.composites.composite import draw_composites
from layerpeel.backend.flatten import flatten
from layerpeel.backend.formats.folder import read_folder

ART = Path(__file__).parents[2] / "art"
COMMAND = Path(sys.executable).parent / "layerpeel"


def run(*arguments, **environment):
    return subprocess.run(
        [COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """A folder with picture.png and trimap.png, 128 pixels wide."""
    folder = tmp_path_factory.mktemp("scene")
    composite = next(draw_composites(ART, 1, seed=3, size=128))
    for name, plane in (("picture", composite.picture), ("trimap", composite.trimap)):
        Image.fromarray(np.floor(plane * 255 + 0.5).astype(np.uint8)).save(folder / f"{name}.png")
    return folder


def test_folder_preview_and_json(scene, tmp_path):
    done = run(
        "peel", scene / "picture.png", "--trimap", scene / "trimap.png",
        "--out", f"{tmp_path / 'layers'}/", "--preview", tmp_path / "look.png", "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["size"] == [128, 128]
    flat = flatten(read_folder(tmp_path / "layers"))
    np.testing.assert_array_equal(flat[..., :3], np.asarray(Image.open(scene / "picture.png")))
    assert Image.open(tmp_path / "look.png").width > 256


def test_openraster_is_not_replaced_without_force(scene, tmp_path):
    arguments = ("peel", scene / "picture.png", "--trimap", scene / "trimap.png", "--quiet")
    out = ("--out", tmp_path / "a.ora")
    first = run(*arguments, *out)
    assert (first.returncode, first.stdout, first.stderr) == (0, "", "")
    before = (tmp_path / "a.ora").read_bytes()
    assert run(*arguments, *out).returncode == 6
    assert (tmp_path / "a.ora").read_bytes() == before
    assert run(*arguments, *out, "--force").returncode == 0


def test_what_went_wrong_is_one_line_and_a_code(scene, tmp_path):
    (tmp_path / "text.png").write_text("no picture")
    whole = (scene / "picture.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    Image.new("L", (9, 9)).save(tmp_path / "small.png")
    Image.new("L", (128, 128)).save(tmp_path / "empty.png")
    Image.new("RGB", (64, 64), "grey").save(tmp_path / "flat.png")
    picture, out = scene / "picture.png", ("--out", tmp_path / "x.ora")
    nowhere = {"LAYERPEEL_MODELS": str(tmp_path / "no-models")}
    for code, arguments, environment in [
        (3, [tmp_path / "text.png"], {}),
        (3, [tmp_path / "cut.png"], {}),
        (3, [picture, "--mask", tmp_path / "small.png"], {}),
        (3, [picture, "--box", "1,2,3"], {}),
        (4, [picture, "--mask", tmp_path / "empty.png"], {}),
        (4, [tmp_path / "flat.png"], {}),
        (5, [picture], nowhere),
        (5, [picture, "--text", "a bird"], {}),
    ]:
        failed = run("peel", *arguments, *out, **environment)
        assert failed.returncode == code, failed.stderr
        assert failed.stderr.startswith("layerpeel: ")
        assert failed.stderr.count("\n") == 1
    assert run("peel", picture, "--out", tmp_path / "none" / "x.ora").returncode == 6
    assert run("peel", picture, "--unknown").returncode == 2
    assert not list(tmp_path.glob("x*"))
