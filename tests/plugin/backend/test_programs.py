"""Programs are taken from the PATH alone, and never from the folder that Krita is in."""

import os

import pytest

from layerpeel.plugin.backend.programs import find_program

pytestmark = pytest.mark.skipif(os.name != "posix", reason="programs are told by their rights")


def program_in(folder, name="python3.13"):
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The folder that Krita is in, with a program that came from who knows where."""
    folder = tmp_path / "here"
    program_in(folder)
    program_in(folder / "bin")
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("paths", ["", ".", ":", "bin", "./bin:", "/no/such/folder"])
def test_relative_and_empty_folders_of_the_path_are_not_looked_in(here, monkeypatch, paths):
    monkeypatch.setenv("PATH", paths)
    assert find_program("python3.13") is None


def test_a_path_from_the_folder_krita_is_in_is_no_program(here):
    assert find_program("bin/python3.13") is None
    assert find_program("") is None


def test_the_first_that_can_be_started_is_taken(here, tmp_path, monkeypatch):
    lame, first, second = (program_in(tmp_path / name) for name in ("läme", "first", "second"))
    lame.chmod(0o644)
    folders = ["", ".", *(str(path.parent) for path in (lame, first, second))]
    monkeypatch.setenv("PATH", os.pathsep.join(folders))
    assert find_program("python3.13") == first
    assert find_program(str(second)) == second
    assert find_program(str(lame)) is None
    assert find_program("python3.12") is None


def test_programs_of_an_appimage_stay_its_own(here, tmp_path, monkeypatch):
    program_in(tmp_path / "krita")
    monkeypatch.setenv("APPDIR", str(tmp_path / "krita"))
    monkeypatch.setenv("PATH", str(tmp_path / "krita"))
    assert find_program("python3.13") is None
