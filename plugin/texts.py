"""Texts for the artist, translated where Krita has a translation."""

import os
from pathlib import Path

from krita import Krita


def i18n(text: str) -> str:
    """Translate a text of the docker; without a translation it stays as it is."""
    return Krita.krita_i18n(text)


def path_text(path: Path) -> str:
    """Return a path as text for people and for Qt.

    Krita runs Python with ASCII file names: other letters arrive as surrogates, which only
    Python's own calls accept.
    """
    return os.fsencode(path).decode("utf-8", "replace")
