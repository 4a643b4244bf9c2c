"""`layerpeel generate` on the command line, with a tiny SDXL."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from layerpeel.backend.cli.generate_command import generate
from layerpeel.backend.errors import BadInputError, ModelError, OutputError
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.stages.generation import config
from tiny_checkpoints.generation import (
    save_tiny_controlnet,
    save_tiny_flux2_klein,
    save_tiny_lora,
    save_tiny_sdxl,
)
from tiny_checkpoints.sdxl_single_file import save_single_file
from waiting import wait_for

pytestmark = pytest.mark.torch

SDXL = (Path(config.__file__).parent / "sdxl.toml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """Folder with a generator (mine.toml, sdxl), its weights as one file, and a ControlNet."""
    folder = tmp_path_factory.mktemp("tiny")
    sdxl = save_tiny_sdxl(folder / "sdxl")
    save_single_file(folder / "mine.safetensors", sdxl)
    save_tiny_controlnet(folder / "network", sdxl)
    text = SDXL.replace("side = 1024", "side = 64").replace("steps = 30", "steps = 2")
    text = text.replace('checkpoint = "sdxl"', 'checkpoint = "./sdxl"')
    text = text.replace('single_file = "sdxl"', 'single_file = "sdxl"\ndescriptions = "./sdxl"')
    (folder / "mine.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def klein(tmp_path_factory):
    """A generator that edits: the TOML file of a tiny FLUX.2 klein."""
    folder = tmp_path_factory.mktemp("klein")
    save_tiny_flux2_klein(folder / "weights")
    text = (Path(config.__file__).parent / "flux2-klein.toml").read_text(encoding="utf-8")
    text = text.replace('checkpoint = "flux2-klein"', 'checkpoint = "./weights"')
    file = folder / "klein.toml"
    file.write_text(text.replace("side = 1024", "side = 64"), encoding="utf-8")
    return file


@pytest.fixture
def run(tmp_path):
    """Run the command in this process, with an empty model store: its result."""
    app = typer.Typer()
    app.command()(generate)

    def invoke(*words):
        store = ModelStore(tmp_path / "models")
        return CliRunner().invoke(app, [str(word) for word in words], obj=store)

    return invoke


@pytest.fixture
def out(tmp_path):
    return tmp_path / "picture.png"


def pixels_of(file):
    with Image.open(file) as picture:
        return np.asarray(picture.convert("RGB"))


def test_words_become_a_png(run, tiny, out):
    result = run("a cat", "--out", out, "--generator", tiny / "mine.toml", "--size", "96x64")
    assert result.exit_code == 0, result.exception
    first, note = result.stdout.splitlines()
    assert first.startswith("96 × 64 pixels in ")
    assert first.endswith(f"by SDXL: {out}")
    assert note.startswith("Note: It was made at ")
    pixels = pixels_of(out)
    assert pixels.shape == (64, 96, 3)
    assert pixels.std() > 5
    assert list(out.parent.iterdir()) == [out]


def test_the_same_command_writes_the_same_bytes(run, tiny, out):
    words = ["a cat", "--out", out, "--generator", tiny / "mine.toml", "--force", "--quiet"]
    assert run(*words).stdout == ""
    first = out.read_bytes()
    run(*words, "--checkpoint", tiny / "mine.safetensors")
    assert out.read_bytes() == first
    run(*words, "--seed", 1)
    assert out.read_bytes() != first
    assert run(*words, "--negative", "dogs", "--guidance", 8, "--steps", 3).exit_code == 0
    assert out.read_bytes() != first


@pytest.mark.parametrize("kind", ["edge", "lines", "scribble", "depth"])
def test_a_control_picture_gives_size_and_shape(run, tiny, out, tmp_path, kind):
    drawing = np.full((64, 80, 4), 0, np.uint8)
    drawing[10:40, 20:24, 3] = 255  # black on nothing, as on a layer
    Image.fromarray(drawing).save(tmp_path / "drawing.png")
    words = ["a cat", "--out", out, "--generator", tiny / "mine.toml", "--force"]
    run(*words, "--size", "80x64")
    free = pixels_of(out)
    steered = [*words, "--control", f"{kind}={tmp_path / 'drawing.png'}"]
    result = run(*steered, "--control-model", tiny / "network", "--strength", 1)
    assert result.exit_code == 0, result.exception
    assert ("inverted" in result.stdout) == (kind in ("lines", "scribble"))
    assert pixels_of(out).shape == free.shape
    assert (pixels_of(out) != free).any()


def test_it_begins_from_a_picture_within_a_mask(run, tiny, out, tmp_path):
    random = np.random.default_rng(0)
    Image.fromarray(random.integers(0, 255, (64, 80, 3), np.uint8)).save(tmp_path / "start.png")
    mask = np.zeros((64, 80), np.uint8)
    mask[:32, :32] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    words = ["a cat", "--out", out, "--generator", tiny / "mine.toml", "--force"]
    words += ["--start", tmp_path / "start.png", "--start-strength", 0.5]
    pictures = []
    for masked in ([], ["--start-mask", tmp_path / "mask.png"]):
        result = run(*words, *masked)
        assert result.exit_code == 0, result.exception
        pictures.append(pixels_of(out))
    assert pictures[0].shape == pictures[1].shape == (64, 80, 3)
    assert (pictures[0] != pictures[1]).any()


def test_a_picture_is_changed_by_words(run, tiny, klein, out, tmp_path):
    day = np.zeros((70, 90, 4), np.uint8)
    day[:40] = (200, 90, 20, 255)  # below that it is clear, which is shown as white
    Image.fromarray(day).save(tmp_path / "day.png")
    Image.new("RGB", (2000, 1000), (0, 60, 0)).save(tmp_path / "leaf.png")
    words = ["make it night", "--out", out, "--generator", klein, "--force"]
    edited = [*words, "--edit", tmp_path / "day.png"]
    result = run(*edited)
    assert result.exit_code == 0, result.exception
    pixels, written = pixels_of(out), out.read_bytes()
    assert pixels.shape == (70, 90, 3)
    run(*edited)
    assert out.read_bytes() == written
    day[40:] = (255, 255, 255, 255)
    Image.fromarray(day).save(tmp_path / "day.png")
    run(*edited)
    assert out.read_bytes() == written
    for shown in (
        [*edited, "--reference", tmp_path / "leaf.png"],
        [*edited, "--seed", 1],
        [*words, "--reference", tmp_path / "leaf.png", "--size", "90x70"],
    ):
        assert run(*shown).exit_code == 0
        assert (pixels_of(out) != pixels).any()
    Image.new("L", (90, 70)).save(
        tmp_path / "moving.gif", save_all=True, append_images=[Image.new("L", (90, 70), 200)]
    )
    for option in ("--edit", "--reference"):
        told = run(*words, option, tmp_path / "moving.gif").stdout
        assert f"Note: {tmp_path / 'moving.gif'}: " in told
        assert "the first one was read" in told
    before = out.read_bytes()
    too_many = ["--reference", tmp_path / "leaf.png"] * 4
    for refused, said in (
        (run(*edited, *too_many), "takes 4 pictures at most"),
        (run(*edited, "--reference", tmp_path / "gone.png"), "no such file"),
        (run(*edited, "--start", tmp_path / "day.png"), "do not go with"),
        (run(*edited[:3], "--force", *edited[-2:]), "(--generator flux2-klein)"),
    ):
        assert isinstance(refused.exception, BadInputError)
        assert said in str(refused.exception)
    assert out.read_bytes() == before


def test_a_style_and_its_options_paint_alike(run, tiny, out):
    save_tiny_lora(tiny / "brush.safetensors", tiny / "sdxl")
    (tiny / "oil.toml").write_text(
        """
        format = 1
        name = "oil"
        title = "Oil"
        generator = "./mine.toml"
        prompt = "{prompt}, oil"
        negative = "dogs"
        steps = 3
        sampler = "ddim"
        [[lora]]
        file = "brush.safetensors"
        weight = 0.5
        [control]
        lines = "network"
        """,
        encoding="utf-8",
    )
    small = ["--out", out, "--force", "--size", "64x64"]
    result = run("a cat", *small, "--style", tiny / "oil.toml")
    assert result.exit_code == 0, result.exception
    painted = out.read_bytes()
    spelt_out = ["a cat, oil", *small, "--generator", tiny / "mine.toml", "--negative", "dogs"]
    spelt_out += ["--steps", 3, "--sampler", "ddim"]
    run(*spelt_out, "--lora", f"{tiny / 'brush.safetensors'}=0.5")
    assert out.read_bytes() == painted
    run(*spelt_out)
    assert out.read_bytes() != painted
    # Its ControlNet need not be named.
    drawing = f"lines={out}"
    assert run("a cat", *small, "--style", tiny / "oil.toml", "--control", drawing).exit_code == 0


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        (["a cat", "--style", "ink"], BadInputError, "no style “ink”"),
        (["a cat", "--style", "sdxl", "--generator", "sdxl"], BadInputError, "--generator out"),
        (["a cat", "--sampler", "best"], BadInputError, "no sampler “best”"),
        (["a cat", "--lora", "a.safetensors=much"], BadInputError, "is no LoRA"),
        (["a cat", "--lora", "a.safetensors=9"], BadInputError, "choose from -4 to 4"),
        (["a cat", "--start-strength", "1"], BadInputError, "go with --start"),
        (["a cat", "--start", "gone.png"], BadInputError, "no such file"),
        ([" "], BadInputError, "prompt is empty"),
        (["a cat", "--size", "100"], BadInputError, "is no size"),
        (["a cat", "--size", "axb"], BadInputError, "is no size"),
        (["a cat", "--size", "8000x500"], BadInputError, "at most 4 times the shorter"),
        (["a cat", "--size", "10x10"], BadInputError, "each side may have 64 to 8192"),
        (["a cat", "--steps", "0"], BadInputError, "steps"),
        (["a cat", "--seed", "-1"], BadInputError, "the seed"),
        (["a cat", "--generator", "dall-e"], BadInputError, "no generator called “dall-e”"),
        (["a cat", "--generator", "gone.toml"], BadInputError, "gone.toml cannot be read"),
        (["a cat", "--control", "edge=a.png"], BadInputError, "needs --control-model"),
        (["a cat", "--strength", "1"], BadInputError, "go with --control"),
        (["a cat", "--control", "x", "--control-model", "y"], BadInputError, "edge=PICTURE"),
        (["a cat", "--control", "pose=x", "--control-model", "y"], BadInputError, "edge=PICTURE"),
        (["a cat", "--control", "edge=no", "--control-model", "y"], BadInputError, "no such file"),
        (["a cat"], ModelError, "layerpeel models pull sdxl"),
        (["a cat", "--checkpoint", "gone.safetensors"], ModelError, "There is no gone"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(run, out, words, error, said):
    result = run(*words, "--out", out)
    assert isinstance(result.exception, error), result.exception
    assert said in str(result.exception)
    assert "\n" not in str(result.exception)
    assert not out.exists()


def test_a_prompt_that_is_too_long_says_what_would_be_lost(run, tiny, out):
    prompt = "a cat " * 20
    result = run(prompt, "--out", out, "--generator", tiny / "mine.toml")
    assert isinstance(result.exception, BadInputError)
    assert "would ignore: “cat a cat" in str(result.exception)


def test_an_existing_picture_is_not_replaced_unasked(run, tiny, out):
    out.write_bytes(b"older")
    result = run("a cat", "--out", out, "--generator", tiny / "mine.toml")
    assert isinstance(result.exception, OutputError)
    assert "--force" in str(result.exception)
    assert out.read_bytes() == b"older"


@pytest.mark.parametrize(
    ("name", "said"), [("picture.jpg", "ends in .png"), ("no/where.png", "there is no folder")]
)
def test_where_it_cannot_be_written_is_said_before_the_work(run, tmp_path, name, said):
    result = run("a cat", "--out", tmp_path / name)
    assert isinstance(result.exception, OutputError)
    assert said in str(result.exception)


def test_errors_end_with_their_exit_code(layerpeel, tmp_path):
    done = layerpeel("generate", " ", "--out", tmp_path / "a.png")
    assert done.returncode == BadInputError.exit_code
    assert done.stderr == (
        "layerpeel: The prompt is empty: describe what should be in the picture.\n"
    )


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_control_c_while_it_paints_leaves_nothing(command, tiny, tmp_path):
    out = tmp_path / "result"
    out.mkdir()
    terminal, end = os.openpty()
    words = ["generate", "a cat", "--out", out / "a.png", "--generator", tiny / "mine.toml"]
    process = subprocess.Popen(
        [command, *map(str, words), "--steps", "200", "--size", "256x64"],
        stdout=subprocess.PIPE,
        stderr=end,
    )
    os.close(end)
    said = bytearray()
    reader = threading.Thread(target=_read_all, args=(terminal, said))
    reader.start()
    try:
        wait_for(lambda: b"Painting" in said or process.poll() is not None, patience=120)
        assert b"Painting" in said, said
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=20)
    finally:
        process.kill()
        process.wait()
    reader.join(10)
    os.close(terminal)
    assert process.returncode == 130
    assert output == b""
    assert b"layerpeel: Stopped." in said
    assert b"Traceback" not in said
    assert list(out.iterdir()) == []


def _read_all(terminal, said):
    """Collect what a terminal receives until the other side closes it."""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:
            return
        if not piece:
            return
        said += piece


def test_help_needs_no_torch():
    code = (
        "import sys; import layerpeel.backend.cli.generate_command; print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_bits_are_chosen_on_the_command_line(run, tiny, klein, tmp_path, out):
    refused = run("a cat", "--out", out, "--generator", tiny / "mine.toml", "--bits", "3")
    assert "choose 4 or 16" in str(refused.exception)
    refused = run("a cat", "--out", out, "--generator", tiny / "mine.toml", "--bits", "4")
    assert "SDXL cannot be loaded in 4 bit" in str(refused.exception)
    pytest.importorskip("sdnq")
    Image.fromarray(np.full((64, 80, 3), 200, np.uint8)).save(tmp_path / "day.png")
    pictures = []
    for bits in (16, 4):
        file = tmp_path / f"{bits}.png"
        words = ["a cat", "--out", file, "--generator", klein, "--bits", bits]
        made = run(*words, "--edit", tmp_path / "day.png")
        assert made.exit_code == 0, made.exception
        pictures.append(pixels_of(file).astype(int))
    assert 0 < np.abs(pictures[0] - pictures[1]).mean() < 10
