"""A hub on this machine that serves one model, of little bytes."""

import contextlib
import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from layerpeel.backend.models.manifest import load_manifest

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
