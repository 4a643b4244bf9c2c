"""The usual faults are found, with their cures, and the report tells no secret."""

import http.server
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from layerpeel.backend.doctor import installation, kept_things
from layerpeel.backend.doctor.running_backend import running_backend
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.shared.places import ServerAddress, write_command, write_server_file
from layerpeel.shared.redaction import redacted
from waiting import PATIENCE, wait_for

COMMAND = Path(sys.executable).parent / "layerpeel"
TOKEN = "a" * 43


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    home = tmp_path / "state"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("LAYERPEEL_HOME", str(home))
    return home


def test_the_report(home, tmp_path):
    private = tmp_path / "somebody"
    (home / "backend.log").write_text(f"old line\nlistening; “a prompt” {TOKEN} {private}/art\n")
    done = subprocess.run(
        [COMMAND, "doctor"],
        env={**os.environ, "HOME": str(private), "PATH": "/nowhere"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "! npm: is not installed" in done.stdout
    assert "npm: Install Node.js" in done.stdout
    assert "! models: ~/.local/share/layerpeel/models: isnet missing" in done.stdout
    assert "layerpeel models pull" in done.stdout
    assert "the plugin's command: Run `layerpeel register`." in done.stdout
    assert "old line" in done.stdout
    for secret in ("a prompt", TOKEN, str(private)):
        assert secret not in done.stdout
    assert done.stderr == ""


def test_the_plugin_s_command():
    assert "is not there" in installation.registered().found
    write_command([sys.executable, "-m", "layerpeel"])
    assert installation.registered().cure == ""
    write_command(["/bin/sh", "-c", "x"])
    assert "another Python" in installation.registered().found
    write_command(["/no/such/python"])
    found = installation.registered()
    assert ("no such program" in found.found, "register" in found.cure) == (True, True)


def test_libraries_that_are_there():
    found = installation.libraries()
    assert "uvicorn" in found.found
    assert found.cure == ""


@pytest.mark.torch
def test_a_torch_without_the_gpu_that_is_there(tmp_path, monkeypatch):
    monkeypatch.setenv("LAYERPEEL_DEVICE", "cpu")
    assert installation.torch().cure == ""
    (tmp_path / "nvidia-smi").write_text("#!/bin/sh\n")
    (tmp_path / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.delenv("LAYERPEEL_DEVICE")
    import torch

    if torch.cuda.is_available():
        assert installation.torch().cure == ""
    else:
        assert "NVIDIA driver" in installation.torch().found
        assert "pytorch.org" in installation.torch().cure


def test_too_little_room(tmp_path, monkeypatch):
    # A full disk cannot be had here without being root.
    full = shutil.disk_usage(tmp_path)._replace(free=1_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: full)
    (found,) = kept_things.room(tmp_path / "not" / "there", tmp_path)
    assert "0.0 GB" in found.found
    assert "Make room" in found.cure


@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
def test_a_state_folder_that_others_can_write(home):
    assert kept_things.state(home).cure == ""
    home.chmod(0o777)
    assert "chmod go-w" in kept_things.state(home).cure


def test_damaged_results(home):
    jobs = home / "jobs"
    jobs.mkdir()
    (jobs / "a.result").write_bytes(bytes(7))
    assert kept_things.results(jobs).found == "1 results, 7 bytes"
    with sqlite3.connect(jobs / "jobs.sqlite") as database:
        database.execute("CREATE TABLE jobs (id)")
    database.close()
    assert kept_things.results(jobs).cure == ""
    (jobs / "jobs.sqlite").write_bytes(b"no database" * 999)
    assert "sets the list aside" in kept_things.results(jobs).cure


def test_models_that_are_missing(tmp_path):
    found = kept_things.models(ModelStore(tmp_path))
    assert "isnet missing" in found.found
    assert "layerpeel models pull" in found.cure


def test_a_backend_that_runs(home):
    assert "does not run" in running_backend().found
    serve = [sys.executable, "-P", "-m", "layerpeel.backend.cli", "serve"]
    with subprocess.Popen(serve, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for((home / "server.json").exists, PATIENCE)
            found = wait_for(lambda: (seen := running_backend()).cure == "" and seen, PATIENCE)
            assert f"process {process.pid}" in found.found
        finally:
            process.kill()
    assert "the last one was killed" in running_backend().found


def test_another_program_at_the_port_of_the_backend():
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    write_server_file(ServerAddress(f"http://127.0.0.1:{server.server_port}", TOKEN, os.getpid()))
    found = running_backend()
    thread.join()
    server.server_close()
    assert "another program answers" in found.found
    assert "--port" in found.cure
    silent = running_backend()
    assert "does not answer" in silent.found
    assert silent.cure


def test_names_and_secrets_are_taken_out(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ritter")
    for name in ("LOGNAME", "USER"):
        monkeypatch.setenv(name, "ritter")
    text = redacted(
        f"/home/ritter/art, ritter’s, “a cat”, „ein Wal“, Bearer {TOKEN}, ritterlich, 1.2"
    )
    assert text == "~/art, USER’s, “…”, “…”, Bearer …, ritterlich, 1.2"
