from pathlib import Path

import pytest

from layerpeel.backend.errors import BadInputError
from layerpeel.backend.stages.generation.additions import Additions, Lora
from layerpeel.backend.stages.generation.config import generator_config
from layerpeel.backend.stages.generation.request import ControlKind
from layerpeel.backend.stages.generation.style import (
    STYLES,
    broken_styles,
    find_styles,
    read_style,
    style_called,
    styles_folder,
)

OIL = """
format = 1
name = "oil"
title = "Oil on canvas"
generator = "sdxl"
checkpoint = "models/oil.safetensors"
prompt = "{prompt}, oil on canvas"
negative = "photo"
steps = 12
guidance = 6
sampler = "dpm++ 2m karras"
[[lora]]
file = "brush.safetensors"
weight = 0.8
[[lora]]
file = "~/canvas.safetensors"
[control]
lines = "lineart"
"""


@pytest.fixture
def written(tmp_path):
    def write(text, name="oil.toml"):
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        return file

    return write


def test_a_style_says_all_about_how_it_is_painted(written, tmp_path):
    style = read_style(written(OIL))
    assert (style.name, style.title, style.negative) == ("oil", "Oil on canvas", "photo")
    assert style.generator == generator_config("sdxl")
    assert style.checkpoint == tmp_path / "models" / "oil.safetensors"
    assert style.framed("a cat {x}") == "a cat {x}, oil on canvas"
    assert (style.steps, style.guidance) == (12, 6.0)
    assert style.additions == Additions(
        (
            Lora(tmp_path / "brush.safetensors", 0.8),
            Lora(Path("~/canvas.safetensors").expanduser()),
        ),
        "dpm++ 2m karras",
    )
    assert style.controls == {ControlKind.LINES: tmp_path / "lineart"}


def test_bits_and_a_gguf_are_a_style_s_to_say(written, tmp_path):
    text = 'format = 1\nname = "k"\ntitle = "K"\ngenerator = "flux2-klein"\n'
    style = read_style(written(text + 'bits = 4\ncheckpoint = "klein-Q4_K.gguf"\n'))
    assert (style.generator.bits, style.checkpoint) == (4, tmp_path / "klein-Q4_K.gguf")
    assert read_style(written(text)).generator.bits is None
    with pytest.raises(BadInputError, match="`bits` may be 4 or 16, not 8"):
        read_style(written(text + "bits = 8\n"))


def test_a_checkpoint_may_be_an_id(written):
    style = read_style(written(OIL.replace("models/oil.safetensors", "sdxl-oil")))
    assert (style.checkpoint, style.generator.checkpoint) == (None, "sdxl-oil")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("format = 1", "", "`format` must be 1"),
        ("format = 1", "format = 2", "`format` must be 1"),
        ('name = "oil"', "", "`name` is missing"),
        ('title = "Oil on canvas"', "title = 3", "`title` may not be 3"),
        ('"sdxl"', '"sd15"', "`generator`: There is no generator called “sd15”"),
        ("steps = 12", "steps = 0", "`steps` may not be 0"),
        ("steps = 12", "steps = true", "`steps` may not be True"),
        ("guidance = 6", "guidance = nan", "`guidance` may not be nan"),
        ("steps = 12", "step = 12", "nothing is called `step`"),
        ("{prompt}, oil", "oil", "`prompt` must have {prompt} in it, once"),
        ("{prompt}, oil", "{prompt} {prompt}", "`prompt` must have {prompt} in it, once"),
        ("dpm++ 2m karras", "best", "`sampler`: There is no sampler “best”"),
        ("weight = 0.8", "weight = 9", "`weight`: 9 cannot be used"),
        ("weight = 0.8", "wait = 1", "lora 1: nothing is called `wait`: there are file, weight"),
        ('file = "brush.safetensors"', "", "lora 1: `file` is missing"),
        (
            'lines = "lineart"',
            'edge = "canny"',
            "[control]: nothing is called `edge`: there",
        ),
        ('lines = "lineart"', "lines = 1", "`lines` may not be 1"),
        ('"lineart"', '"~nobody-is-called-so/a"', "`lines` is in the home of a user"),
        ("format = 1", "format: 1", "is not TOML"),
    ],
)
def test_a_file_that_says_something_else_is_refused(written, old, new, said):
    assert old in OIL
    file = written(OIL.replace(old, new, 1))
    with pytest.raises(BadInputError) as refused:
        read_style(file)
    assert said in str(refused.value)
    assert str(file) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_what_ships_comes_first_and_a_broken_file_hides_no_other(written, tmp_path):
    written(OIL.replace('"oil"', '"b"'), "1.toml")
    written(OIL.replace('"oil"', '"a"'), "2.toml")
    written("format = 3", "0.toml")
    written(OIL.replace('"oil"', '"sdxl"'), "3.toml")
    assert [style.name for style in find_styles(tmp_path)] == [*STYLES, "a", "b"]
    broken = broken_styles(tmp_path)
    assert len(broken) == 2
    assert "`format` must be 1" in broken[0]
    assert "called `sdxl` already" in broken[1]


def test_a_style_is_found_by_its_name_or_file(written, tmp_path):
    file = written(OIL)
    assert style_called("", tmp_path).name == "sdxl"
    assert style_called("oil", tmp_path) == style_called(str(file), tmp_path) == read_style(file)
    with pytest.raises(BadInputError, match=r"no style “ink”\. There are sdxl, .*, oil"):
        style_called("ink", tmp_path)


def test_the_folder_can_be_chosen_and_need_not_exist(monkeypatch, tmp_path):
    monkeypatch.setenv("LAYERPEEL_STYLES", str(tmp_path / "mine"))
    assert styles_folder() == tmp_path / "mine"
    assert [style.name for style in find_styles()] == list(STYLES)
