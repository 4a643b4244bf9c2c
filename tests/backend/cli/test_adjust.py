"""`layerpeel adjust`, from a folder of layers to another."""

import numpy as np
import pytest

from layerpeel.backend.flatten import flatten
from layerpeel.backend.formats.folder import read_folder


@pytest.fixture(scope="module")
def folder(layerpeel, scene_files, tmp_path_factory):
    """A folder of layers as `layerpeel peel` writes it."""
    path = tmp_path_factory.mktemp("layers") / "lady"
    done = layerpeel("peel", scene_files.picture, "--mask", scene_files.mask, "--out", f"{path}/")
    assert done.returncode == 0, done.stderr
    return path


def test_a_folder_becomes_another_that_flattens_to_the_same(layerpeel, folder, tmp_path):
    out = f"{tmp_path / 'wider'}/"
    done = layerpeel("adjust", folder, "--shift", "2", "--soften", "1.5", "--out", out)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"2 layers: {out}\n"
    before, after = read_folder(folder), read_folder(tmp_path / "wider")
    np.testing.assert_array_equal(flatten(after), flatten(before))
    assert after.layers[1] != before.layers[1]
    assert after.made_with.stages["adjusted edge"] == "2 px outwards, softened over 1.5 px"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--shift", "20"], "moved by 20 pixels"),
        (["--soften", "-1"], "softened over -1 pixels"),
    ],
)
def test_what_cannot_be_adjusted_is_said_in_a_line(layerpeel, folder, tmp_path, options, words):
    done = layerpeel("adjust", folder, *options, "--out", tmp_path / "out.ora")
    assert done.returncode == 3
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_what_is_no_folder_of_layers_is_said(layerpeel, tmp_path):
    done = layerpeel("adjust", tmp_path, "--out", tmp_path / "out.ora")
    assert done.returncode == 3
    assert "it is not a stack" in done.stderr
