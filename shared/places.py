"""Where backend and plugin find each other on this machine: a folder of the user's own."""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional

from layerpeel.shared.protocol import ProtocolError
from layerpeel.shared.wire import from_text, to_text


def state_folder() -> Path:
    """Give the folder for what Layerpeel remembers: LAYERPEEL_HOME, or the system's usual place.

    It need not exist yet.
    """
    chosen = os.environ.get("LAYERPEEL_HOME")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
        return Path(base) / "layerpeel"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "layerpeel"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "layerpeel"


def server_file() -> Path:
    """Give the file in which a running backend says how to reach it. Only its owner reads it."""
    return state_folder() / "server.json"


def command_file() -> Path:
    """Give the file that says with which command the backend starts."""
    return state_folder() / "command.json"


def log_file() -> Path:
    """Give the file into which a backend writes what happened."""
    return state_folder() / "backend.log"


@dataclass(frozen=True)
class ServerAddress:
    """How to reach a running backend.

    address: such as http://127.0.0.1:38211. token: to be sent as “Authorization: Bearer …”.
    process: its process id.
    """

    address: str
    token: str
    process: int = 0


def read_server_file() -> Optional[ServerAddress]:
    """Read how to reach the backend; None when none has said so, or the file is damaged.

    A backend that was killed leaves its file behind: whoever reads it must be ready for silence.
    """
    try:
        address: ServerAddress = from_text(ServerAddress, server_file().read_bytes())
    except (OSError, ProtocolError):
        return None
    return address


def write_server_file(address: ServerAddress) -> None:
    """Say how to reach this backend, to this user alone, in one step."""
    _write_whole(server_file(), to_text(address))


def read_command() -> List[str]:
    """Read with which command the backend starts; empty when none is known."""
    try:
        command = json.loads(command_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    is_command = isinstance(command, list) and all(isinstance(part, str) for part in command)
    return command if is_command else []


def write_command(command: List[str]) -> None:
    """Remember with which command the backend starts."""
    _write_whole(command_file(), json.dumps(command, ensure_ascii=False))


def _write_whole(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    # Created for its owner alone: a file made first and closed to others later can be read between.
    handle = os.open(str(draft), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)
