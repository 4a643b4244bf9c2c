"""A backend with an empty home, and a hub on this machine."""

import os
import threading

import pytest
from halting_hub import HaltingHub

from layerpeel.shared.jobs import JobEvent
from layerpeel.shared.wire import from_text, to_text


@pytest.fixture
def hub(monkeypatch):
    server = HaltingHub()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("LAYERPEEL_HUB", f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setenv("NO_PROXY", "*")
    yield server
    server.goes_on.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty home, in which the backend looks for programs and keeps models and styles."""
    home = tmp_path / "person"
    home.mkdir()
    for name in [name for name in os.environ if name.startswith(("XDG_", "LAYERPEEL_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    return home


class Calls:
    """The calls about generators, of one backend."""

    def __init__(self, backend):
        self.backend = backend

    def get(self, kind, path):
        answer = self.backend.call("GET", path)
        assert answer.status_code == 200, answer.text
        return from_text(kind, answer.content)

    def post(self, kind, path, message=None, status=200):
        body = to_text(message).encode() if message else b""
        answer = self.backend.call("POST", path, data=body)
        assert answer.status_code == status, answer.text
        return from_text(kind, answer.content)

    def refusal(self, path, message=None):
        body = to_text(message).encode() if message else b""
        return self.backend.refusal("POST", path, data=body)

    def events(self):
        with self.backend.call("GET", "/generators/pull/events", stream=True) as answer:
            for line in answer.iter_lines():
                if line.startswith(b"data: "):
                    yield from_text(JobEvent, line[6:])


@pytest.fixture(scope="session")
def calls_of():
    """Call a backend about generators."""
    return Calls


@pytest.fixture
def calls(home, hub, run_backend):
    return Calls(run_backend())
