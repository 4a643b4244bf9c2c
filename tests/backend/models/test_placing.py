"""Putting folders in place of others, and what is left when that breaks off."""

import pytest

from layerpeel.backend.models.placing import put_folder_in_place


def folder(path, content):
    path.mkdir()
    (path / "model.safetensors").write_text(content, encoding="utf-8")
    return path


def content_of(path):
    return (path / "model.safetensors").read_text(encoding="utf-8")


def test_new_folder_takes_the_place_of_the_old(tmp_path):
    path = folder(tmp_path / "sam", "old")
    folder(tmp_path / "sam.replaced", "older")
    put_folder_in_place(folder(tmp_path / "sam.part", "new"), path)
    assert content_of(path) == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_old_folder_stays_when_the_new_cannot_come(tmp_path):
    path = folder(tmp_path / "sam", "old")
    with pytest.raises(FileNotFoundError):
        put_folder_in_place(tmp_path / "sam.part", path)
    assert content_of(path) == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_folder_that_an_ended_process_left_aside_is_not_lost(tmp_path):
    path = tmp_path / "sam"
    folder(tmp_path / "sam.replaced", "old")
    with pytest.raises(FileNotFoundError):
        put_folder_in_place(tmp_path / "sam.part", path)
    assert content_of(path) == "old"
    put_folder_in_place(folder(tmp_path / "sam.part", "new"), path)
    assert content_of(path) == "new"
    assert list(tmp_path.iterdir()) == [path]
