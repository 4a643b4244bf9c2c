import re

import numpy as np
import pytest
import safetensors.numpy
from typer.testing import CliRunner

from layerpeel.backend.cli.train_command import app
from layerpeel.backend.errors import BadInputError, ModelError, OutputError
from layerpeel.backend.training.recipe import RECIPES

pytestmark = pytest.mark.torch


@pytest.fixture
def recipe_file(tmp_path):
    """The shipped recipe with less of everything."""
    text = (RECIPES / "small-matting.toml").read_text(encoding="utf-8")
    for name, value in {
        "widths": "[8, 8]",
        "iterations": "2",
        "batch_size": "1",
        "side": "32",
        "longest_side": "[40, 100]",
        "save_every": "1",
        "precision": '"float32"',
    }.items():
        text = re.sub(rf"^{name} = .*$", f"{name} = {value}", text, flags=re.MULTILINE)
    file = tmp_path / "tiny.toml"
    file.write_text(text, encoding="utf-8")
    return file


def train(*words, command="matting"):
    """Run a command; errors come out as they are raised."""
    return CliRunner().invoke(app, [command, *map(str, words)], catch_exceptions=False)


@pytest.mark.parametrize("command", ["matting", "known-background"])
def test_a_network_is_trained_from_the_command_line(command, small_art, recipe_file, tmp_path):
    common = ("--art", small_art, "--recipe", recipe_file, "--out", tmp_path / "run")
    result = train(*common, command=command)
    assert result.exit_code == 0
    assert (tmp_path / "run" / "network.safetensors").is_file()
    # Going on to more iterations than the recipe says.
    assert train(*common, "--resume", "--iterations", 3, command=command).exit_code == 0
    rows = (tmp_path / "run" / "losses.csv").read_text(encoding="utf-8").splitlines()
    assert [row.split(",")[0] for row in rows[1:]] == ["1", "2", "3"]
    with pytest.raises(OutputError, match="--resume"):
        train(*common, command=command)


def test_a_training_begins_with_the_weights_of_another(small_art, recipe_file, tmp_path):
    common = ("--art", small_art, "--recipe", recipe_file)
    assert train(*common, "--out", tmp_path / "first").exit_code == 0
    start = tmp_path / "first" / "network.safetensors"
    gentle = tmp_path / "gentle.toml"
    text = recipe_file.read_text(encoding="utf-8")
    gentle.write_text(re.sub("learning_rate = .*", "learning_rate = 1e-12", text), encoding="utf-8")
    again = ("--art", small_art, "--recipe", gentle, "--out", tmp_path / "on", "--iterations", 1)
    assert train(*again, "--start", start).exit_code == 0
    before, after = (
        safetensors.numpy.load_file(file)
        for file in (start, tmp_path / "on" / "network.safetensors")
    )
    assert before["entry.weight"].any()
    for name, weights in before.items():
        np.testing.assert_allclose(after[name], weights, atol=1e-7)


def test_weights_of_another_network_are_no_start(small_art, recipe_file, tmp_path):
    common = ("--art", small_art, "--recipe", recipe_file)
    train(*common, "--out", tmp_path / "first")
    text = recipe_file.read_text(encoding="utf-8")
    wider = tmp_path / "wider.toml"
    wider.write_text(text.replace("[8, 8]", "[8, 16]"), encoding="utf-8")
    start = tmp_path / "first" / "network.safetensors"
    other = ("--art", small_art, "--recipe", wider, "--out", tmp_path / "other")
    with pytest.raises(ModelError, match="another network"):
        train(*other, "--start", start)
    with pytest.raises(BadInputError, match="no gone"):
        train(*other, "--start", tmp_path / "gone.safetensors")


def test_a_folder_without_pictures_is_refused(recipe_file, tmp_path):
    (tmp_path / "fg").mkdir()
    with pytest.raises(BadInputError, match="No PNG or WebP pictures"):
        train("--art", tmp_path, "--recipe", recipe_file, "--out", tmp_path / "run")
    assert not (tmp_path / "run").exists()
