"""The backend that a Krita uses: its processes, stopped and ended as a test needs it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

# As `layerpeel register` writes it.
COMMAND = [sys.executable, "-P", "-m", "layerpeel.backend.cli"]
SECONDS_TO_END = 30


class Backend:
    """Knows the backend by the files in Layerpeel's folder of a KritaHome."""

    def __init__(self, home):
        self.folder = home.layerpeel
        self._server = home.layerpeel / "server.json"
        self._command = home.layerpeel / "command.json"

    def register(self):
        """Let the plugin know how to start it, by the command for that."""
        environment = {**os.environ, "LAYERPEEL_HOME": str(self.folder)}
        subprocess.run([*COMMAND, "register"], env=environment, check=True, capture_output=True)

    def unregister(self):
        """Let nobody know how to start it."""
        self._command.unlink(missing_ok=True)

    @property
    def pid(self):
        """Number of its process; None when none runs."""
        try:
            process = json.loads(self._server.read_text(encoding="utf-8"))["process"]
        except (OSError, ValueError):
            return None
        return process if _is_alive(process) else None

    @property
    def worker(self):
        """Number of the process that peels."""
        (worker,) = [pid for pid in _children(self.pid) if "spawn_main" in _command_of(pid)]
        return worker

    @contextlib.contextmanager
    def held(self):
        """Make the process that peels stand still inside the `with`."""
        worker = self.worker
        os.kill(worker, signal.SIGSTOP)
        try:
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):  # A cancelled peel may have ended it.
                os.kill(worker, signal.SIGCONT)

    def kill(self):
        """End it as a crash would, its worker with it."""
        process = self.pid
        os.kill(process, signal.SIGKILL)
        self.wait_for_end_of(process)

    def kill_worker(self):
        """End the process that peels as a lack of memory would."""
        os.kill(self.worker, signal.SIGKILL)

    def end(self):
        """Ask it to end, and wait until it has; nothing when none runs."""
        process = self.pid
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGTERM)
            self.wait_for_end_of(process)

    def wait_for_end_of(self, process):
        """Wait until the process of that number is gone."""
        end = time.monotonic() + SECONDS_TO_END
        while _is_alive(process):
            if time.monotonic() > end:
                raise TimeoutError(f"the backend, process {process}, does not end")
            time.sleep(0.05)

    @contextlib.contextmanager
    def replaced_by(self, address, token="a token"):  # noqa: S107
        """Let the plugin find another server inside the `with`."""
        kept = self._server.read_bytes() if self._server.exists() else None
        told = {"address": address, "token": token, "process": 0}
        self._server.write_text(json.dumps(told), encoding="utf-8")
        try:
            yield
        finally:
            if kept is None:
                self._server.unlink(missing_ok=True)
            else:
                self._server.write_bytes(kept)


def _is_alive(process):
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def _children(process):
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
            if int(fields[1]) == process and fields[0] != "Z":
                yield int(stat.parent.name)


def _command_of(process):
    try:
        return Path(f"/proc/{process}/cmdline").read_text(encoding="utf-8")
    except OSError:
        return ""
