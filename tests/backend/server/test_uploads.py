"""Uploads that are refused before or while they are received leave nothing behind."""

import socket

import pytest
import requests

from layerpeel.shared.jobs import SubmitJob
from layerpeel.shared.protocol import ColourModel, Depth, PeelRequest, Picture, PixelBlock
from layerpeel.shared.scenes import Guide, GuideKind, SceneRequest
from layerpeel.shared.wire import MESSAGE_TYPE, pack
from waiting import wait_for


@pytest.fixture(scope="module")
def narrow(backend_with):
    """A server that takes 96×96 pixels and 100,000 bytes."""
    return backend_with("--max-pixels", 96 * 96, "--max-body", 100_000)


@pytest.fixture(autouse=True)
def nothing_is_left(narrow):
    yield
    assert not [path for path in narrow.jobs_folder.iterdir() if "sqlite" not in path.name]
    assert narrow.jobs() == ()


def send_raw(backend, *header_lines, body=b""):
    """Send a raw POST and read the whole answer; None when there is none."""
    kept = [f"{name}: {value}" for name, value in backend.headers.items()]
    lines = ["POST /jobs HTTP/1.1", f"Host: 127.0.0.1:{backend.port}", "Connection: close", *kept]
    with socket.create_connection(("127.0.0.1", backend.port), timeout=30) as connection:
        connection.sendall("\r\n".join([*lines, *header_lines, "", ""]).encode() + body)
        return connection.makefile("rb").read()


def test_garbage_and_other_types(narrow, make_job):
    whole = pack(make_job())
    for body in (b"", b"{}", b"\n", b"\x00" * 99, whole[:-1], whole + b"x", whole[:40],
                 pack(make_job().picture), b"[" * 50_000 + b"\n"):  # fmt: skip
        answer = narrow.post(body)
        assert answer.status_code == 400, answer.text
        assert "The job cannot be read" in answer.text
    assert narrow.post(whole, "application/json").status_code == 415
    assert narrow.post(whole, "").status_code == 415


def test_half_a_letter_is_no_name(narrow, make_job):
    odd = pack(make_job("NAME")).replace(b'"NAME"', b'"\\ud800"')
    assert narrow.post(odd).status_code == 400


def test_too_large_a_picture(narrow):
    wide = PixelBlock(97, 96, ColourModel.GRAYA, Depth.U8, bytes(97 * 96 * 2))
    answer = narrow.post(pack(SubmitJob("wide", PeelRequest(), Picture(wide))))
    assert answer.status_code == 413
    assert "97×96" in answer.text
    shown = Guide(GuideKind.EDIT, references=(Picture(wide),))
    small = Picture(PixelBlock(9, 9, ColourModel.GRAYA, Depth.U8, bytes(9 * 9 * 2)))
    answer = narrow.post(pack(SubmitJob("wide", SceneRequest("night", guide=shown), small)))
    assert answer.status_code == 413
    assert "97×96" in answer.text


def test_too_many_pictures_and_too_large_together(narrow):
    def answer_to(count, side):
        picture = Picture(
            PixelBlock(side, side, ColourModel.GRAYA, Depth.U8, bytes(side * side * 2))
        )
        shown = Guide(GuideKind.EDIT, references=(picture,) * count)
        return narrow.post(pack(SubmitJob("many", SceneRequest("night", guide=shown), picture)))

    many = answer_to(17, 9)
    assert many.status_code == 413
    assert "17 further pictures" in many.text
    large = answer_to(3, 60)
    assert large.status_code == 413
    assert "14,400 pixels together, more than the 9,216" in large.text


def test_too_long_a_body_is_refused_before_it_is_sent(narrow):
    answer = send_raw(narrow, f"Content-Type: {MESSAGE_TYPE}", "Content-Length: 100001")
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_too_long_a_body_that_comes_all_the_same(narrow):
    assert narrow.post(bytes(50_000_000)).status_code == 413


def test_too_long_a_body_of_no_stated_length(narrow):
    pieces = (bytes(10_000) for _ in range(11))
    assert narrow.post(pieces).status_code == 413


def test_no_length_at_all(narrow):
    answer = send_raw(narrow, f"Content-Type: {MESSAGE_TYPE}")
    assert answer.startswith(b"HTTP/1.1 411 ")


def test_a_body_that_ends_early(narrow, make_job):
    whole = pack(make_job())
    lines = (f"Content-Type: {MESSAGE_TYPE}", f"Content-Length: {len(whole)}")
    kept = [f"{name}: {value}" for name, value in narrow.headers.items()]
    head = ["POST /jobs HTTP/1.1", f"Host: 127.0.0.1:{narrow.port}", *kept, *lines, "", ""]
    with socket.create_connection(("127.0.0.1", narrow.port), timeout=30) as connection:
        connection.sendall("\r\n".join(head).encode() + whole[:1000])
        wait_for(lambda: list(narrow.jobs_folder.glob("*.request")))
    wait_for(lambda: not list(narrow.jobs_folder.glob("*.request")))


def test_what_is_no_http(narrow):
    with socket.create_connection(("127.0.0.1", narrow.port), timeout=30) as connection:
        connection.sendall(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
        assert connection.makefile("rb").read().startswith(b"HTTP/1.1 400 ")
    assert isinstance(narrow.call("GET", "/health"), requests.Response)
