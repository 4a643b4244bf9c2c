"""What an unexpected error is reported as: where it happened, and no words of the artist's."""

import re
import traceback
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum

_SHORTEST_WORD = 4
_NOT_THE_ARTISTS = {"engine", "style", "sampler"}


def told_traceback(error: BaseException, request: object) -> str:
    """Return an error's traceback; a message that repeats words of the request is left out.

    request: the dataclass that was being answered; its texts are private, as prompts are.
    """
    text = "".join(traceback.format_exception(error))
    texts = {each.strip().lower() for each in _texts_in(request)} - {""}
    words = {word for each in texts for word in _words_in(each)}
    for each in _chain_of(error):
        message = str(each)
        # A whole text may be shorter than what counts as a word.
        repeats_text = any(whole in message.lower() for whole in texts)
        if repeats_text or words & set(_words_in(message)):
            text = text.replace(message, "(left out: it repeats words of the request)")
    return text


def _words_in(text: str) -> list[str]:
    return [word for word in re.findall(r"\w+", text.lower()) if len(word) >= _SHORTEST_WORD]


def _texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str) and not isinstance(value, Enum):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _texts_in(each)
    elif is_dataclass(value):
        for each in fields(value):
            if each.name not in _NOT_THE_ARTISTS:
                yield from _texts_in(getattr(value, each.name))


def _chain_of(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
