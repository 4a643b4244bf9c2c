"""Servers that are no backend, or another version's."""

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from layerpeel.shared.jobs import Health
from layerpeel.shared.version import PROTOCOL, VERSION
from layerpeel.shared.wire import to_text


def says(body, status=200):
    """Return a handler with the same answer to every call."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_words):
            """Say nothing."""

    return Handler


def speaks(protocol):
    """Return a handler that answers as a backend of that protocol does."""
    health = {"version": f"{protocol}.0.0", "protocol": protocol, "engines": []}
    return says(json.dumps(health).encode())


def offers(*engines):
    """Return a handler that answers every call with these engines (EngineInfo)."""
    return says(to_text(Health(VERSION, PROTOCOL, engines)).encode())


def is_silent(until):
    """Return a handler that does not answer before the event `until`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            until.wait(60)
            self.close_connection = True

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_words):
            """Say nothing."""

    return Handler


@contextlib.contextmanager
def stranger(handler):
    """Serve on a free port inside the `with`; yield the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
