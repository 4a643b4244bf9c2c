"""Sizes as they are typed: 1024x768."""

import re

from layerpeel.backend.errors import BadInputError


def size_in(text: str) -> tuple[int, int]:
    """Width and height. Raises BadInputError."""
    numbers = re.fullmatch(r"\s*(\d+)\s*[x×]\s*(\d+)\s*", text, re.IGNORECASE)
    if numbers is None:
        raise BadInputError(f"“{text}” is no size: give width and height, 1024x768.")
    return int(numbers[1]), int(numbers[2])
