"""Words that artists read, in their language where Krita has a translation."""

from krita import Krita


def i18n(text: str) -> str:
    """Translate a text of the docker; without a translation it stays as it is."""
    return Krita.krita_i18n(text)
