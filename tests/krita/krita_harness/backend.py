"""The backend that a Krita uses, whose processes a test can pause and end."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import requests

from layerpeel.shared.version import PROTOCOL
from layerpeel.shared.wire import PROTOCOL_HEADER

from .given_krita import command_from_there

# As `layerpeel register` writes it.
COMMAND = [sys.executable, "-P", "-m", "layerpeel.backend.cli"]
SECONDS_TO_START = 60
SECONDS_TO_END = 30


class Backend:
    """The backend of a KritaHome, found by the files in its Layerpeel folder."""

    def __init__(self, home):
        self.folder = home.layerpeel
        self._server = home.layerpeel / "server.json"
        self._command = home.layerpeel / "command.json"

    def register(self):
        """Tell the plugin how to start it, as `layerpeel register` does."""
        environment = {**os.environ, "LAYERPEEL_HOME": str(self.folder)}
        subprocess.run([*COMMAND, "register"], env=environment, check=True, capture_output=True)
        command = json.loads(self._command.read_text(encoding="utf-8"))
        self._command.write_text(json.dumps(command_from_there(command)), encoding="utf-8")

    def unregister(self):
        """Undo `register`."""
        self._command.unlink(missing_ok=True)

    @property
    def pid(self):
        """Process id of the server; None when it does not run."""
        try:
            process = json.loads(self._server.read_text(encoding="utf-8"))["process"]
        except (OSError, ValueError):
            return None
        return process if _is_alive(process) else None

    @property
    def worker(self):
        """Process id of the worker, which peels; it starts a moment after the server."""
        (worker,) = self._at_work()
        return worker

    def _at_work(self):
        """Process ids of the worker, and of the process that answers about pointing, if it runs."""
        end = time.monotonic() + SECONDS_TO_START
        while not (found := [p for p in _children(self.pid) if "spawn_main" in _command_of(p)]):
            if time.monotonic() > end:
                raise TimeoutError("the backend starts no worker")
            time.sleep(0.05)
        return found

    @contextlib.contextmanager
    def held(self):
        """Pause all that peels, or answers about pointing, inside the `with`."""
        with contextlib.ExitStack() as paused:
            for process in self._at_work():
                paused.enter_context(_paused(process))
            yield

    @contextlib.contextmanager
    def unanswering(self):
        """Pause the server inside the `with`: it answers only afterwards."""
        with _paused(self.pid):
            yield

    def kill(self):
        """Kill the server, as a crash would; its worker ends with it."""
        process = self.pid
        os.kill(process, signal.SIGKILL)
        self.wait_for_end_of(process)

    def kill_worker(self):
        """Kill the worker, as the system does when memory runs out."""
        os.kill(self.worker, signal.SIGKILL)

    def end(self):
        """Ask it to end, and wait until it has; do nothing when it does not run."""
        process = self.pid
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGTERM)
            self.wait_for_end_of(process)

    def wait_for_end_of(self, process):
        """Wait until the process of that id is gone."""
        end = time.monotonic() + SECONDS_TO_END
        while _is_alive(process):
            if time.monotonic() > end:
                raise TimeoutError(f"the backend, process {process}, does not end")
            time.sleep(0.05)

    def wait_until_idle(self):
        """Wait until nothing runs or waits, by its own account."""
        end = time.monotonic() + SECONDS_TO_END
        while jobs := self._jobs():
            if time.monotonic() > end:
                raise TimeoutError(f"the backend still has {jobs}")
            time.sleep(0.05)

    def _jobs(self):
        told = json.loads(self._server.read_text(encoding="utf-8"))
        headers = {"Authorization": f"Bearer {told['token']}", PROTOCOL_HEADER: str(PROTOCOL)}
        answer = requests.get(f"{told['address']}/queue", headers=headers, timeout=SECONDS_TO_END)
        answer.raise_for_status()
        return answer.json()["jobs"]

    @contextlib.contextmanager
    def replaced_by(self, address, token="a token"):  # noqa: S107
        """Point the plugin to another server inside the `with`."""
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


@contextlib.contextmanager
def _paused(process):
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):  # Cancelling a peel may have ended it.
            os.kill(process, signal.SIGCONT)


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
