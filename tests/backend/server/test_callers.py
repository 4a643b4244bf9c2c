"""Callers without the token can neither lock the owner out nor make the server write pages."""

import contextlib
import socket
import sys
import time

import pytest

from waiting import wait_for

MALFORMED = [
    b"\x16\x03\x01 this is no HTTP\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET /health HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: [[::1:{port}\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
    b"POST /jobs HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nno length\r\n\r\n",
    b"POST /jobs HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nContent-Length: 8\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: a\r\n\r\nGARBAGE\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n",
    b"GET /\r\n\r\n",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n",
]


@contextlib.contextmanager
def connected(backend):
    with socket.create_connection(("127.0.0.1", backend.port), timeout=30) as connection:
        yield connection


def ended(connection):
    """Whether the server has closed a connection, or dropped it."""
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def open_many(backend, held, count):
    """Open connections that begin a call and never end it."""
    for _ in range(count):
        connection = socket.socket()
        held.callback(connection.close)
        connection.settimeout(30)
        with contextlib.suppress(OSError):
            connection.connect(("127.0.0.1", backend.port))
            connection.sendall(b"POST /jobs HTTP/1.1\r\nHost: ")


@pytest.mark.skipif(sys.platform != "linux", reason="limits another process as only Linux can")
def test_half_open_connections_do_not_lock_the_owner_out(run_backend, make_job):
    import resource

    backend = run_backend()
    here, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.prlimit(backend.process.pid, resource.RLIMIT_NOFILE, (256, most))
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(2000, most), most))
    try:
        with contextlib.ExitStack() as held:
            open_many(backend, held, 1000)
            backend.http.close()
            assert backend.call("GET", "/health").status_code == 200
            backend.end_of(backend.submit(make_job()).id)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (here, most))
    assert "Traceback" not in backend.log()


def test_who_shows_no_token_is_dropped_in_time(run_backend):
    backend = run_backend()
    presence = backend.call("GET", "/presence", stream=True)
    with connected(backend) as silent, connected(backend) as slow:
        came = time.monotonic()
        slow.sendall(b"GET /health HTTP/1.1\r\nHost")
        wait_for(lambda: ended(silent) and ended(slow))
        assert time.monotonic() - came < 30
    assert next(presence.iter_lines())
    presence.close()
    assert backend.call("GET", "/health").status_code == 200


def test_no_body_is_read_without_a_token(backend):
    head = f"POST /jobs HTTP/1.1\r\nHost: 127.0.0.1:{backend.port}\r\nContent-Length: {1 << 30}"
    with connected(backend) as connection:
        connection.sendall(f"{head}\r\n\r\n".encode())
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"connection: close" in answer.lower()


def test_malformed_calls_write_nothing(run_backend):
    backend = run_backend()
    for sent in MALFORMED:
        with connected(backend) as connection, contextlib.suppress(ConnectionError):
            connection.sendall(sent.replace(b"{port}", str(backend.port).encode()))
            connection.shutdown(socket.SHUT_WR)
            connection.makefile("rb").read()
    assert backend.call("GET", "/health").status_code == 200
    said = backend.stop()[1]
    assert said.count("\n") == 1, said
    assert [line.split(" ", 3)[3] for line in backend.log().splitlines()] == [
        f"listening on {backend.server.address}",
        "ended",
    ]
