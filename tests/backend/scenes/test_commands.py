"""The commands that paint in layers, and what they write down in their files."""

import json
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from PIL import Image

from layerpeel.backend.formats.openraster import PROVENANCE
from tiny_checkpoints.installed import save_tiny_editor

pytestmark = pytest.mark.torch


@pytest.fixture
def run(paper_store, monkeypatch):
    monkeypatch.setenv("LAYERPEEL_MODELS", str(paper_store.folder))

    def run(*words):
        command = [sys.executable, "-m", "layerpeel.backend.cli", *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, encoding="utf-8")

    return run


def test_variants_of_a_scene_have_seeds_of_their_own_and_say_what_made_them(run, tmp_path):
    out = tmp_path / "wall.ora"
    words = ("scene", "a wall", "--style", "tiny", "--size", "80x64", "--seed", 3)
    done = run(*words, "--variants", 2, "--out", out)
    assert done.returncode == 0, done.stderr
    for seed in (3, 4):
        with zipfile.ZipFile(tmp_path / f"wall-{seed}.ora") as archive:
            said = json.loads(archive.read(PROVENANCE))
        assert (said["seed"], said["painted"]["prompt"]) == (seed, "a wall")
        assert said["licences"]["sdxl"].startswith("unknown")
    assert run(*words, "--no-provenance", "--out", out).returncode == 0
    with zipfile.ZipFile(out) as archive:
        assert PROVENANCE not in archive.namelist()


def test_object_and_background_are_written(run, tmp_path):
    pixels = np.full((64, 80, 4), 255, np.uint8)
    pixels[..., :3] = np.random.default_rng(0).integers(60, 190, (64, 80, 3))
    Image.fromarray(pixels).save(tmp_path / "canvas.png")
    pixels[:20] = 0
    Image.fromarray(pixels).save(tmp_path / "layer.png")
    mask = np.zeros((64, 80), np.uint8)
    mask[20:50, 30:60] = 255
    Image.fromarray(mask).save(tmp_path / "within.png")
    style = ("--style", "tiny")
    within = ("--within", tmp_path / "within.png")
    done = run("add-object", tmp_path / "canvas.png", "a lamp", *within, *style,
               "--out", tmp_path / "lamp.ora")  # fmt: skip
    assert done.returncode == 0, done.stderr
    done = run("add-background", tmp_path / "layer.png", "a meadow", *style, "--engine", "compact",
               "--out", f"{tmp_path / 'meadow'}/")  # fmt: skip
    assert done.returncode == 0, done.stderr
    listing = json.loads((tmp_path / "meadow" / "layers.json").read_text(encoding="utf-8"))
    assert listing["made_with"]["painted"]["prompt"] == "a meadow"


def test_a_picture_is_changed_by_words_and_by_others(run, styles, tmp_path):
    if not (styles / "editor.toml").exists():
        save_tiny_editor(styles)
    Image.new("RGB", (90, 70), (200, 90, 20)).save(tmp_path / "day.png")
    other = Image.new("RGB", (90, 70), (0, 0, 90))
    other.save(tmp_path / "moving.gif", save_all=True, append_images=[Image.new("RGB", (90, 70))])
    words = ("scene", "make it night", "--style", "editor", "--out", tmp_path / "night.ora")
    shown = ("--guide", f"edit={tmp_path / 'day.png'}", "--reference", tmp_path / "moving.gif")
    done = run(*words, *shown)
    assert done.returncode == 0, done.stderr
    assert f"Note: {tmp_path / 'moving.gif'}: " in done.stdout
    with zipfile.ZipFile(tmp_path / "night.ora") as archive:
        assert json.loads(archive.read(PROVENANCE))["painted"]["guide"] == "edit"
        with archive.open("mergedimage.png") as file, Image.open(file) as picture:
            assert picture.size == (90, 70)
    mask = np.zeros((70, 90), np.uint8)
    mask[20:40, 30:60] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    done = run(*words[:-1], f"{tmp_path / 'part'}/", *shown, "--within", tmp_path / "mask.png")
    assert done.returncode == 0, done.stderr
    listing = json.loads((tmp_path / "part" / "layers.json").read_text(encoding="utf-8"))
    assert [layer["role"] for layer in listing["layers"]] == ["foreground"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("a [wall",), "not closed"),
        (("a wall", "--size", "large"), "no size"),
        (("a wall", "--guide", "lines"), "guides nothing"),
        (("a wall", "--strength", "1"), "--guide"),
        (("a wall", "--reference", "a.png"), "--guide edit="),
    ],
)
def test_what_cannot_be_is_said_in_a_line(run, tmp_path, words, said):
    done = run("scene", *words, "--style", "tiny", "--out", tmp_path / "a.ora")
    assert done.returncode != 0
    assert said in done.stderr
    assert not (tmp_path / "a.ora").exists()
