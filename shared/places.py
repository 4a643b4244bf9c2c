"""The files through which backend and plugin find each other, in a folder of the user's own."""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional

from layerpeel.shared.private_files import read_private, write_private
from layerpeel.shared.protocol import ProtocolError
from layerpeel.shared.strict_json import read_json
from layerpeel.shared.wire import from_text, to_text


def state_folder() -> Path:
    """Return the folder of Layerpeel's state: LAYERPEEL_HOME, or the system's usual place.

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


def setup_folder() -> Path:
    """Return the folder into which the plugin installs a backend; it need not exist yet.

    In LAYERPEEL_HOME, or in the system's usual place for a user's data.
    """
    on_linux = sys.platform not in ("win32", "darwin")
    if os.environ.get("LAYERPEEL_HOME") or not on_linux:
        return state_folder() / "setup"
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return data / "layerpeel" / "setup"


def server_file() -> Path:
    """Return the file that says how to reach a running backend, readable by its owner only."""
    return state_folder() / "server.json"


def command_file() -> Path:
    """Return the file with the command that starts the backend."""
    return state_folder() / "command.json"


def incoming_folder() -> Path:
    """Return the folder of the files in which the plugin hands pictures to the backend."""
    return state_folder() / "incoming"


def presets_folder() -> Path:
    """Return the folder of the artist's presets, a TOML file each."""
    return state_folder() / "presets"


def log_file() -> Path:
    """Return the backend's log file."""
    return state_folder() / "backend.log"


def start_log_file() -> Path:
    """Return the file with what the backend printed while the plugin started it."""
    return state_folder() / "start.log"


def setup_log_file() -> Path:
    """Return the log of what the plugin did to install a backend."""
    return state_folder() / "setup.log"


@dataclass(frozen=True)
class ServerAddress:
    """How to reach a running backend.

    address: such as http://127.0.0.1:38211. token: to be sent as “Authorization: Bearer …”.
    process: its process id; 0 when not read from its server file.
    """

    address: str
    token: str
    process: int = 0

    @property
    def shares_folder(self) -> bool:
        """Whether it works in our `state_folder`, where its server file was found."""
        return self.process != 0


if sys.platform == "win32":
    import ctypes

    def _is_gone_from_windows(process: int) -> bool:
        """Ask Windows, where no signal does nothing."""
        synchronize, no_such_process, has_ended = 0x0010_0000, 87, 0
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.OpenProcess.restype = ctypes.c_void_p
        handle = ctypes.c_void_p(kernel.OpenProcess(synchronize, False, process))
        if not handle:
            return ctypes.get_last_error() == no_such_process
        ended = kernel.WaitForSingleObject(handle, 0) == has_ended
        kernel.CloseHandle(handle)
        return bool(ended)


def is_gone(process: int) -> bool:
    """Whether a process of this user, by its id, has certainly ended; 0 is none that is known."""
    if process <= 0:
        return False
    if sys.platform == "win32":
        return _is_gone_from_windows(process)
    try:
        os.kill(process, 0)
    except (ProcessLookupError, PermissionError):
        return True
    return _is_waited_for(process)


def _is_waited_for(process: int) -> bool:
    """Whether a process has ended, and only its parent has not asked how; Linux tells."""
    try:
        status = Path(f"/proc/{process}/stat").read_bytes()
    except OSError:
        return False
    return status.rpartition(b")")[2].split()[:1] == [b"Z"]


def read_server_file() -> Optional[ServerAddress]:
    """Read how to reach the backend; None when the file is missing, damaged, or not the owner's.

    A backend that was killed leaves its file behind, so that nobody may answer there.
    """
    try:
        address: ServerAddress = from_text(ServerAddress, read_private(server_file()))
    except (OSError, ProtocolError):
        return None
    return address


def write_server_file(address: ServerAddress) -> None:
    """Write how to reach this backend, atomically and readable by this user only."""
    write_private(server_file(), to_text(address))


def read_command() -> List[str]:
    """Read the command that starts the backend; empty when the owner has registered none."""
    try:
        command = read_json(read_private(command_file()))
    except (OSError, ValueError):
        return []
    is_command = isinstance(command, list) and all(isinstance(part, str) for part in command)
    return command if is_command else []


def write_command(command: List[str]) -> None:
    """Register the command that starts the backend."""
    write_private(command_file(), json.dumps(command, ensure_ascii=False))
