"""`layerpeel models find` on the command line."""

import pytest
from typer.testing import CliRunner

from layerpeel.backend.cli.models_command import app
from layerpeel.backend.errors import ModelError
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.stages.generation.style import styles_folder


@pytest.fixture
def run(tmp_path, home):
    def invoke(*words, said=""):
        words = [str(word) for word in ("find", *words)]
        return CliRunner().invoke(app, words, obj=ModelStore(tmp_path / "models"), input=said)

    return invoke


@pytest.fixture
def mine(home, put):
    put(home / "ComfyUI" / "models" / "loras" / "b.safetensors", "lora")
    return put(home / "ComfyUI" / "models" / "checkpoints" / "mine.safetensors")


def test_it_asks_before_it_looks(run, mine):
    for said in ("n\n", "\n", ""):
        result = run(said=said)
        assert f"ComfyUI: {mine.parents[1]}" in result.stderr
        assert "Look into these?" in result.stderr
        assert mine.name not in result.stdout
    assert run(said="y\n").stdout.endswith(run("--yes").stdout)
    lines = run("--yes").stdout.splitlines()
    assert lines[0].split() == ["checkpoint", "18", "kB", str(mine)]
    assert lines[1].startswith("LoRA ")
    assert lines[1].endswith(
        "(b.safetensors is a LoRA for SDXL, which changes a checkpoint and is none itself; it is "
        "used where it lies: name it by `layerpeel generate --lora`, or in a style)"
    )


def test_a_folder_that_is_named_needs_no_question(run, mine, tmp_path):
    assert str(mine) in run("--in", mine.parent).stdout
    (tmp_path / "empty").mkdir()
    assert "No weights were found." in run("--in", tmp_path / "empty").stderr
    assert "cannot be read: No such file" in run("--in", tmp_path / "none").stderr


def test_nothing_there(run):
    result = run()
    assert result.exit_code == 0
    assert "Name a folder with --in FOLDER" in result.stderr


def test_a_checkpoint_is_made_a_style(run, mine):
    result = run("--use", mine)
    style = styles_folder() / "mine.toml"
    assert result.stdout == f"mine.safetensors is the style mine: {style}\n"
    assert result.stderr == ""
    assert str(mine) in style.read_text(encoding="utf-8")


def test_a_style_names_the_generator_of_its_checkpoint(run, mine, put):
    older = put(mine.with_name("older.safetensors"), "sd1")
    run("--use", older)
    written = (styles_folder() / "older.toml").read_text(encoding="utf-8")
    assert 'generator = "sd1"' in written


def test_what_is_no_checkpoint_is_refused(run, mine, put):
    pickle = put(mine.with_suffix(".ckpt"), b"\x80\x02}.")
    for file, words in [
        (pickle, "is a pickle"),
        (mine.parents[1] / "loras" / "b.safetensors", "is a LoRA for SDXL"),
        (put(mine.with_suffix(".gguf"), b"GGUF"), "is a GGUF file, which is used where it lies"),
        (mine.with_name("gone.safetensors"), "is not there"),
    ]:
        result = run("--use", file)
        assert isinstance(result.exception, ModelError)
        assert f"{file} {words}" in str(result.exception)
    assert not styles_folder().exists()
