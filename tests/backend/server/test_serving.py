"""The command `layerpeel serve`: how it starts, how it ends, and what it prints."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from layerpeel.backend.errors import OutputError
from layerpeel.backend.server.log import log, logging_to
from layerpeel.backend.server.told_traceback import told_traceback
from layerpeel.shared.jobs import Failed, Finished
from layerpeel.shared.protocol import PeelRequest, Words
from layerpeel.shared.wire import pack
from waiting import has_ended, wait_for

EVERYWHERE = "0.0.0.0"  # noqa: S104


def test_a_second_server_says_where_the_first_is(run_backend, start):
    backend = run_backend()
    second = start(backend.home)
    said = second.communicate(timeout=60)[1]
    assert second.returncode == 8
    assert said.count("\n") == 1
    assert backend.server.address in said
    assert backend.server.token not in said
    assert backend.call("GET", "/health").status_code == 200


@pytest.mark.parametrize(("sign", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_it_cleanly(run_backend, sign, code):
    backend = run_backend()
    worker = backend.worker()
    presence = backend.call("GET", "/presence", stream=True)
    assert backend.stop(sign)[0] == code
    presence.close()
    assert not (backend.home / "server.json").exists()
    assert "ERROR" not in backend.log()
    assert "Traceback" not in backend.log()
    wait_for(lambda: has_ended(worker))
    with pytest.raises(OSError, match=r"."):
        socket.create_connection(("127.0.0.1", backend.port), timeout=5).close()
    run_backend()


def test_a_name_is_announced_as_the_address_that_is_listened_on(run_backend):
    backend = run_backend("--host", "localhost")
    assert backend.server.address in (
        f"http://127.0.0.1:{backend.port}",
        f"http://[::1]:{backend.port}",
    )
    assert backend.call("GET", "/health").status_code == 200


def test_it_leaves_the_file_of_another_server_alone(run_backend):
    backend = run_backend()
    path = backend.home / "server.json"
    path.write_text(path.read_text().replace(backend.server.token, "another"))
    assert backend.stop()[0] == 0
    assert "another" in path.read_text()


def test_what_it_says_and_logs_is_no_secret(run_backend, make_job):
    backend = run_backend("--log-level", "debug")
    job = backend.submit(make_job("Private picture"))
    backend.end_of(job.id)
    _, said = backend.stop()
    assert said == f"layerpeel: Listening on {backend.server.address}. " + (
        f"Log: {backend.home / 'backend.log'}\n"
    )
    lines = [line for line in backend.log().splitlines() if job.id in line]
    assert len(lines) == 1
    for secret in (backend.server.token, "Private picture"):
        assert secret not in backend.log() + said


def test_no_prompt_and_no_forged_line_is_logged(run_backend, make_job):
    backend = run_backend()
    forged = "2026-01-01 00:00:00,000 ERROR forged"
    words = f"a secret” cat\n{forged}"
    job = backend.submit(make_job(f"name\n{forged}", lift=Words(words)))
    end = backend.end_of(job.id)
    assert isinstance(end, Failed)
    assert "secret" in end.message
    (line,) = [line for line in backend.log().splitlines() if job.id in line]
    assert "failed" in line
    for private in ("secret", "cat", "forged", "name"):
        assert private not in backend.log()


def test_a_traceback_is_no_line_of_its_own_and_repeats_no_words(tmp_path):
    def fail(message):
        raise RuntimeError(message)

    def traceback_of(message, words="a fluffy cat"):
        try:
            fail(message)
        except RuntimeError as error:
            return told_traceback(error, PeelRequest(Words(words), engine="compact"))

    with logging_to(tmp_path / "log", "INFO"):
        log.error("met an error\n%s", traceback_of("sizes 3 and 4 differ in compact\n2026 ERROR"))
        log.error("met an error\n%s", traceback_of("unknown token: fluffy"))
        log.error("met an error\n%s", traceback_of("no mask for [fox]", "Fox "))
        log.error("odd \x1b[2J\x85line")
    lines = (tmp_path / "log").read_text(encoding="utf-8").split("\n")
    heads = [line for line in lines if line and not line.startswith("    | ")]
    assert len(heads) == 4
    text = "\n".join(lines)
    assert "sizes 3 and 4 differ" in text
    assert "in fail" in text
    assert "fluffy" not in text
    assert "fox" not in text
    assert "\x1b" not in text


@pytest.mark.skipif(sys.platform != "linux", reason="a full device as only Linux has it")
def test_a_log_that_cannot_be_written_hides_no_error(capfd):
    def fail():
        with logging_to(Path("/dev/full"), "INFO"):
            log.info("a line")
            raise OutputError("The disk is full.")

    with pytest.raises(OutputError, match="The disk is full"):
        fail()
    assert capfd.readouterr().err == ""


def test_an_error_of_our_own_is_a_line_in_the_log(tmp_path):
    def fail():
        with logging_to(tmp_path / "log", "INFO"):
            raise OutputError("The disk is full.")

    with pytest.raises(OutputError):
        fail()
    (line,) = (tmp_path / "log").read_text(encoding="utf-8").splitlines()
    assert line.endswith("ERROR cannot serve: The disk is full.")


def test_it_ends_when_the_last_client_has_gone(run_backend, make_job, halted):
    backend = run_backend("--with-clients")
    first = backend.call("GET", "/presence", stream=True)
    second = backend.call("GET", "/presence", stream=True)
    next(first.iter_lines())
    next(second.iter_lines())
    first.close()
    assert backend.end_of(backend.submit(make_job()).id) == Finished()
    second.close()
    code, said = backend.wait()
    assert (code, said.count("\n")) == (0, 1)
    assert not (backend.home / "server.json").exists()


def test_addresses_that_cannot_be_had(start, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for options, words in [
            (("--port", port), "cannot listen"),
            (("--host", EVERYWHERE), "--allow-network"),
            (("--host", "nowhere.invalid"), "--allow-network"),
            (("--host", "nowhere.invalid", "--allow-network"), "cannot listen"),
        ]:
            process = start(tmp_path, *options)
            said = process.communicate(timeout=60)[1]
            assert process.returncode == 3, said
            assert said.count("\n") == 1
            assert words in said


def test_other_machines_only_when_that_is_wanted(run_backend):
    backend = run_backend("--host", EVERYWHERE, "--allow-network")
    assert backend.server.address.startswith("http://127.0.0.1:")
    for host, status in [("192.168.0.1", 200), ("evil.example", 403)]:
        headers = {"Host": f"{host}:{backend.port}"}
        assert backend.call("GET", "/health", headers=headers).status_code == status


def test_a_folder_that_cannot_be_used(start, tmp_path):
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "blocked" / "jobs" / "jobs.sqlite").mkdir(parents=True)
    for home in (tmp_path / "file", tmp_path / "blocked"):
        process = start(home)
        said = process.communicate(timeout=60)[1]
        assert process.returncode == 6, said
        assert said.count("\n") == 1
        assert str(home) in said
        assert not (home / "server.json").exists()
    # The plugin does not show what is printed; it points to the log.
    message = said.strip().removeprefix("layerpeel: ")
    assert message in (tmp_path / "blocked" / "backend.log").read_text(encoding="utf-8")


def test_a_home_that_others_can_write_is_made_right_or_refused(start, run_backend, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o777)
    backend = run_backend()
    assert stat.S_IMODE(home.stat().st_mode) == 0o755
    backend.stop()
    home.chmod(0o777)
    (tmp_path / "victim").write_text("mine")
    (home / "backend.log").unlink()
    (home / "backend.log").symlink_to(tmp_path / "victim")
    process = start(home)
    said = process.communicate(timeout=60)[1]
    assert (process.returncode, said.count("\n")) == (6, 1)
    assert "Others can write into" in said
    assert (tmp_path / "victim").read_text() == "mine"


def test_a_damaged_list_of_jobs_is_set_aside_and_results_are_there(run_backend, make_job):
    backend = run_backend()
    job = backend.submit(make_job("Knight"))
    assert backend.end_of(job.id) == Finished()
    result = pack(backend.result(job.id))
    backend.stop()
    (backend.jobs_folder / "jobs.sqlite").write_bytes(b"no database at all" * 999)
    again = run_backend()
    assert [each.name for each in again.jobs()] == ["Knight"]
    assert pack(again.result(job.id)) == result
    _, said = again.stop()
    assert "set aside" in said.splitlines()[0]
    assert said.splitlines()[0].removeprefix("layerpeel: ") in again.log()


def test_the_server_itself_loads_nothing_that_peels():
    heavy = {"numpy", "cv2", "numba", "onnxruntime", "pymatting", "PIL", "scipy"}
    loaded = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, layerpeel.backend.cli.serve_command; print(*sys.modules)",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert heavy.isdisjoint(loaded.stdout.split())


def test_the_registered_command_serves(run_backend, start, tmp_path):
    home = tmp_path / "home"
    done = subprocess.run(
        [sys.executable, "-m", "layerpeel.backend.cli", "register"],
        env={**os.environ, "LAYERPEEL_HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    command = json.loads((home / "command.json").read_text(encoding="utf-8"))
    assert command[0] in done.stdout
    # Modules in the folder where Krita happens to start it are not imported.
    (tmp_path / "layerpeel.py").write_text("raise SystemExit(99)")
    backend = run_backend(command=[*command, "serve"], cwd=tmp_path)
    assert backend.call("GET", "/health").status_code == 200
