"""Words that artists read, in their language where Krita has a translation."""

import os
from pathlib import Path

from krita import Krita


def i18n(text: str) -> str:
    """Translate a text of the docker; without a translation it stays as it is."""
    return Krita.krita_i18n(text)


def path_text(path: Path) -> str:
    """Give a path in its own letters, for people and for Qt.

    Krita runs Python with ASCII file names: other letters arrive as surrogates, which Python's own
    calls take back, and nothing else does.
    """
    return os.fsencode(path).decode("utf-8", "replace")
