"""A running server in a process of its own, and a client of it, over real HTTP."""

import os
import shutil
import signal
import subprocess
import sys

import requests

from layerpeel.shared.jobs import (
    Cancelled,
    Failed,
    Finished,
    JobEvent,
    JobList,
    JobSummary,
    Refusal,
)
from layerpeel.shared.places import ServerAddress
from layerpeel.shared.protocol import LayerStack
from layerpeel.shared.version import PROTOCOL
from layerpeel.shared.wire import MESSAGE_TYPE, PROTOCOL_HEADER, from_text, pack, unpack
from waiting import PATIENCE, wait_for

SERVE = [sys.executable, "-P", "-m", "layerpeel.backend.cli", "serve"]


class RunningBackend:
    """A running server, and a client of it. process: one that was started already."""

    def __init__(self, home, *options, process=None, **more):
        self.home = home
        self.process = process or start_serving(home, *options, **more)
        self.server = await_server_file(home, self.process)
        self.http = requests.Session()
        self.http.trust_env = False
        self.headers = {
            "Authorization": f"Bearer {self.server.token}",
            PROTOCOL_HEADER: str(PROTOCOL),
        }

    @property
    def port(self):
        return int(self.server.address.rpartition(":")[2])

    @property
    def jobs_folder(self):
        return self.home / "jobs"

    def call(self, method, path, headers=None, **more):
        """Call with all that is needed; a header given as None is left out."""
        headers = {**self.headers, **(headers or {})}
        return self.http.request(
            method, self.server.address + path, headers=headers, timeout=PATIENCE, **more
        )

    def refusal(self, method, path, **more):
        """Make a call that is refused; return status and message."""
        answer = self.call(method, path, **more)
        message = from_text(Refusal, answer.content).message
        assert message
        assert "\n" not in message
        return answer.status_code, message

    def post(self, body, kind=MESSAGE_TYPE):
        return self.call("POST", "/jobs", headers={"Content-Type": kind}, data=body)

    def submit(self, job):
        answer = self.post(pack(job))
        assert answer.status_code == 201, answer.text
        return from_text(JobSummary, answer.content)

    def job(self, job_id):
        return from_text(JobSummary, self.call("GET", f"/jobs/{job_id}").content)

    def jobs(self):
        return from_text(JobList, self.call("GET", "/jobs").content).jobs

    def events(self, job_id):
        """Yield every event from now to the last, as it comes."""
        with self.call("GET", f"/jobs/{job_id}/events", stream=True) as answer:
            for line in answer.iter_lines():
                if line.startswith(b"data: "):
                    yield from_text(JobEvent, line[6:])

    def end_of(self, job_id):
        (*_, last) = self.events(job_id)
        assert isinstance(last, Finished | Cancelled | Failed)
        return last

    def cancel(self, job_id):
        return from_text(JobSummary, self.call("POST", f"/jobs/{job_id}/cancel").content)

    def result(self, job_id):
        answer = self.call("GET", f"/jobs/{job_id}/result")
        assert answer.status_code == 200, answer.text
        return unpack(LayerStack, answer.content)

    def worker(self):
        """Return the process id of the worker."""
        (worker,) = wait_for(lambda: find_workers(self.process.pid))
        return worker

    def log(self):
        return (self.home / "backend.log").read_text(encoding="utf-8")

    def stop(self, how=signal.SIGTERM):
        """End it, and return its exit code and what it printed."""
        self.process.send_signal(how)
        return self.wait()

    def wait(self):
        said = self.process.communicate(timeout=PATIENCE)[1]
        return self.process.returncode, said


def start_serving(home, *options, command=SERVE, **more):
    """Start a server without waiting for it."""
    return subprocess.Popen(
        [*command, *map(str, options)],
        env={**os.environ, "LAYERPEEL_HOME": str(home)},
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )


def await_server_file(home, process):
    def read():
        assert process.poll() is None, process.communicate()
        path = home / "server.json"
        if not path.exists():
            return None
        found = from_text(ServerAddress, path.read_bytes())
        return found if found.process == process.pid else None

    return wait_for(read)


def find_workers(process):
    """Return the process ids of a server's workers."""
    ps = shutil.which("ps")
    listed = subprocess.run(
        [ps, "-ww", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    )
    rows = [line.split(None, 2) for line in listed.stdout.splitlines()]
    return [
        int(pid) for pid, parent, args in rows if int(parent) == process and "spawn_main" in args
    ]
