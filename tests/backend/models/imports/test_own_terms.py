"""Whatever `generate` and a peel can use is imported, and its terms are its user's to state."""

import json
from functools import partial

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from layerpeel.backend.cli import commands
from layerpeel.backend.engines.means import INPAINTERS
from layerpeel.backend.models.model_store import NOT_STATED, ModelStore
from layerpeel.backend.stages.generation.config import SHIPPED, generator_config
from layerpeel.backend.stages.generation.generator_checkpoint import find_checkpoint
from tiny_checkpoints.detect import save_tiny_grounding_dino
from tiny_checkpoints.generation import (
    save_tiny_flux2_klein,
    save_tiny_sd,
    save_tiny_sdxl,
    save_tiny_sdxl_inpainting,
    save_tiny_z_image,
)
from tiny_checkpoints.layering import save_tiny_fbdd, save_tiny_hfa
from tiny_checkpoints.matte import save_tiny_vitmatte
from tiny_checkpoints.segment import save_tiny_sam

pytestmark = pytest.mark.torch

GENERATORS = {
    "sdxl": save_tiny_sdxl,
    "sd1": save_tiny_sd,
    "sd2": partial(save_tiny_sd, version=2),
    "flux2-klein": save_tiny_flux2_klein,
    "z-image": save_tiny_z_image,
}
INPAINTING = {
    "sdxl-inpainting": save_tiny_sdxl_inpainting,
    "sd1-inpainting": partial(save_tiny_sd, within_mask=True),
    "sd2-inpainting": partial(save_tiny_sd, version=2, within_mask=True),
}
OTHERS = {
    "grounding-dino": save_tiny_grounding_dino,
    "sam": save_tiny_sam,
    "vitmatte": save_tiny_vitmatte,
    "fbdd": save_tiny_fbdd,
    "hfa": save_tiny_hfa,
}
ALL = GENERATORS | INPAINTING | OTHERS


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    return {model_id: save(folder / model_id) for model_id, save in ALL.items()}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Type a command on a machine that has no models yet."""
    monkeypatch.setenv("LAYERPEEL_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("LAYERPEEL_DEVICE", "cpu")
    for add in dict.fromkeys(commands._ADDED_BY.values()):
        add()

    def invoke(*words):
        typed = [str(word) for word in words]
        done = CliRunner().invoke(commands.app, typed, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done

    return invoke


def test_every_network_that_paints_is_among_these():
    assert {generator_config(name).checkpoint for name in SHIPPED} == GENERATORS.keys()
    assert {means.name for means in INPAINTERS} == (GENERATORS | INPAINTING).keys()


@pytest.mark.parametrize("model_id", ALL)
def test_its_licence_size_and_origin_are_those_that_its_user_states(model_id, made, run):
    folder = made[model_id]
    said = run("models", "import", folder)
    assert "Licence: not stated (--licence states it)." in said.stderr
    store = ModelStore()
    model = store.manifest.usable(model_id)
    copied = [path for path in store.path_of(model_id).rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in copied if path.name != "layerpeel-files.json")
    (record,) = (
        each
        for each in json.loads(run("models", "list", "--json").stdout)
        if each["id"] == model_id
    )
    assert (record["imported"], record["bytes"]) == (True, size)
    assert record["imported_from"] == str(folder)
    assert (record["licence"], record["licence_note"], record["trained_on"]) == (None, None, None)
    (line,) = (
        each
        for each in run("models", "list").stdout.splitlines()
        if each.startswith(f"{model_id} ")
    )
    assert NOT_STATED in line
    assert model.licence not in line
    run("models", "import", folder, "--force", "--licence", "CC0, mine")
    assert ModelStore().licence_of(model_id) == "CC0, mine"


@pytest.mark.parametrize("name", GENERATORS)
def test_generate_finds_what_was_imported(name, made, run):
    run("models", "import", made[name])
    store = ModelStore()
    assert find_checkpoint(generator_config(name), None, store).path == store.path_of(name)


def test_layers_say_what_their_user_stated_and_never_the_manifests(made, run, tmp_path):
    run("models", "import", made["grounding-dino"], "--licence", "my own terms")
    run("models", "import", made["sam"])
    pixels = np.random.default_rng(0).integers(60, 190, (93, 121, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "picture.png")
    out = tmp_path / "layers"
    run("peel", tmp_path / "picture.png", "--out", f"{out}/", "--box", "30,10,60,70")
    made_with = json.loads((out / "layers.json").read_text(encoding="utf-8"))["made_with"]
    assert made_with["licences"] == {"sam": NOT_STATED}
    assert made_with["models"]["sam"] == ModelStore().digest_of("sam")
