"""A server to be measured, in a folder of its own, and one of its many clients."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import requests

from layerpeel.backend.errors import OutputError
from layerpeel.shared.jobs import JobEvent, JobState, JobSummary, SubmitJob
from layerpeel.shared.places import ServerAddress
from layerpeel.shared.protocol import ProtocolError
from layerpeel.shared.version import PROTOCOL
from layerpeel.shared.wire import MESSAGE_TYPE, PROTOCOL_HEADER, from_text, pack

_SERVE = [sys.executable, "-P", "-m", "layerpeel.backend.cli", "serve"]
_SECONDS_TO_START = 120.0
_SECONDS_FOR_AN_ANSWER = 120.0


@contextlib.contextmanager
def running_server(home: Path, *options: str) -> Iterator[ServerAddress]:
    """Run a server inside the `with`. Raises OutputError when it does not start."""
    environment = {**os.environ, "LAYERPEEL_HOME": str(home)}
    # Its words are in its log.
    process = subprocess.Popen([*_SERVE, *options], env=environment, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        yield _address_in(home / "server.json", process)
    finally:
        process.terminate()
        process.wait()


def _address_in(file: Path, process: "subprocess.Popen[bytes]") -> ServerAddress:
    end = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError, ProtocolError):
            address: ServerAddress = from_text(ServerAddress, file.read_bytes())
            return address
        time.sleep(0.05)
    raise OutputError(f"The server did not start: see {file.with_name('backend.log')}.")


class ServerClient:
    """One client, with a connection of its own. For use in one thread."""

    def __init__(self, server: ServerAddress) -> None:
        self._address = server.address
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.headers["Authorization"] = f"Bearer {server.token}"
        self._http.headers[PROTOCOL_HEADER] = str(PROTOCOL)

    def call(self, method: str, path: str, data: bytes | None = None) -> requests.Response:
        """Make a call. Raises requests' errors."""
        return self._http.request(
            method,
            self._address + path,
            data=data,
            headers={"Content-Type": MESSAGE_TYPE},
            timeout=_SECONDS_FOR_AN_ANSWER,
        )

    def submit(self, job: SubmitJob) -> str | None:
        """Submit a job; return its id, None where the queue is full."""
        answer = self.call("POST", "/jobs", pack(job))
        if answer.status_code == requests.codes.too_many_requests:
            return None
        answer.raise_for_status()
        summary: JobSummary = from_text(JobSummary, answer.content)
        return summary.id

    def state(self, job_id: str) -> JobState:
        """Return a job's state."""
        answer = self.call("GET", f"/jobs/{job_id}")
        answer.raise_for_status()
        summary: JobSummary = from_text(JobSummary, answer.content)
        return summary.state

    def events(self, job_id: str) -> list[JobEvent]:
        """Wait until a job has ended, and return what was told of it."""
        with self._http.get(f"{self._address}/jobs/{job_id}/events", stream=True) as answer:
            lines = [line for line in answer.iter_lines() if line.startswith(b"data: ")]
        return [from_text(JobEvent, line[6:]) for line in lines]
