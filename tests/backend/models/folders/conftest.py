"""A model of a few files, and a hub with the real one's protocol and faults on request."""

import contextlib
import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from layerpeel.backend.models.manifest import load_manifest
from layerpeel.backend.models.model_store import ModelStore

COMMIT = "0123456789abcdef0123456789abcdef01234567"

MANIFEST = """
[[model]]
id = "tiny"
title = "Tiny (fine edges)"
stage = "matte"
engines = ["layeringdiff"]
licence = "MIT"
trained_on = "noise"
files = ["config.json", "*.json", "net/*.json", "net/*.safetensors"]
bytes = 400000
{hashes}
{sources}

[[model]]
id = "made"
title = "Made (splits)"
stage = "separate"
engines = ["layeringdiff"]
licence = "openrail++"
trained_on = "what its trainer gave it"
how_to_get = "it comes from who has trained it"
files = ["made.json"]
[[model.source]]
kind = "mirror"
"""

SOURCES = {
    "mirror": 'kind = "mirror"',
    "hub": f'kind = "hub"\nrepository = "artists/tiny"\nrevision = "{COMMIT}"',
    "newest": 'kind = "hub"\nrepository = "artists/tiny"',
}


def safetensors(shapes, seed=0):
    """Build a safetensors file: length of the header, header, numbers."""
    header, end = {"__metadata__": {"format": "pt"}}, 0
    for name, shape in shapes.items():
        size = 4
        for length in shape:
            size *= length
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [end, end + size]}
        end += size
    content = json.dumps(header).encode()
    numbers = hashlib.shake_256(b"%d" % seed).digest(end)
    return len(content).to_bytes(8, "little") + content + numbers


@pytest.fixture(scope="session")
def make_safetensors():
    return safetensors


@pytest.fixture
def write():
    """Write files into a folder, by their paths, from bytes or from values that become JSON."""

    def write(folder, files):
        for path, content in files.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(
                content if isinstance(content, bytes) else json.dumps(content).encode()
            )
        return folder

    return write


@pytest.fixture
def files():
    """The model's files, with weights in two shards, one large enough to break off."""
    shards = {
        f"net/model-0000{number}-of-00002.safetensors": safetensors({name: [size]}, number)
        for number, name, size in ((1, "a", 70_000), (2, "b", 10_000))
    }
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors"}}
    index["weight_map"]["b"] = "model-00002-of-00002.safetensors"
    return {
        "config.json": b'{"model_type": "tiny"}\n',
        "empty.json": b"",
        "net/model.safetensors.index.json": json.dumps(index).encode(),
        **shards,
    }


@pytest.fixture
def shard():
    return "net/model-00001-of-00002.safetensors"


@pytest.fixture
def store_with(tmp_path):
    """Make a store whose model `tiny` has the named sources, in that order."""

    def make(*sources, hashes=None):
        path = tmp_path / "models.toml"
        lines = "".join(f'"{name}" = "{digest}"\n' for name, digest in (hashes or {}).items())
        path.write_text(
            MANIFEST.format(
                hashes=f"[model.sha256]\n{lines}" if hashes else "",
                sources="\n".join(f"[[model.source]]\n{SOURCES[name]}" for name in sources),
            ),
            encoding="utf-8",
        )
        return ModelStore(tmp_path / "models", load_manifest(path))

    return make


@pytest.fixture
def part(tmp_path):
    """Where the store keeps what has arrived so far."""
    return tmp_path / "models" / "tiny.part"


class FolderHub(ThreadingHTTPServer):
    """Serves one repository at one commit: its list in pages, and its files.

    files: what it holds. listed: false entries in its list, by file.
    cuts: for each file to come, after how many bytes it breaks off (None: not at all).
    """

    daemon_threads = True

    def __init__(self, files):
        super().__init__(("127.0.0.1", 0), FolderHubHandler)
        self.files = {
            **files,
            "README.md": b"# Tiny",
            "pytorch_model.bin": b"pickle",
            "net/notes.md": b"",
        }
        self.listed = {}
        self.page = 2
        self.circles = False
        self.newest = COMMIT
        self.status = 200
        self.cuts = []
        self.asked = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def fetched(self):
        """The files that were asked for, each with its range."""
        return [(path, span) for path, span in self.asked if "/" not in path or path[:4] == "net/"]

    def entries(self):
        yield {"type": "directory", "oid": "f" * 40, "size": 0, "path": "net"}
        for path, content in sorted(self.files.items()):
            entry = {"type": "file", "path": path, "size": len(content)}
            named = b"blob %d\0" % len(content) + content
            entry["oid"] = hashlib.sha1(named, usedforsecurity=False).hexdigest()
            if path.endswith(".safetensors"):
                digest = hashlib.sha256(content).hexdigest()
                entry["lfs"] = {"oid": digest, "size": len(content), "pointerSize": 134}
                entry["oid"] = "e" * 40
            yield entry | self.listed.get(path, {})


class FolderHubHandler(BaseHTTPRequestHandler):
    def do_GET(self):
        hub, parts = self.server, urlsplit(self.path)
        path = unquote(parts.path).removeprefix("/proxy")
        if hub.status != 200:
            self.send_error(hub.status)
        elif path == "/api/models/artists/tiny/revision/main":
            hub.asked.append(("newest commit", None))
            self.answer(json.dumps({"sha": hub.newest, "id": "artists/tiny"}).encode())
        elif path == f"/api/models/artists/tiny/tree/{COMMIT}":
            hub.asked.append(("api/list", parts.query))
            self.answer_list(parse_qs(parts.query))
        elif (file := path.removeprefix(f"/artists/tiny/resolve/{COMMIT}/")) in hub.files:
            hub.asked.append((file, self.headers.get("Range")))
            self.answer_file(hub.files[file])
        else:
            self.send_error(404)

    def answer(self, content, *headers):
        self.send_response(200)
        for name, value in (("Content-Length", str(len(content))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def answer_list(self, query):
        assert query["recursive"] == ["true"]
        hub, start = self.server, int(query.get("cursor", ["0"])[0])
        entries = list(hub.entries())
        end = 0 if hub.circles else start + hub.page
        # The hub names its own address in links, also when reached through a proxy.
        tree = f"https://huggingface.co/api/models/artists/tiny/tree/{COMMIT}"
        link = ("Link", f'<{tree}?recursive=true&cursor={end}>; rel="next"')
        content = json.dumps(entries[start : start + hub.page]).encode()
        self.answer(content, *([link] if end < len(entries) else []))

    def answer_file(self, content):
        hub, start = self.server, 0
        if span := self.headers.get("Range"):
            start = int(re.fullmatch(r"bytes=(\d+)-", span)[1])
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        cut = hub.cuts.pop(0) if hub.cuts else None
        with contextlib.suppress(ConnectionError):  # The client may have closed the connection.
            self.wfile.write(content[start : None if cut is None else start + cut])

    def log_message(self, *words):
        pass


@pytest.fixture
def hub(files, monkeypatch):
    server = FolderHub(files)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("LAYERPEEL_HUB", server.url)
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
