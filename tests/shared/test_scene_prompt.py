"""The prompt of a scene: what is in brackets, what is around them, and where it goes wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerpeel.shared.scene_prompt import (
    LONGEST_FOREGROUND,
    LONGEST_PROMPT,
    MOST_FOREGROUNDS,
    PromptError,
    plain_prompt,
    point_at,
    read_scene_prompt,
)

WORDS = st.text(max_size=40)
PHRASES = st.text(min_size=1, max_size=40).filter(lambda text: text.strip())


def position_of_error(text):
    with pytest.raises(PromptError) as raised:
        read_scene_prompt(text)
    return raised.value.position


@pytest.mark.parametrize(
    ("text", "words", "foregrounds"),
    [
        (
            "[a bird flying] at sunset over the mountains",
            "a bird flying at sunset over the mountains",
            ("a bird flying",),
        ),
        (
            "[a cat] on [a stone wall] in front of a village",
            "a cat on a stone wall in front of a village",
            ("a cat", "a stone wall"),
        ),
        ("a village", "a village", ()),
        ("[a cat]", "a cat", ("a cat",)),
        ("[ a\n cat ]on  it", "a cat on it", ("a cat",)),
        (r"a sign that says \[exit\], [a \\ stroke]", r"a sign that says [exit], a \ stroke",
         (r"a \ stroke",)),
        (r"C:\path", r"C:\path", ()),
        ("[ein Vögelchen] über 富士山, [قطة]", "ein Vögelchen über 富士山, قطة",
         ("ein Vögelchen", "قطة")),
    ],
)  # fmt: skip
def test_prompt_is_read(text, words, foregrounds):
    prompt = read_scene_prompt(text)
    assert (prompt.words, prompt.foregrounds) == (words, foregrounds)


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("a [bird at sunset", 2),
        ("a bird] at sunset", 6),
        ("[a [bird] at] sunset", 3),
        ("a [] bird", 2),
        ("a [ \t] bird", 2),
        ("[one][two", 5),
        ("", 0),
        ("  \n", 0),
        ("[]", 0),
        ("]", 0),
        (r"[a bird\]", 0),
    ],
)
def test_error_points_at_the_character(text, position):
    assert position_of_error(text) == position


def test_too_much_is_refused_where_it_becomes_too_much():
    assert position_of_error("x" * (LONGEST_PROMPT + 1)) == LONGEST_PROMPT
    assert position_of_error("a [" + "x" * (LONGEST_FOREGROUND + 1) + "]") == 2
    many = "[x]" * MOST_FOREGROUNDS
    assert len(read_scene_prompt(many).foregrounds) == MOST_FOREGROUNDS
    assert position_of_error(many + " and [y]") == len(many) + len(" and ")
    assert read_scene_prompt("x" * LONGEST_PROMPT).words == "x" * LONGEST_PROMPT


@given(st.lists(st.tuples(WORDS, PHRASES), max_size=5), WORDS)
def test_what_is_put_into_brackets_comes_out_again(parts, rest):
    text = "".join(f"{plain_prompt(words)} [{plain_prompt(phrase)}]" for words, phrase in parts)
    whole = "".join(f"{words} {phrase}" for words, phrase in parts) + rest
    if not whole.strip():
        assert position_of_error(text + plain_prompt(rest)) == 0
        return
    prompt = read_scene_prompt(text + plain_prompt(rest))
    assert prompt.words == " ".join(whole.split())
    assert prompt.foregrounds == tuple(" ".join(phrase.split()) for _, phrase in parts)


@given(st.text(alphabet="[]\\ ab", max_size=30))
def test_any_text_is_read_or_refused_within_itself(text):
    try:
        prompt = read_scene_prompt(text)
    except PromptError as raised:
        error = raised
    else:
        assert all(phrase in prompt.words for phrase in prompt.foregrounds)
        return
    assert 0 <= error.position <= len(text)
    assert "^" in point_at(text, error)


def test_mark_stands_below_the_character():
    text = "x" * 100 + "[y" + "z" * 100
    with pytest.raises(PromptError) as raised:
        read_scene_prompt(text)
    line, mark = point_at(text, raised.value).split("\n")
    assert line[mark.index("^")] == "["
