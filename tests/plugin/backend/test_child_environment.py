"""What a program that the plugin starts is told, and what it is not."""

import os
from pathlib import Path

import pytest

from layerpeel.plugin.backend.child_environment import child_environment, without_folder
from layerpeel.plugin.backend.native_words import path_for_python, word_for_qt


def test_proxies_and_folders_go_through_and_krita_s_python_does_not(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("LAYERPEEL_HOME", "/höme")
    monkeypatch.setenv("PYTHONPATH", "/usr/lib/krita-python-libs")
    monkeypatch.setenv("PYTHONHOME", "/krita")
    told = child_environment({"MORE": "1"})
    assert told.value("HTTPS_PROXY") == "http://proxy.example:3128"
    assert told.value("LAYERPEEL_HOME") == "/höme"
    assert told.value("MORE") == "1"
    assert not told.contains("PYTHONPATH")
    assert not told.contains("PYTHONHOME")


@pytest.mark.skipif(os.name != "posix", reason="AppImages are for Linux")
def test_libraries_and_programs_of_an_appimage_stay_its_own(monkeypatch):
    monkeypatch.setenv("APPDIR", "/mnt/krita")
    monkeypatch.setenv("PATH", "/mnt/krita/usr/bin:/usr/bin")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/mnt/krita/usr/lib:/opt/mine")
    told = child_environment()
    assert told.value("PATH") == "/usr/bin"
    assert told.value("LD_LIBRARY_PATH") == "/opt/mine"


def test_only_what_lies_in_the_folder_is_left_out():
    paths = os.pathsep.join(["/a/krita", "/a/krita/bin", "/a/krita-more", "", "/b"])
    assert without_folder(paths, Path("/a/krita")) == os.pathsep.join(["/a/krita-more", "/b"])


@pytest.mark.parametrize("word", ["/höme/x", os.fsdecode("/höme/x".encode())])
def test_letters_arrive_whichever_way_they_came(word):
    assert word_for_qt(word) == "/höme/x"
    assert path_for_python(word) == Path(os.fsdecode("/höme/x".encode()))
    assert word_for_qt("/h\udcc3\udcb6me/x") == "/höme/x"
