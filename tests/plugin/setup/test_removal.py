"""Removing what set-up has installed, and nothing else."""

import os

import pytest

from layerpeel.plugin.setup.removal import remove_in_turns


def remove(*folders):
    turns = remove_in_turns(list(folders))
    while True:
        try:
            next(turns)
        except StopIteration as end:
            return end.value


def filled(folder):
    (folder / "deep" / "deeper").mkdir(parents=True)
    (folder / "deep" / "file").write_text("x", encoding="utf-8")
    return folder


def test_folders_go_with_all_that_is_in_them(tmp_path):
    gone, kept = filled(tmp_path / "gone"), filled(tmp_path / "kept")
    assert remove(gone, tmp_path / "none") == []
    assert not gone.exists()
    assert (kept / "deep" / "file").exists()


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
def test_links_go_and_what_they_lead_to_stays(tmp_path):
    kept, folder = filled(tmp_path / "kept"), filled(tmp_path / "folder")
    (folder / "inside").symlink_to(kept)
    link = tmp_path / "link"
    link.symlink_to(kept)
    assert remove(folder, link) == []
    assert not folder.exists()
    assert not link.is_symlink()
    assert (kept / "deep" / "file").exists()
