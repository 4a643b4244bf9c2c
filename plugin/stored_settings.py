"""What the artist has set, kept among Krita's own settings."""

import json
import shlex
from dataclasses import dataclass
from typing import List

from krita import Krita

from layerpeel.plugin.engine_names import AUTOMATIC

_GROUP = "layerpeel"
_NO = "no"


@dataclass(frozen=True)
class DockerSettings:
    """How to peel, and how to reach a backend.

    engine: name of the one that peels.
    command: starts one; empty for the one that was registered.
    address, token: of one that runs already, such as on another machine; empty to start one here.
    writes_down: whether a document keeps what made its layers.
    """

    engine: str = AUTOMATIC
    command: str = ""
    address: str = ""
    token: str = ""
    writes_down: bool = True

    def command_parts(self) -> List[str]:
        """Split the command as a shell would.

        Raises ValueError for a quote that is never closed.
        """
        return shlex.split(self.command)


def read_settings() -> DockerSettings:
    """Read the settings; what was never set is as in `DockerSettings()`."""
    return DockerSettings(
        read_text("engine") or AUTOMATIC,
        read_text("command"),
        read_text("address"),
        read_text("token"),
        read_text("writes_down") != _NO,
    )


def write_settings(settings: DockerSettings) -> None:
    """Keep the settings."""
    for name in ("engine", "command", "address", "token"):
        write_text(name, getattr(settings, name))
    write_text("writes_down", "" if settings.writes_down else _NO)


def read_text(name: str) -> str:
    """Read one thing that was kept; empty when it never was."""
    # Krita 5 reads settings as Latin-1: JSON keeps them ASCII.
    text = Krita.instance().readSetting(_GROUP, name, '""')
    try:
        value = json.loads(text)
    except ValueError:
        return ""
    return value if isinstance(value, str) else ""


def write_text(name: str, value: str) -> None:
    """Keep one thing."""
    Krita.instance().writeSetting(_GROUP, name, json.dumps(value))
