"""Only the owner's own programs may call, and only with the same protocol."""

import stat

import pytest

from layerpeel.shared.proof import (
    CHALLENGE_HEADER,
    PROOF_PATH,
    Proof,
    is_proved,
    new_challenge,
)
from layerpeel.shared.version import PROTOCOL
from layerpeel.shared.wire import PROTOCOL_HEADER, from_text

CALLS = [
    ("GET", "/health"), ("GET", "/auto"), ("GET", "/presence"), ("GET", "/jobs"), ("POST", "/jobs"),
    ("GET", "/jobs/x"), ("DELETE", "/jobs/x"), ("GET", "/jobs/x/events"),
    ("POST", "/jobs/x/cancel"), ("GET", "/jobs/x/result"), ("GET", "/nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_every_call_needs_the_token_and_the_right_door(backend, method, path):
    token = backend.server.token
    for header in (None, "", "Bearer", f"Bearer {token[:-1]}", f"Basic {token}", token, "Bearer é"):
        encoded = header.encode("latin-1") if header else header
        status, message = backend.refusal(method, path, headers={"Authorization": encoded})
        assert (status, "token" in message) == (401, True)
        assert token not in message
    for name in ("evil.example", "192.168.0.1", "127.0.0.1.evil.example", ""):
        host = f"{name}:{backend.port}"
        assert backend.refusal(method, path, headers={"Host": host})[0] == 403
    for host in ("127.0.0.1", "localhost:1", "evil.example"):
        assert backend.refusal(method, path, headers={"Host": host})[0] == 403
    for origin in ("null", "http://evil.example", backend.server.address):
        assert backend.refusal(method, path, headers={"Origin": origin})[0] == 403


def test_the_server_proves_that_it_knows_the_token(backend):
    challenge = new_challenge()
    bare = {"Authorization": None, PROTOCOL_HEADER: None, CHALLENGE_HEADER: challenge}
    answer = backend.call("GET", PROOF_PATH, headers=bare)
    proof = from_text(Proof, answer.content)
    token, port = backend.server.token, backend.port
    assert is_proved(proof, token, port, challenge)
    assert not is_proved(proof, token, port + 1, challenge)
    assert not is_proved(proof, token, port, new_challenge())
    assert not is_proved(proof, token[:-1], port, challenge)
    assert token not in answer.text
    for odd in ("", "0" * 63, "g" * 64, "0" * 65, None):
        headers = {**bare, CHALLENGE_HEADER: odd}
        assert backend.refusal("GET", PROOF_PATH, headers=headers)[0] == 400
    for odd in ({"Host": f"evil.example:{port}"}, {"Origin": "null"}):
        assert backend.refusal("GET", PROOF_PATH, headers={**bare, **odd})[0] == 403


def test_this_machine_may_go_by_any_of_its_names(backend):
    for name in ("localhost", "LOCALHOST", "127.0.0.1", "[::1]"):
        host = {"Host": f"{name}:{backend.port}"}
        assert backend.call("GET", "/health", headers=host).status_code == 200


@pytest.mark.parametrize(("method", "path"), CALLS[2:])
def test_another_protocol_is_told_who_is_older(backend, method, path):
    for spoken, older in [
        (str(PROTOCOL - 1), "update the plugin"),
        (str(PROTOCOL + 1), "update the backend"),
        ("9" * 5000, "update the backend"),
        (None, "The plugin does not say"),
        ("", "The plugin does not say"),
        ("one", "The plugin does not say"),
        ("-1", "The plugin does not say"),
    ]:
        status, message = backend.refusal(method, path, headers={PROTOCOL_HEADER: spoken})
        assert (status, older in message) == (426, True), message


def test_health_answers_every_protocol(backend):
    for spoken in (None, "0", str(PROTOCOL + 1)):
        answer = backend.call("GET", "/health", headers={PROTOCOL_HEADER: spoken})
        assert answer.status_code == 200


def test_what_is_written_is_the_owners_alone(backend):
    assert stat.S_IMODE(backend.jobs_folder.stat().st_mode) == 0o700
    for path in (p for p in backend.home.rglob("*") if p.is_file()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_what_is_not_there_is_said(backend):
    assert backend.refusal("GET", "/nothing")[0] == 404
    assert backend.refusal("PUT", "/jobs")[0] == 405
    assert backend.refusal("GET", "/jobs/..%2Fjobs.sqlite/result")[0] == 404
