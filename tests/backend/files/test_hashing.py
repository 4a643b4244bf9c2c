"""Hashes of files, also while they are copied, and whose fault it is when that does not work."""

import errno
import hashlib
from pathlib import Path

import pytest

from layerpeel.backend.files.hashing import OriginalError, copy_and_hash, hash_file

CONTENT = bytes(range(256)) * 10_000  # three pieces
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def original(tmp_path):
    file = tmp_path / "original"
    file.write_bytes(CONTENT)
    return file


def test_hashed_and_copied_with_every_byte_counted(tmp_path, original):
    hashed, copied = [], []
    assert hash_file(original, hashed.append) == SHA256
    (tmp_path / "copy").write_bytes(CONTENT * 2)
    assert copy_and_hash(original, tmp_path / "copy", copied.append) == SHA256
    assert (tmp_path / "copy").read_bytes() == CONTENT
    assert sum(hashed) == sum(copied) == len(CONTENT)
    assert len(copied) > 1


def test_empty_file(tmp_path):
    (tmp_path / "empty").touch()
    digest = copy_and_hash(tmp_path / "empty", tmp_path / "copy")
    assert digest == hash_file(tmp_path / "copy") == hashlib.sha256().hexdigest()


def test_listener_cancels(tmp_path, original):
    def cancel(_number_of_bytes):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_and_hash(original, tmp_path / "copy", cancel)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_full_disk_is_the_fault_of_the_copy(original):
    with pytest.raises(OSError, match="No space") as caught:
        copy_and_hash(original, Path("/dev/full"))
    assert caught.value.errno == errno.ENOSPC


@pytest.mark.parametrize("name", ["missing", "folder"])
def test_original_that_cannot_be_read(tmp_path, name):
    (tmp_path / "folder").mkdir()
    with pytest.raises(OriginalError, match=f"{name} cannot be read: (No such|Is a directory)"):
        copy_and_hash(tmp_path / name, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_original_that_changes_meanwhile(tmp_path, original):
    def shorten(_number_of_bytes):
        original.write_bytes(b"")

    with pytest.raises(OriginalError, match="original changed while it was copied"):
        copy_and_hash(original, tmp_path / "copy", shorten)
