"""JSON from whoever may have written it: a value or a ValueError, whatever it holds.

Python's own reader runs out of its stack on deep nesting, and lets through what no other part can
use: numbers that are not finite, numbers of thousands of digits, halves of letters.
"""

import json
import re
from typing import Any, Union

_MOST_DIGITS = 20
_MAY_BE_HALF_A_LETTER = re.compile(r"\\u[dD][89abAB]|[\ud800-\udfff]")


def read_json(text: Union[str, bytes]) -> Any:
    """Read JSON, as UTF-8 where it is bytes. Raises ValueError, which says what is wrong."""
    decoded = text.decode("utf-8") if isinstance(text, bytes) else text
    try:
        value = json.loads(decoded, parse_constant=_refuse, parse_float=_finite, parse_int=_short)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if _MAY_BE_HALF_A_LETTER.search(decoded):
        try:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError:
            raise ValueError("half a letter is not text") from None
    return value


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{text[:20]} is no number that can be used")
    return number


def _short(text: str) -> int:
    if len(text) > _MOST_DIGITS:
        raise ValueError(f"{text[:20]}… is no number that can be used")
    return int(text)
