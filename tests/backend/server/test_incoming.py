"""Messages that come as files, from a plugin on the same machine."""

import os
import secrets

import pytest

from layerpeel.shared.jobs import Finished, JobSummary
from layerpeel.shared.wire import FILE_HEADER, MESSAGE_TYPE, from_text, pack
from running_backend import start_serving


@pytest.fixture(scope="module")
def narrow(backend_with):
    """A server that takes 100,000 bytes."""
    return backend_with("--max-body", 100_000)


@pytest.fixture
def incoming(narrow):
    """Its folder for files; every test leaves it empty, or removes what it has put there."""
    folder = narrow.home / "incoming"
    yield folder
    assert not list(folder.iterdir())


def put(folder, content):
    name = secrets.token_hex(16)
    (folder / name).write_bytes(content)
    return name


def hand_over(backend, name, path="/jobs"):
    headers = {"Content-Type": MESSAGE_TYPE, FILE_HEADER: name}
    return backend.call("POST", path, headers=headers)


def test_a_job_comes_as_a_file(narrow, incoming, make_job):
    answer = hand_over(narrow, put(incoming, pack(make_job())))
    assert answer.status_code == 201, answer.text
    handed, sent = from_text(JobSummary, answer.content).id, narrow.submit(make_job()).id
    assert isinstance(narrow.end_of(handed), Finished)
    assert isinstance(narrow.end_of(sent), Finished)
    assert narrow.result(handed).layers == narrow.result(sent).layers


def test_what_is_handed_over_is_checked_as_what_is_sent(narrow, incoming, make_job):
    assert hand_over(narrow, put(incoming, b"no message")).status_code == 400
    assert hand_over(narrow, put(incoming, bytes(100_001))).status_code == 413
    assert not list(narrow.jobs_folder.glob("*.request"))


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../server.json", "/etc/passwd", "0" * 31, "G" * 32, "A" * 32]
)
def test_no_other_file_can_be_named(narrow, incoming, name):
    before = (narrow.home / "server.json").read_bytes()
    status, message = narrow.refusal(
        "POST", "/jobs", headers={"Content-Type": MESSAGE_TYPE, FILE_HEADER: name}
    )
    assert status == 400
    assert "update the plugin" in message
    assert (narrow.home / "server.json").read_bytes() == before


def test_a_file_that_is_not_there(narrow, incoming):
    assert hand_over(narrow, "0" * 32).status_code == 410


@pytest.mark.parametrize("kind", ["link", "second name", "folder", "pipe"])
def test_what_is_no_plain_file_is_not_taken(narrow, incoming, make_job, tmp_path, kind):
    dear = tmp_path / "dear"
    dear.write_bytes(pack(make_job()))
    odd = incoming / secrets.token_hex(16)
    if kind == "link":
        odd.symlink_to(dear)
    elif kind == "second name":
        os.link(dear, odd)
    elif kind == "folder":
        odd.mkdir()
    else:
        os.mkfifo(odd)
    assert hand_over(narrow, odd.name).status_code == 400
    assert dear.read_bytes() == pack(make_job())
    odd.rmdir() if kind == "folder" else odd.unlink()


def test_what_an_earlier_server_left_is_removed_at_the_start(run_backend, tmp_path):
    folder = tmp_path / "home" / "incoming"
    folder.mkdir(parents=True, mode=0o700)
    put(folder, b"left over")
    run_backend()
    assert not list(folder.iterdir())


def test_a_folder_that_cannot_be_made_ends_the_server_in_one_line(tmp_path):
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "incoming").write_text("in the way")
    process = start_serving(home)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 6
    assert "cannot work in" in errors
    assert "Traceback" not in errors
