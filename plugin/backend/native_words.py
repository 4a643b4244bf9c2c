"""Paths and words of commands between Qt, files of ours, and Python's own calls.

Krita may run Python with ASCII file names: in what Python read itself, other letters are
surrogates, and only such are taken by its calls. Qt, and JSON, have the letters.
"""

import os
from pathlib import Path


def word_for_qt(word: str) -> str:
    """Return a word of a command as Qt passes it on, whichever way its letters came."""
    return word.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def path_for_python(text: str) -> Path:
    """Return a path that Python's own calls take, whichever way its letters came."""
    return Path(os.fsdecode(text.encode("utf-8", "surrogateescape")))
