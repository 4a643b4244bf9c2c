"""New files forced to disk, what is removed, and which folders cannot be synced."""

import errno
import os

import pytest

from layerpeel.backend.files.disk import (
    force_entries_to_disk,
    is_there,
    remove,
    temporary_name,
    write_new_file,
)


def test_new_file_is_on_the_disk(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_size))
    write_new_file(tmp_path / "a", b"words")
    assert (tmp_path / "a").read_bytes() == b"words"
    assert synced == [5]


def test_file_that_exists_stays(tmp_path):
    (tmp_path / "a").write_bytes(b"dear")
    with pytest.raises(FileExistsError):
        write_new_file(tmp_path / "a", b"words")
    assert (tmp_path / "a").read_bytes() == b"dear"


def test_full_disk_leaves_no_piece_of_a_new_file(tmp_path, small_disk):
    with small_disk(100_000), pytest.raises(OSError, match="too large"):
        write_new_file(tmp_path / "a", bytes(300_000))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.EIO, "broken")])
def test_interruption_leaves_no_new_file(tmp_path, monkeypatch, error):
    def fail(_descriptor):
        raise error

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(type(error)):
        write_new_file(tmp_path / "a", b"words")
    assert not list(tmp_path.iterdir())


def test_links_are_removed_and_not_what_they_lead_to(tmp_path):
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "a").write_bytes(b"dear")
    for leads_to in (kept, kept / "a", kept / "missing"):
        (tmp_path / "link").symlink_to(leads_to)
        assert is_there(tmp_path / "link")
        remove(tmp_path / "link")
        assert not is_there(tmp_path / "link")
    assert (kept / "a").read_bytes() == b"dear"
    remove(kept)
    remove(kept)
    assert not is_there(kept)


@pytest.mark.parametrize(
    ("number", "is_raised"), [(errno.EINVAL, False), (errno.ENOTSUP, False), (errno.ENOSPC, True)]
)
def test_folders_that_cannot_be_synced_are_no_failure(tmp_path, monkeypatch, number, is_raised):
    def fail(_descriptor):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    if is_raised:
        with pytest.raises(OSError, match="No space"):
            force_entries_to_disk(tmp_path)
    else:
        force_entries_to_disk(tmp_path)


def test_temporary_names_differ_and_lie_beside(tmp_path):
    names = {temporary_name(tmp_path / "a.ora") for _ in range(10)}
    assert len(names) == 10
    assert {name.parent for name in names} == {tmp_path}
    assert all(name.name.startswith(".a.ora.") for name in names)
