"""Files that appear whole or not at all: interrupted, on a full disk, over links and folders."""

import os
import stat
from pathlib import Path

import pytest

from layerpeel.backend.files.atomic_file import atomic_file, replace_file, write_atomically


def names_in(folder):
    return sorted(entry.name for entry in folder.iterdir())


@pytest.fixture
def order(monkeypatch):
    """What is done in which order: what is synced, and renames."""
    done = []

    def note(descriptor):
        done.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")

    rename = Path.replace
    monkeypatch.setattr(os, "fsync", note)
    monkeypatch.setattr(Path, "replace", lambda a, b: done.append("rename") or rename(a, b))
    return done


@pytest.mark.parametrize("old", [None, b"old and longer than what comes"])
def test_written_whole(tmp_path, old):
    target = tmp_path / "a"
    if old is not None:
        target.write_bytes(old)
    write_atomically(target, b"new")
    assert target.read_bytes() == b"new"
    assert names_in(tmp_path) == ["a"]


def test_content_is_on_the_disk_before_its_name_and_the_name_after(tmp_path, order):
    write_atomically(tmp_path / "a", b"new")
    (tmp_path / "part").write_bytes(b"newer")
    replace_file(tmp_path / "part", tmp_path / "a")
    assert order == ["file", "rename", "folder"] * 2
    assert (tmp_path / "a").read_bytes() == b"newer"


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, OSError])
@pytest.mark.parametrize("during", ["block", "check"])
def test_whatever_is_raised_leaves_the_old_file(tmp_path, error, during):
    (tmp_path / "a").write_bytes(b"old")

    def fail():
        raise error

    def write():
        with atomic_file(tmp_path / "a", fail) as file:
            file.write(b"new")
            if during == "block":
                fail()

    with pytest.raises(error):
        write()
    assert (tmp_path / "a").read_bytes() == b"old"
    assert names_in(tmp_path) == ["a"]


def test_check_comes_when_all_is_written(tmp_path):
    def check():
        (part,) = tmp_path.iterdir()
        assert part.read_bytes() == b"new"

    with atomic_file(tmp_path / "a", check) as file:
        file.write(b"new")


def test_full_disk_leaves_the_old_file(tmp_path, small_disk):
    (tmp_path / "a").write_bytes(b"old")
    with small_disk(100_000), pytest.raises(OSError, match="too large"):
        write_atomically(tmp_path / "a", bytes(300_000))
    assert (tmp_path / "a").read_bytes() == b"old"
    assert names_in(tmp_path) == ["a"]


@pytest.mark.parametrize("moment", ["fsync", "replace"])
def test_killed_process_leaves_the_old_file(tmp_path, run_until_it_ends, moment):
    (tmp_path / "a").write_bytes(b"old")
    run_until_it_ends(
        "from layerpeel.backend.files.atomic_file import write_atomically\n"
        f"{'os.fsync' if moment == 'fsync' else 'Path.replace'} = die\n"
        "write_atomically(Path('a'), b'new')\n"
    )
    assert (tmp_path / "a").read_bytes() == b"old"
    write_atomically(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"


def test_link_is_replaced_and_not_what_it_leads_to(tmp_path):
    (tmp_path / "real").write_bytes(b"dear")
    for leads_to in ("real", "missing"):
        (tmp_path / "a").unlink(missing_ok=True)
        (tmp_path / "a").symlink_to(tmp_path / leads_to)
        write_atomically(tmp_path / "a", b"new")
        assert not (tmp_path / "a").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"dear"
    assert names_in(tmp_path) == ["a", "real"]


def test_folder_of_that_name_stays(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(IsADirectoryError):
        write_atomically(tmp_path / "a", b"new")
    assert names_in(tmp_path) == ["a"]


def test_no_folder_to_write_into(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "missing" / "a", b"new")


def test_finished_file_that_is_missing_leaves_the_old_one(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(FileNotFoundError):
        replace_file(tmp_path / "part", tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"old"
