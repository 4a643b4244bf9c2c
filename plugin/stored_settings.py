"""The artist's settings, stored among Krita's own."""

import json
import shlex
from dataclasses import dataclass
from typing import List

from krita import Krita

from layerpeel.plugin.stage_wishes import AUTOMATIC, engine_with

_GROUP = "layerpeel"
_NO, _YES = "no", "yes"

DEFAULT_KEEP = 2  # GiB, as the backend does by itself
MOST_GIB = 999


@dataclass(frozen=True)
class DockerSettings:
    """How to peel, and how to reach a backend.

    engine: name of the engine that peels.
    command: starts a backend; empty for the registered command.
    address, token: of a backend that already runs, perhaps on another machine; empty to start one
        here.
    writes_down: whether the document records how its layers were made.
    inserts_at_once: whether a peel's result becomes layers without being looked at first.
    keep_gib: how much the backend keeps of results. memory_gib: how much of the device's memory
        models may fill; 0 for as much as there is. Both count for a backend that is started here.
    names_lifted: whether layers are named after what was lifted off, not after what they are.
    stages: what the engine Automatic takes for its stages (`stage_wishes`); empty for the best.
    patches: whether a background is only a patch round what was lifted off, where that will do.
    """

    engine: str = AUTOMATIC
    command: str = ""
    address: str = ""
    token: str = ""
    writes_down: bool = True
    inserts_at_once: bool = True
    patches: bool = False
    stages: str = ""
    keep_gib: int = DEFAULT_KEEP
    memory_gib: int = 0
    names_lifted: bool = False

    @property
    def engine_of_requests(self) -> str:
        """The engine, with what it is told to take."""
        return engine_with(self.engine, self.stages)

    @property
    def options_of_backend(self) -> List[str]:
        """What a backend that is started here is told; nothing of what it does by itself."""
        options = []
        if self.keep_gib != DEFAULT_KEEP:
            options += ["--max-results", str(self.keep_gib << 30)]
        if self.memory_gib:
            options += ["--max-memory", str(self.memory_gib)]
        return options

    def command_parts(self) -> List[str]:
        """Split the command as a shell would.

        Raises ValueError for a quote that is never closed.
        """
        return shlex.split(self.command)


def read_settings() -> DockerSettings:
    """Read the settings; defaults are those of `DockerSettings()`."""
    return DockerSettings(
        read_text("engine") or AUTOMATIC,
        read_text("command"),
        read_text("address"),
        read_text("token"),
        read_text("writes_down") != _NO,
        read_text("inserts_at_once") != _NO,
        read_text("patches") == _YES,
        read_text("stages"),
        # What cannot be read lowers no limit: results would be deleted for it.
        _read_count("keep_gib", DEFAULT_KEEP, 1, odd=MOST_GIB),
        _read_count("memory_gib", 0, 0, odd=0),
        read_text("names_lifted") == _YES,
    )


def write_settings(settings: DockerSettings) -> None:
    """Store the settings."""
    for name in ("engine", "command", "address", "token", "stages"):
        write_text(name, getattr(settings, name))
    for name in ("writes_down", "inserts_at_once"):
        write_text(name, "" if getattr(settings, name) else _NO)
    for name in ("patches", "names_lifted"):
        write_text(name, _YES if getattr(settings, name) else "")
    for name in ("keep_gib", "memory_gib"):
        write_text(name, str(getattr(settings, name)))


def _read_count(name: str, default: int, least: int, odd: int) -> int:
    """Read a whole number: the default where there is none, `odd` where there is none that can be.

    least: the least that can be; the most is `MOST_GIB`.
    """
    stored = Krita.instance().readSetting(_GROUP, name, "")
    if stored in ("", '""'):
        return default
    text = read_text(name)
    number = int(text) if text.isascii() and text.isdigit() else odd
    return number if least <= number <= MOST_GIB else odd


def read_text(name: str) -> str:
    """Read one stored value; empty when there is none."""
    # Krita 5 reads settings as Latin-1: JSON keeps them ASCII.
    text = Krita.instance().readSetting(_GROUP, name, '""')
    try:
        value = json.loads(text)
    except ValueError:
        return ""
    return value if isinstance(value, str) else ""


def write_text(name: str, value: str) -> None:
    """Store one value."""
    Krita.instance().writeSetting(_GROUP, name, json.dumps(value))
