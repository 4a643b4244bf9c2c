"""Servers that are no backend, or another version's."""

import contextlib
import errno
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from krita_harness.backend import SECONDS_TO_END
from layerpeel.shared.jobs import Health, Refusal
from layerpeel.shared.proof import CHALLENGE_HEADER, PROOF_PATH, prove
from layerpeel.shared.version import PROTOCOL, VERSION
from layerpeel.shared.wire import to_text


def proof_asked_of(call, token):
    """Return the answer to a handler's call for the proof that it knows a token."""
    return to_text(prove(token, call.server.server_port, call.headers[CHALLENGE_HEADER]))


def says(body, status=200, token=None, heard=None):
    """Return a handler with the same answer to every call.

    token: with which it proves first to be a backend; None does not. heard: gets all that comes.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            if heard is not None:
                length = int(self.headers.get("Content-Length") or 0)
                heard.append((self.path, str(self.headers), self.rfile.read(length)))
            if token is not None and self.path == PROOF_PATH:
                self.answer(200, proof_asked_of(self, token).encode())
            else:
                self.answer(status, body)

        do_POST = do_GET  # noqa: N815

        def answer(self, status, body):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words):
            """Say nothing."""

    return Handler


def speaks(protocol, token="", heard=None):
    """Return a handler that answers as a backend of that protocol and token does."""
    health = {"version": f"{protocol}.0.0", "protocol": protocol, "engines": []}
    return says(json.dumps(health).encode(), token=token, heard=heard)


def knows_no_proof(heard=None):
    """Return a handler that answers as a backend does that is older than the proof."""
    return says(to_text(Refusal("The call did not bring the token.")).encode(), 401, heard=heard)


def offers(*engines):
    """Return a handler that answers every call with these engines (EngineInfo)."""
    return says(to_text(Health(VERSION, PROTOCOL, engines)).encode(), token="")


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


def waits(until, handler):
    """Return a handler that answers as another does, but not before the event `until`."""

    class Handler(handler):
        def do_GET(self):  # noqa: N802  (its name in http.server)
            until.wait(60)
            super().do_GET()

    return Handler


@contextlib.contextmanager
def stranger(handler, port=0):
    """Serve inside the `with`, on a free port unless one is given; yield the address."""
    server = _bound(handler, port)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _bound(handler, port):
    """Bind a port, as soon as whoever was killed has let go of it."""
    end = time.monotonic() + SECONDS_TO_END
    while True:
        try:
            return ThreadingHTTPServer(("127.0.0.1", port), handler)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > end:
                raise
            time.sleep(0.05)
