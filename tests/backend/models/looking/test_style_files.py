"""Styles of checkpoints that stay where they are."""

import tomllib

import pytest

from layerpeel.backend.errors import BadInputError, OutputError
from layerpeel.backend.models.style_files import make_style


def read(file):
    return tomllib.loads(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Ünïcorn Mix v9.1", "n-corn-mix-v9-1"),
        ("絵　風", "style"),
        ("sdxl", "sdxl-2"),
        ('quotes " and \\ back', "quotes-and-back"),
    ],
)
def test_a_style_names_the_checkpoint_where_it_lies(tmp_path, title, name):
    checkpoint = tmp_path / f"{title}.safetensors"
    file = make_style(checkpoint, tmp_path / "styles", ["sdxl"])
    assert file == tmp_path / "styles" / f"{name}.toml"
    assert read(file) == {
        "format": 1,
        "name": name,
        "title": title,
        "generator": "sdxl",
        "checkpoint": str(checkpoint),
    }
    assert not checkpoint.exists()  # It was neither read nor changed.


def test_one_checkpoint_is_one_style_and_two_of_one_name_are_two(tmp_path):
    folder = tmp_path / "styles"
    first = make_style(tmp_path / "a" / "mix.safetensors", folder, [])
    first.write_text(first.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    (folder / "broken.toml").write_bytes(b"\xff = ")
    second = make_style(tmp_path / "b" / "mix.safetensors", folder, [])
    assert (first.name, second.name) == ("mix.toml", "mix-2.toml")
    assert make_style(tmp_path / "a" / "mix.safetensors", folder, []) == first
    assert first.read_text(encoding="utf-8").endswith("# mine\n")


def test_what_cannot_be_written_is_said(tmp_path):
    with pytest.raises(BadInputError, match="has a path that is not valid text"):
        make_style(tmp_path / "a\udcff.safetensors", tmp_path, [])
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="The style cannot be kept in "):
        make_style(tmp_path / "a.safetensors", tmp_path / "file" / "styles", [])
