r"""The prompt of a scene: words in brackets are foregrounds, front to back, the rest is the scene.

`[a bird flying] at sunset over the mountains`. Literal brackets are escaped with a backslash: `\[`,
`\]`; a literal backslash is `\\`.
"""

from dataclasses import dataclass
from typing import List, Tuple

MOST_FOREGROUNDS = 31
LONGEST_PROMPT = 10_000  # characters
LONGEST_FOREGROUND = 200

_ESCAPE = "\\"


class PromptError(ValueError):
    """A prompt that cannot be read.

    position: index of the wrong character; the prompt's length when the end is wrong.
    """

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


@dataclass(frozen=True)
class ScenePrompt:
    """A parsed prompt.

    words: the whole prompt without brackets, for the generator.
    foregrounds: the phrases in brackets, front-most first; empty when there are none.
    """

    words: str
    foregrounds: Tuple[str, ...] = ()


def read_scene_prompt(text: str) -> ScenePrompt:
    """Parse a prompt; any white space counts as one space.

    Raises PromptError, with the position, for brackets that are empty, nested or unbalanced, for a
    prompt that is empty or too long, and for too many foregrounds.
    """
    if len(text) > LONGEST_PROMPT:
        raise PromptError(
            f"The prompt has {len(text):,} characters, but at most {LONGEST_PROMPT:,} can be read: "
            "shorten it.",
            LONGEST_PROMPT,
        )
    words: List[str] = []
    inside: List[str] = []
    foregrounds: List[str] = []
    opened = -1
    position = 0
    while position < len(text):
        letter, begun = text[position], position
        position += 1
        if letter == _ESCAPE and text[position : position + 1] in ("[", "]", _ESCAPE):
            letter = text[position]
            position += 1
        elif letter == "[":
            if opened >= 0:
                raise PromptError(
                    "There is a bracket inside a bracket: close the first one before it.", begun
                )
            opened, inside = begun, []
            continue
        elif letter == "]":
            if opened < 0:
                raise PromptError("This bracket was never opened: put a [ before the words.", begun)
            foregrounds.append(_foreground(inside, opened, len(foregrounds)))
            opened = -1
            continue
        words.append(letter)
        inside.append(letter)
    if opened >= 0:
        raise PromptError("This bracket is not closed: put a ] after the words.", opened)
    plain = _tidy(words)
    if not plain:
        raise PromptError("The prompt is empty: describe what should be in the picture.", 0)
    return ScenePrompt(plain, tuple(foregrounds))


def _foreground(letters: List[str], opened: int, before: int) -> str:
    phrase = _tidy(letters)
    if not phrase:
        raise PromptError(
            "These brackets are empty: name in them what should become a layer, or remove them.",
            opened,
        )
    if len(phrase) > LONGEST_FOREGROUND:
        raise PromptError(
            f"These brackets hold {len(phrase)} characters, but at most "
            f"{LONGEST_FOREGROUND} can be looked for: name only the thing itself.",
            opened,
        )
    if before == MOST_FOREGROUNDS:
        raise PromptError(
            f"There are more than {MOST_FOREGROUNDS} pairs of brackets, the most that a scene can "
            "have: remove some.",
            opened,
        )
    return phrase


def _tidy(letters: List[str]) -> str:
    return " ".join("".join(letters).split())


def plain_prompt(words: str) -> str:
    """Escape words so that `read_scene_prompt` finds no brackets in them."""
    for letter in (_ESCAPE, "[", "]"):
        words = words.replace(letter, _ESCAPE + letter)
    return words


def point_at(text: str, error: PromptError, around: int = 24) -> str:
    """Return the part of a prompt around an error, and a mark below the wrong character.

    around: number of characters shown on either side.
    """
    first = max(0, error.position - around)
    shown = text[first : error.position + around]
    line = "".join(" " if letter.isspace() else letter for letter in shown)
    return f"{line}\n{' ' * (error.position - first)}^"
