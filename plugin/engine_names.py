"""Names of engines as the artist sees them, and how to find one by its name."""

from typing import Iterable, Optional

from layerpeel.plugin.stage_wishes import AUTOMATIC
from layerpeel.plugin.texts import i18n, translated
from layerpeel.shared.jobs import EngineInfo
from layerpeel.shared.translatable import Translatable

OUTLINING = "compact"
"""Draws the outline of what is pointed at, and takes exactly that."""

_TITLES = {
    AUTOMATIC: Translatable("Automatic"),
    OUTLINING: Translatable("Compact (processor)"),
    "layeringdiff": Translatable("LayeringDiff (paper)"),
    "qwen": Translatable("Qwen-Image-Layered"),
}

KNOWN_ENGINES = tuple(_TITLES)
"""Engines to offer before a backend has listed its own."""


def engine_title(name: str) -> str:
    """Return an engine's title; an engine that is unknown here keeps its name."""
    return translated(_TITLES[name]) if name in _TITLES else name


def find_engine(name: str, engines: Iterable[EngineInfo]) -> Optional[EngineInfo]:
    """Find an engine among those of a backend; None when it has no such engine.

    What an automatic one was told to take does not matter.
    """
    plain = name.split("+")[0]
    return next((engine for engine in engines if engine.name == plain), None)


def no_such_engine(name: str) -> str:
    """Return the message that a backend does not have this engine, and what to do."""
    return i18n(
        "This backend has no engine “{name}”: choose another in Settings, or update the backend."
    ).format(name=engine_title(name))
