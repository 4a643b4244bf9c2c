"""Texts for the artist, in the language set for Krita: by our catalogues, else as Krita translates.

Translations lie in translations/, as `make texts` collects them.
"""

import gettext
import html
import os
import re
from pathlib import Path

from krita import Krita

from layerpeel.plugin.qt import QLocale
from layerpeel.shared.translatable import Translatable

# Both as packaging/translations.py lays them down in the plugin's zip.
_CATALOGUES = Path(__file__).with_name("translations")
_DOMAIN = "layerpeel"

# How the backend counts on, behind a stage's words.
_COUNTED = re.compile(r"(?P<words>.+) \((?P<counted>layer|step) (?P<number>\d+) of (?P<of>\d+)\)")
_PULLING = "Pulling "
# How it numbers things that lie in one place.
_NUMBERED = re.compile(r"(?P<place>.+?)(?P<number>( \d+)?)")


class _Krita(gettext.NullTranslations):
    """Krita's own translations, which know some of our texts."""

    def gettext(self, message: str) -> str:
        return Krita.krita_i18n(message)


def _catalogue() -> gettext.NullTranslations:
    # The default locale is the system's, unless Krita was set to another language; then it is that
    # one's. Only the first is asked for: who wants English first would get what comes after it.
    languages = [name.replace("-", "_") for name in QLocale().uiLanguages()[:1]]
    found = gettext.translation(_DOMAIN, str(_CATALOGUES), languages, fallback=True)
    found.add_fallback(_Krita())
    return found


_TRANSLATIONS = _catalogue()


def i18n(text: str) -> str:
    """Translate a text of the docker, written out in the call; it stays where none translates it.

    Texts that are written elsewhere are marked there, and go through `translated`.
    """
    return _TRANSLATIONS.gettext(text)


def translated(text: Translatable) -> str:
    """Translate a text that was marked where it is written."""
    return _TRANSLATIONS.gettext(text)


def tip_text(text: str) -> str:
    """Return a text as it is given to a tip, which takes text with tags for HTML otherwise.

    For any in which there are names: they may come from a stranger's file.
    """
    if "<" not in text and "&lt;" not in text:
        return text
    return "<qt>{}</qt>".format(html.escape(text).replace("\n", "<br>"))


def stage_text(stage: str) -> str:
    """Translate a stage of its work as the backend has named it, where its words are known."""
    if stage.startswith(_PULLING):
        return i18n("Downloading {title}").format(title=stage[len(_PULLING) :])
    found = _COUNTED.fullmatch(stage)
    if found is None:
        return _TRANSLATIONS.gettext(stage)
    counts = {
        "layer": i18n("layer {number} of {count}"),
        "step": i18n("step {number} of {count}"),
    }
    count = counts[found["counted"]].format(number=found["number"], count=found["of"])
    return "{} ({})".format(_TRANSLATIONS.gettext(found["words"]), count)


def place_text(name: str) -> str:
    """Translate what the backend calls a thing after its place; a number at the end stays."""
    found = _NUMBERED.fullmatch(name)
    if found is None:
        return name
    return _TRANSLATIONS.gettext(found["place"]) + found["number"]


def number_text(value: float) -> str:
    """Write a number with one digit after the point, or whatever the language has in its place."""
    return str(QLocale().toString(value, "f", 1))


def path_text(path: Path) -> str:
    """Return a path as text for people and for Qt.

    Krita runs Python with ASCII file names: other letters arrive as surrogates, which only
    Python's own calls accept.
    """
    return os.fsencode(path).decode("utf-8", "replace")
