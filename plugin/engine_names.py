"""Engines as artists read of them: names, what they lack, which one is chosen."""

from typing import Iterable, Optional

from layerpeel.plugin.texts import i18n
from layerpeel.shared.jobs import EngineInfo

AUTOMATIC = "auto"
"""Lets the backend take the best engine that can run."""

_TITLES = {
    AUTOMATIC: "Automatic",
    "compact": "Compact (processor)",
    "layeringdiff": "LayeringDiff (paper)",
    "qwen": "Qwen-Image-Layered",
}

KNOWN_ENGINES = tuple(_TITLES)
"""What can be chosen before a backend has said what it has."""


def engine_title(name: str) -> str:
    """Give an engine's name as people read it; one that is unknown here keeps its own."""
    return i18n(_TITLES[name]) if name in _TITLES else name


def find_engine(name: str, engines: Iterable[EngineInfo]) -> Optional[EngineInfo]:
    """Give what a backend says of an engine; None when it has no such engine."""
    return next((engine for engine in engines if engine.name == name), None)


def no_such_engine(name: str) -> str:
    """Say that a backend does not have an engine, and what to do."""
    return i18n(
        "This backend has no engine “{name}”: choose another in Settings, or update the backend."
    ).format(name=engine_title(name))
