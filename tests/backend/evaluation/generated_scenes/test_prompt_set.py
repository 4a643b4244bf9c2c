"""The prompts that ship, and those of others."""

import re

import pytest

from layerpeel.backend.errors import BadInputError
from layerpeel.backend.evaluation.generated_scenes import prompt_set
from layerpeel.backend.evaluation.generated_scenes.prompt_set import own_prompts, read_prompts
from layerpeel.shared.scene_prompt import read_scene_prompt

HEAD = "foreground,background,scene\n"


def test_there_are_enough_and_no_two_are_alike():
    prompts = own_prompts()
    assert len(prompts) >= 200
    for column in prompt_set.COLUMNS:
        assert len({getattr(each, column) for each in prompts}) == len(prompts)


def test_each_scene_says_which_words_are_its_foreground():
    for each in own_prompts():
        read = read_scene_prompt(each.prompt)
        assert read.foregrounds == (each.foreground,)
        assert read.words == each.scene
        # More than the foreground, and of both.
        assert len(each.scene.split()) > len(each.foreground.split()) + 2
        own = set(re.findall(r"\w{4,}", each.background))
        assert own & set(re.findall(r"\w{4,}", each.scene)), each


def test_brackets_of_ones_own_are_no_marks(tmp_path):
    (tmp_path / "mine.csv").write_text(
        f'# mine\n\n{HEAD}"a [red] fox",  a wall ,"a [red] fox \\ on a wall"\n',
        encoding="utf-8-sig",
    )
    (only,) = read_prompts(tmp_path / "mine.csv")
    read = read_scene_prompt(only.prompt)
    assert (read.foregrounds, read.words) == (("a [red] fox",), "a [red] fox \\ on a wall")
    assert only.background == "a wall"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must have the columns"),
        ("scene,foreground,background\na,b,c\n", "must have the columns"),
        (HEAD, "has no prompts"),
        (f"{HEAD}a fox,a wall\n", "line 2: give three prompts"),
        (f"{HEAD}a fox, ,a fox runs\n", "line 2: give three prompts"),
        (f"{HEAD}# one\na fox,a wall,a dog\n", "line 3: “a fox” must be in “a dog”"),
        (f'{HEAD}"a fox,a wall,a fox\n', "cannot be read"),
    ],
)
def test_what_is_no_set_of_prompts_is_told_with_its_line(tmp_path, text, said):
    (tmp_path / "bad.csv").write_text(text, encoding="utf-8")
    with pytest.raises(BadInputError, match=said):
        read_prompts(tmp_path / "bad.csv")


def test_what_is_no_text_is_told(tmp_path):
    (tmp_path / "bad.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInputError, match="cannot be read"):
        read_prompts(tmp_path / "bad.csv")
