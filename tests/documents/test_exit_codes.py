"""Every exit code of the README's table is what the command ends with, and there are no others."""

import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from documents.shown_commands import REPOSITORY
from layerpeel.backend.cli import commands, main
from layerpeel.backend.errors import LayerpeelError
from running_backend import RunningBackend

BY_ITSELF = """
import sys
from layerpeel.backend.cli import main
sys.argv[0] = "layerpeel"
main.run()
"""
# What no file brings about happens while the picture is read.
BY_CHANCE = """
import os, signal, sys
from layerpeel.backend import errors
from layerpeel.backend.cli import main, peel_command

def happens(*_):
    {happens}

peel_command.read_picture = happens
sys.argv[0] = "layerpeel"
main.run()
"""

PEEL = ("peel", "picture.png", "--out", "result.ora", "--quiet")
BY_MASK = (*PEEL, "--mask", "mask.png", "--band", "2")
TYPED = {
    0: BY_MASK,
    2: (*PEEL, "--layers", "many"),
    3: (*PEEL, "--mask", "small.png"),
    4: (*PEEL, "--mask", "black.png"),
    5: PEEL,
    6: ("peel", "picture.png", "--out", "nowhere/result.ora", "--mask", "mask.png"),
    8: ("serve",),
}
HAPPENS = {
    1: "raise MemoryError",
    7: "raise errors.NoEdgeError('There is no edge.')",
    9: "raise errors.DeviceError('There is no such device.')",
    10: "raise IndexError('of a list')",
    130: "os.kill(os.getpid(), signal.SIGINT)",
}


def documented():
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    section = text.partition("## Exit codes\n")[2].partition("\n\n")[0]
    return {int(code) for code in re.findall(r"^\| (\d+) \|", section, re.MULTILINE)}


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder with the pictures that those commands name, and no models."""
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    mask = np.zeros((64, 64), np.uint8)
    mask[16:48, 16:48] = 255
    pictures = {"picture": picture, "mask": mask, "small": mask[:9, :9], "black": mask * 0}
    for name, pixels in pictures.items():
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    monkeypatch.setenv("LAYERPEEL_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("LAYERPEEL_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ended(program, words):
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    assert done.returncode == 0 or done.stderr
    return done.returncode


def test_each_that_is_documented_is_tried():
    assert TYPED.keys() | HAPPENS.keys() == documented()


@pytest.mark.parametrize("code", sorted(TYPED.keys() - {8}))
def test_it_ends_with(code, desk):
    assert ended(BY_ITSELF, TYPED[code]) == code
    assert (desk / "result.ora").exists() == (code == 0)


@pytest.mark.parametrize("code", HAPPENS)
def test_what_happens_on_the_way_ends_with(code, desk):
    assert ended(BY_CHANCE.format(happens=HAPPENS[code]), BY_MASK) == code
    assert not (desk / "result.ora").exists()


def test_a_second_server_ends_with_8(desk):
    running = RunningBackend(desk / "home")
    try:
        assert ended(BY_ITSELF, TYPED[8]) == 8
    finally:
        running.process.kill()
        running.process.communicate()


def test_our_own_errors_have_no_other_codes():
    codes = {error.exit_code for error in all_of(LayerpeelError)}
    assert codes | {commands.UNFORESEEN_CODE, main.STOPPED_CODE} <= documented()


def all_of(error):
    yield error
    for each in error.__subclasses__():
        yield from all_of(each)
