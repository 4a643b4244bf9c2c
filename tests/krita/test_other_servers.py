"""No backend, another server in its place, or a wrong token: one line says so, nothing is lost."""

import contextlib
import json
import threading
import time

import pytest
from krita_harness.docker import DONE
from krita_harness.strangers import is_silent, knows_no_proof, says, speaks, stranger, waits

from layerpeel.shared.proof import PROOF_PATH
from layerpeel.shared.version import PROTOCOL

pytestmark = pytest.mark.krita

SECONDS_TO_BE_TOLD = 20
GIVEN_UP = """
import layerpeel
from layerpeel.plugin.backend.http_calls import HttpCalls
from layerpeel.plugin.qt import QByteArray
from layerpeel.shared.places import ServerAddress

layerpeel.given_up = ended = []
layerpeel.calls = calls = HttpCalls(ServerAddress(address, "known"))
give_up = calls.post(
    "/", QByteArray(), "text/plain",
    lambda _body: ended.append("done"), lambda _problem: ended.append("failed"),
)
give_up()
"""


@pytest.fixture
def opened(krita, easel, docker, small_painting, soft_disc):
    """The small picture, a soft disc selected, ready to be peeled; its layers."""
    easel.picture(small_painting)
    easel.select(soft_disc)
    docker.lift("selection")
    return krita.layer_tree()


def test_no_backend_is_known(krita, docker, session_backend, opened):
    session_backend.end()
    session_backend.unregister()
    path = krita.run("import os\nresult = os.environ['PATH']\nos.environ['PATH'] = '/nowhere'")
    try:
        line = docker.peel()
        assert line.startswith("No backend was found: run “layerpeel register” once")
        docker.picture_of("no-backend")
    finally:
        session_backend.register()
        krita.run("import os\nos.environ['PATH'] = path", path=path)
    assert krita.layer_tree() == opened
    assert docker.peel() == DONE


def test_command_that_starts_nothing(krita, docker, session_backend, opened):
    session_backend.end()
    docker.set_backend(command="/no/such/layerpeel")
    line = docker.peel()
    assert line == (
        "The backend cannot be started with “/no/such/layerpeel”. Set its command in Settings."
    )
    assert docker.status == ""  # The page shows it already.
    assert krita.layer_tree() == opened
    docker.set_backend()
    assert docker.peel() == DONE


def test_backend_that_ends_at_once_is_told_in_seconds(
    krita, docker, session_backend, opened, tmp_path
):
    session_backend.end()
    program = tmp_path / "ends"
    program.write_text("#!/bin/sh\necho 'There is no numpy here.' >&2\nexit 1\n", encoding="utf-8")
    program.chmod(0o755)
    docker.set_backend(command=str(program))
    begun = time.monotonic()
    line = docker.peel()
    assert time.monotonic() - begun < SECONDS_TO_BE_TOLD
    assert line == "The backend ended as soon as it was started: There is no numpy here."
    docker.picture_of("ends-at-once")
    krita.click("layerpeel_remedy_log")
    krita.wait_until("widgets.open_dialog() is not None", 10, "the log")
    log = krita.evaluate("widgets.the('layerpeel_log_text').toPlainText()")
    assert log == "There is no numpy here.\n"
    krita.click("layerpeel_log_close")
    assert krita.layer_tree() == opened
    docker.set_backend()
    assert docker.peel() == DONE


def test_wrong_token_is_refused_and_the_settings_mend_it(krita, docker, backend, opened):
    told = json.loads((backend.folder / "server.json").read_text(encoding="utf-8"))
    docker.set_backend(address=told["address"], token="-wrong")  # noqa: S106
    assert "token" in docker.peel()
    docker.picture_of("wrong-token")
    assert krita.layer_tree() == opened
    docker.set_backend(address=told["address"], token=told["token"])
    assert docker.peel() == DONE


@contextlib.contextmanager
def hanging():
    freed = threading.Event()
    with stranger(is_silent(freed)) as address:
        try:
            yield address
        finally:
            freed.set()


@pytest.mark.parametrize(
    ("server", "line"),
    [
        (lambda: stranger(speaks(0)), "(0.0.0) is older than this plugin"),
        (lambda: stranger(speaks(9)), "is older than the backend (9.0.0)"),
        (lambda: stranger(knows_no_proof()), "cannot prove that it is your backend"),
        (lambda: stranger(speaks(PROTOCOL, "another")), "does not know the token"),
        (lambda: stranger(says(b"<html>It works!</html>")), "What answers there is not Layerpeel."),
        (lambda: stranger(says(b"{}", token="")), "cannot be read"),
        (
            lambda: stranger(says(b"\xff\xfe\x00", 500)),
            "What answers there is not Layerpeel (500).",
        ),
        (hanging, "The backend does not answer. Try again."),
    ],
    ids=[
        "older",
        "newer",
        "before the proof",
        "other token",
        "web page",
        "other JSON",
        "broken",
        "silent",
    ],
)
def test_another_server_at_the_address_that_was_set(krita, docker, backend, opened, server, line):
    krita.run("import layerpeel.plugin.backend.http_calls as c\nc.SILENCE = 1500")
    try:
        with server() as address:
            docker.set_backend(address=address)
            assert line in docker.peel()
            assert "\n" not in docker.message
        assert krita.layer_tree() == opened
    finally:
        krita.run("import layerpeel.plugin.backend.http_calls as c\nc.SILENCE = 30_000")
    docker.forget_settings()
    assert docker.peel() == DONE


def test_server_file_of_a_backend_that_is_gone(krita, docker, session_backend, opened):
    session_backend.end()
    with stranger(says(b"")) as address:
        pass
    with session_backend.replaced_by(address):
        assert docker.peel() == DONE
        session_backend.end()
    assert [layer.name for layer in krita.layer_tree()][1:] == ["Peeled selection"]


def test_server_file_that_leads_to_something_else(krita, docker, session_backend, opened):
    session_backend.end()
    with stranger(says(b"<html>", 404)) as address, session_backend.replaced_by(address):
        assert docker.peel() == DONE
        session_backend.end()
    assert [layer.name for layer in krita.layer_tree()][1:] == ["Peeled selection"]


@pytest.mark.parametrize(
    "handler",
    [
        lambda heard: says(b"{}", heard=heard),
        lambda heard: knows_no_proof(heard),
        lambda heard: speaks(PROTOCOL, "guessed", heard),
    ],
    ids=["another program", "as an older backend", "as a backend"],
)
def test_who_takes_the_port_of_a_killed_backend_gets_nothing(
    krita, docker, session_backend, opened, handler
):
    assert docker.peel() == DONE
    told = json.loads((session_backend.folder / "server.json").read_text(encoding="utf-8"))
    session_backend.kill()
    heard = []
    port = int(told["address"].rpartition(":")[2])
    with stranger(handler(heard), port):
        assert docker.peel() == DONE
    assert heard
    for path, headers, body in heard:
        assert path == PROOF_PATH
        assert "Authorization" not in headers
        assert body == b""
    session_backend.end()


def test_call_that_is_given_up_before_the_proof_still_ends(krita):
    freed = threading.Event()
    with stranger(waits(freed, speaks(PROTOCOL, "known"))) as address:
        krita.run(GIVEN_UP, address=address)
        freed.set()
        krita.wait_until("__import__('layerpeel').given_up", 10, "the call to end")
        assert krita.evaluate("__import__('layerpeel').given_up") == ["failed"]


def test_settings_refuse_what_cannot_be(krita, docker):
    docker.open_settings()
    krita.screenshot_of("layerpeel_settings", "settings")
    krita.click("layerpeel_address")
    krita.write("localhost:8000")
    krita.click("layerpeel_settings_ok")
    krita.screenshot_of("layerpeel_settings", "settings-refused")
    shown = krita.evaluate("widgets.open_dialog()")
    assert "The address must start with http:// or https://." in shown
    docker.close_settings("cancel")
