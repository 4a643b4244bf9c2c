"""Files by which backend and plugin find each other."""

import os
import stat
import sys
import threading

import pytest

from layerpeel.shared import places


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("LAYERPEEL_HOME", str(tmp_path / "höme"))
    return tmp_path / "höme"


def test_what_was_written_is_read():
    address = places.ServerAddress("http://127.0.0.1:4", "tökén", 12)
    places.write_server_file(address)
    assert places.read_server_file() == address
    places.write_command(["/opt/pyÿthon", "-m", "x"])
    assert places.read_command() == ["/opt/pyÿthon", "-m", "x"]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_the_token_is_for_its_owner_alone(home):
    places.write_server_file(places.ServerAddress("http://127.0.0.1:4", "token"))
    assert stat.S_IMODE(places.server_file().stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert [path.name for path in home.iterdir()] == ["server.json"]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_what_others_have_prepared_is_neither_followed_nor_believed(home, tmp_path):
    home.mkdir()
    victim = tmp_path / "victim"
    victim.write_text("mine", encoding="utf-8")
    places.server_file().symlink_to(victim)
    (home / f"server.json.{os.getpid()}").symlink_to(victim)
    address = places.ServerAddress("http://127.0.0.1:4", "token")
    places.write_server_file(address)
    assert victim.read_text(encoding="utf-8") == "mine"
    assert not places.server_file().is_symlink()
    places.write_command(["/bin/true"])
    for mode in (0o620, 0o602):
        places.server_file().chmod(mode)
        places.command_file().chmod(mode)
        assert places.read_server_file() is None
        assert places.read_command() == []
    if os.geteuid() == 0:
        os.chown(places.command_file(), 12345, 12345)
        places.command_file().chmod(0o600)
        assert places.read_command() == []


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_a_file_system_that_keeps_nothing_from_others_is_refused(home, monkeypatch):
    # As on FAT: whatever is asked for, everybody may read it.
    opened = os.open
    monkeypatch.setattr(os, "open", lambda path, flags, _mode=0: opened(path, flags, 0o666))
    with pytest.raises(OSError, match="cannot keep it from others"):
        places.write_server_file(places.ServerAddress("http://127.0.0.1:4", "token"))
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"\xff\xfe", b'{"address": 3}', b'["a", 1]'])
def test_damaged_files_count_as_none(home, damage):
    home.mkdir()
    places.server_file().write_bytes(damage)
    places.command_file().write_bytes(damage)
    assert places.read_server_file() is None
    assert places.read_command() == []


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX pipes")
def test_a_pipe_keeps_nobody_waiting(home):
    home.mkdir()
    os.mkfifo(places.server_file(), 0o600)
    os.mkfifo(places.command_file(), 0o600)
    read = []
    reader = threading.Thread(
        target=lambda: read.extend((places.read_server_file(), places.read_command())), daemon=True
    )
    reader.start()
    reader.join(10)
    assert read == [None, []]


def test_no_files_at_all():
    assert places.read_server_file() is None
    assert places.read_command() == []
