"""What the artist has set, kept among Krita's own settings."""

import json
import shlex
from dataclasses import dataclass
from typing import List

from krita import Krita

from layerpeel.plugin.engines import AUTOMATIC

_GROUP = "layerpeel"


@dataclass(frozen=True)
class Settings:
    """How to peel, and how to reach a backend.

    engine: name of the one that peels.
    command: starts one; empty for the one that was registered.
    address, token: of one that runs already, such as on another machine; empty to start one here.
    """

    engine: str = AUTOMATIC
    command: str = ""
    address: str = ""
    token: str = ""

    def command_parts(self) -> List[str]:
        """Split the command as a shell would.

        Raises ValueError for a quote that is never closed.
        """
        return shlex.split(self.command)


def read_settings() -> Settings:
    """Read the settings; what was never set is as in `Settings()`."""
    return Settings(
        _read("engine") or AUTOMATIC, _read("command"), _read("address"), _read("token")
    )


def write_settings(settings: Settings) -> None:
    """Keep the settings."""
    for name in ("engine", "command", "address", "token"):
        _write(name, getattr(settings, name))


def _read(name: str) -> str:
    # Krita 5 reads settings as Latin-1: JSON keeps them ASCII.
    text = Krita.instance().readSetting(_GROUP, name, '""')
    try:
        value = json.loads(text)
    except ValueError:
        return ""
    return value if isinstance(value, str) else ""


def _write(name: str, value: str) -> None:
    Krita.instance().writeSetting(_GROUP, name, json.dumps(value))
