"""Taking out what a bug report need not tell: who somebody is, and what opens their backend."""

import getpass
import os
import platform
import re
from pathlib import Path

# As English and German write it: “so” and „so“.
_QUOTATION = re.compile("[“„][^“”\n]*[“”]")
_LONG_SECRET = re.compile(r"[A-Za-z0-9_-]{40,}")


def redacted(text: str) -> str:
    """Replace the home folder, names of user and computer, quotations, and long random words."""
    home = Path.home()
    if home != home.parent:
        # Krita runs Python with ASCII file names: what it reads then is not what others print.
        for written in {str(home), os.fsencode(home).decode("utf-8", "replace")}:
            text = text.replace(written, "~")
    text = _QUOTATION.sub("“…”", text)
    text = _LONG_SECRET.sub("…", text)
    for name, shown in ((_user(), "USER"), (platform.node(), "COMPUTER")):
        if len(name) > 2 and name not in ("root", "localhost"):
            text = re.sub(rf"\b{re.escape(name)}\b", shown, text)
    return text


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""  # A user without a name.
