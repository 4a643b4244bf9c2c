import re
import shutil

import numpy as np
import pytest
from typer.testing import CliRunner

from layerpeel.backend import peel
from layerpeel.backend.cli.train_command import app
from layerpeel.backend.errors import BadInputError, LayerpeelError, ModelError, OutputError
from layerpeel.backend.flatten import flatten
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.training.recipe import RECIPES
from layerpeel.shared.protocol import Mask
from tiny_checkpoints.layering import save_tiny_inpainting

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def small_recipe(tmp_path_factory):
    """Write a shipped recipe with less of everything, and give the file."""
    folder = tmp_path_factory.mktemp("recipes")

    def write(name, **more):
        text = (RECIPES / f"{name}.toml").read_text(encoding="utf-8")
        less = {
            "widths": "[8, 8]",
            "iterations": "2",
            "batch_size": "1",
            "num_inference_steps": "2",
            "side": "64",
            "longest_side": "[60, 120]",
            "save_every": "1",
            "num_workers": "1",
            **more,
        }
        for key, value in less.items():
            text = re.sub(rf"^{key} = [^#\n]*", f"{key} = {value} ", text, flags=re.MULTILINE)
        file = folder / f"{name}.toml"
        file.write_text(text, encoding="utf-8")
        return file

    return write


@pytest.fixture(scope="module")
def inpainting(tmp_path_factory):
    return save_tiny_inpainting(tmp_path_factory.mktemp("start") / "inpainting")


@pytest.fixture(autouse=True)
def no_models(tmp_path, monkeypatch):
    """Nothing is installed."""
    monkeypatch.setenv("LAYERPEEL_MODELS", str(tmp_path / "no-models"))


def train(*words):
    """Run the command; errors come out as they are raised."""
    return CliRunner().invoke(app, [*map(str, words)], catch_exceptions=False)


def test_what_is_trained_is_imported_and_peels_exactly(
    small_art, small_recipe, inpainting, coverage_of, tmp_path
):
    common = ("--art", small_art, "--out")
    fbdd = train("fbdd", *common, tmp_path / "f", "--recipe", small_recipe("paper-fbdd"),
                 "--start", inpainting)  # fmt: skip
    assert fbdd.exit_code == 0
    assert f"layerpeel models import {tmp_path / 'f' / 'fbdd'}" in fbdd.stdout
    # HFA learns from what this FBDD paints.
    hfa = train("hfa", *common, tmp_path / "h", "--recipe", small_recipe("paper-hfa"),
                "--fbdd", tmp_path / "f" / "fbdd")  # fmt: skip
    assert hfa.exit_code == 0
    store = ModelStore(tmp_path / "store")
    for folder in (tmp_path / "f" / "fbdd", tmp_path / "h" / "hfa"):
        store.take_in(store.recognise(folder))
    picture = np.random.default_rng(0).integers(0, 256, (70, 90, 3), np.uint8)
    y, x = np.mgrid[:70, :90]
    alpha = np.clip(25.5 - np.hypot(x - 44, y - 35), 0, 1) * 255
    stack = peel(
        picture, engine="layeringdiff", store=store, lift=Mask(coverage_of(alpha), exact=True)
    )
    assert set(stack.made_with.models) == {"fbdd", "hfa"}
    assert len(stack.layers) == 2
    assert np.array_equal(flatten(stack)[..., :3], picture)


def test_layers_are_trained_one_by_one_and_go_on(small_art, small_recipe, tmp_path):
    common = ("hfa", "--art", small_art, "--out", tmp_path, "--recipe", small_recipe("small-hfa"))
    first = train(*common, "--layer", "foreground")
    assert "made when the other layer has been trained too" in first.stdout
    assert not (tmp_path / "hfa").exists()
    with pytest.raises(OutputError, match="--resume"):
        train(*common)
    # The foreground goes on, and the background begins.
    assert train(*common, "--resume", "--iterations", 3).exit_code == 0
    assert (tmp_path / "hfa" / "hfa.json").is_file()
    for layer in ("foreground", "background"):
        rows = (tmp_path / layer / "losses.csv").read_text(encoding="utf-8").splitlines()
        assert [row.split(",")[0] for row in rows[1:]] == ["1", "2", "3"]
    # All is done already; the folder is made again.
    shutil.rmtree(tmp_path / "hfa")
    assert train(*common, "--resume", "--iterations", 3).exit_code == 0
    assert (tmp_path / "hfa" / "hfa.json").is_file()


def test_going_on_from_nothing_is_refused(small_art, small_recipe, tmp_path):
    with pytest.raises(BadInputError, match="no training has saved anything"):
        train("hfa", "--art", small_art, "--out", tmp_path / "run", "--resume",
              "--recipe", small_recipe("small-hfa"))  # fmt: skip


@pytest.mark.parametrize("command", ["hfa", "fbdd"])
def test_a_rate_that_is_too_high_stops_and_leaves_no_model(
    command, small_art, small_recipe, inpainting, tmp_path
):
    recipe = small_recipe(
        "small-hfa" if command == "hfa" else "paper-fbdd",
        iterations="60", learning_rate="1e30", warmup_steps="0", max_grad_norm="1e30",
    )  # fmt: skip
    more = ("--start", inpainting) if command == "fbdd" else ()
    with pytest.raises(LayerpeelError, match="diverged"):
        train(command, "--art", small_art, "--out", tmp_path, "--recipe", recipe, *more)
    assert not (tmp_path / command).exists()


def test_what_is_missing_is_said_before_anything_is_made(small_art, inpainting, tmp_path):
    out = tmp_path / "run"
    with pytest.raises(ModelError, match="sd2-inpainting"):
        train("fbdd", "--art", small_art, "--out", out)
    with pytest.raises(ModelError, match=r"FBDD .* is not installed"):
        train("hfa", "--art", small_art, "--out", out, "--recipe", "paper-hfa")
    with pytest.raises(ModelError, match=r"no fbdd\.json"):
        train("hfa", "--art", small_art, "--out", out, "--recipe", "paper-hfa",
              "--fbdd", inpainting)  # fmt: skip
    with pytest.raises(BadInputError, match=r"\[network\]: `num_inference_steps` is missing"):
        train("fbdd", "--art", small_art, "--out", out, "--recipe", "small-hfa")
    with pytest.raises(BadInputError, match="No PNG or WebP pictures"):
        train("hfa", "--art", tmp_path, "--out", out)
    assert not out.exists()
