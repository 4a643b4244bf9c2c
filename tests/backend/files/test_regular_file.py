"""What is no file is refused at once, and never waited for."""

import os
import socket

import pytest

from layerpeel.backend.files.regular_file import open_regular, read_regular


def test_a_file_is_read_and_so_is_what_a_link_leads_to(tmp_path):
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to("file")
    assert read_regular(tmp_path / "link") == b"content"
    with open_regular(tmp_path / "file", buffering=0) as file:
        assert file.read(3) == b"con"


@pytest.mark.skipif(os.name != "posix", reason="pipes and devices of POSIX")
def test_what_is_no_file_is_refused(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        monkeypatch.chdir(tmp_path)
        listener.bind("socket")
        (tmp_path / "zero").symlink_to("/dev/zero")
        for name, error in [
            ("pipe", OSError),
            ("socket", OSError),
            ("zero", OSError),
            (".", IsADirectoryError),
            ("nothing", FileNotFoundError),
        ]:
            with pytest.raises(error):
                read_regular(tmp_path / name)
