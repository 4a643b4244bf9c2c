"""A backend with an empty home, and a local hub that serves one model, of little bytes."""

import contextlib
import hashlib
import json
import os
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from layerpeel.backend.models.manifest import load_manifest
from layerpeel.shared.jobs import JobEvent
from layerpeel.shared.wire import from_text, to_text

SMALL = "vitmatte"
SOURCE = next(
    source for source in load_manifest().usable(SMALL).sources if hasattr(source, "repository")
)
LARGE_FILE = "model.safetensors"
HEADER = b'{"a": {"dtype": "U8", "shape": [200000], "data_offsets": [0, 200000]}}'
FILES = {
    path: json.dumps({"of": path}).encode() for path in load_manifest().usable(SMALL).files
} | {LARGE_FILE: len(HEADER).to_bytes(8, "little") + HEADER + bytes(200_000)}


class HaltingHub(ThreadingHTTPServer):
    """Serves the model `SMALL`.

    asked: each path asked for, with the start of its range. halts_at: a file of which only half is
    sent until `goes_on` is set.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), HaltingHubHandler)
        self.asked = []
        self.halts_at = None
        self.is_halted = threading.Event()
        self.goes_on = threading.Event()
        self.status = 200


class HaltingHubHandler(BaseHTTPRequestHandler):
    def do_GET(self):
        hub = self.server
        start = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "bytes=0-")[1]
        hub.asked.append((self.path, int(start)))
        name = self.path.removeprefix(f"/{SOURCE.repository}/resolve/{SOURCE.revision}/")
        if hub.status != 200:
            self.send_error(hub.status)
        elif self.path.startswith(f"/api/models/{SOURCE.repository}/tree/{SOURCE.revision}"):
            self.answer(json.dumps([entry_of(*file) for file in FILES.items()]).encode(), 0)
        elif name in FILES:
            self.answer(FILES[name], int(start), halts=name == hub.halts_at)
        else:
            self.send_error(404)

    def answer(self, content, start, halts=False):
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            half = start + (len(content) - start) // 2 if halts else len(content)
            self.wfile.write(content[start:half])
            if halts:
                self.server.is_halted.set()
                self.server.goes_on.wait(30)
                self.wfile.write(content[half:])

    def log_message(self, *words):
        pass


def entry_of(path, content):
    named = b"blob %d\0" % len(content) + content
    oid = hashlib.sha1(named, usedforsecurity=False).hexdigest()
    return {"type": "file", "path": path, "size": len(content), "oid": oid}


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
