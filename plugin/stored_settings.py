"""The artist's settings, stored among Krita's own."""

import json
import shlex
from dataclasses import dataclass
from typing import List

from krita import Krita

from layerpeel.plugin.stage_wishes import AUTOMATIC, engine_with

_GROUP = "layerpeel"
_NO, _YES = "no", "yes"


@dataclass(frozen=True)
class DockerSettings:
    """How to peel, and how to reach a backend.

    engine: name of the engine that peels.
    command: starts a backend; empty for the registered command.
    address, token: of a backend that already runs, perhaps on another machine; empty to start one
        here.
    writes_down: whether the document records how its layers were made.
    inserts_at_once: whether a peel's result becomes layers without being looked at first.
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

    @property
    def engine_of_requests(self) -> str:
        """The engine, with what it is told to take."""
        return engine_with(self.engine, self.stages)

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
    )


def write_settings(settings: DockerSettings) -> None:
    """Store the settings."""
    for name in ("engine", "command", "address", "token", "stages"):
        write_text(name, getattr(settings, name))
    for name in ("writes_down", "inserts_at_once"):
        write_text(name, "" if getattr(settings, name) else _NO)
    write_text("patches", _YES if settings.patches else "")


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
