"""Where Pythons are looked for. Windows and macOS are told here by their documents alone."""

import json
import subprocess
import sys

import pytest

from layerpeel.plugin.setup.python_facts import ASK_IT, UsablePython, judge
from layerpeel.plugin.setup.systems import LINUX, MACOS, WINDOWS, pythons_to_try, this_system

ON_WINDOWS = {"LOCALAPPDATA": r"C:\Users\é\AppData\Local", "ProgramFiles": r"C:\Program Files"}


def told(**changes):
    facts = {"path": "/usr/bin/python3.12", "version": [3, 12, 4], "lacks": [], "bits": 64}
    return json.dumps({**facts, "system": "linux", "machine": "x86_64", **changes})


def test_windows_asks_the_launcher_first_and_no_name_that_may_install_one():
    commands = pythons_to_try(WINDOWS, ON_WINDOWS)
    assert commands[0] == ["py", "-3.13"]
    assert [r"C:\Users\é\AppData\Local\Programs\Python\Python311\python.exe"] in commands
    assert [r"C:\Program Files\Python312\python.exe"] in commands
    assert commands[-1] == ["python3.11.exe"]
    assert not {"python.exe", "python3.exe"} & {command[0] for command in commands}


def test_windows_without_its_variables_still_asks_the_launcher():
    assert ["py", "-3.11"] in pythons_to_try(WINDOWS, {})


def test_macos_asks_frameworks_and_homebrew_but_never_apples_placeholder():
    commands = pythons_to_try(MACOS, {})
    framework = "/Library/Frameworks/Python.framework/Versions/3.11/bin/python3.11"
    assert [framework] in commands
    assert ["/opt/homebrew/bin/python3.13"] in commands
    assert ["/usr/local/bin/python3.12"] in commands
    assert not any(command[0].startswith("/usr/bin") for command in commands)


def test_linux_asks_the_path_before_the_usual_folders():
    commands = pythons_to_try(LINUX, {})
    assert commands[0] == ["python3.13"]
    assert commands.index(["python3"]) < commands.index(["/usr/bin/python3"])


@pytest.mark.parametrize("system", [LINUX, WINDOWS, MACOS])
def test_every_version_that_can_be_used_is_asked_for(system):
    words = " ".join(word for command in pythons_to_try(system, ON_WINDOWS) for word in command)
    for minor in (11, 12, 13, 14):
        assert f"3.{minor}" in words
    assert "Python" in system.where_from or "python3" in system.where_from


def test_this_python_can_be_used():
    asked = subprocess.run(
        [sys.executable, "-I", "-c", ASK_IT], capture_output=True, text=True, check=True
    )
    python = judge(asked.stdout)
    assert isinstance(python, UsablePython)
    assert python.version == ".".join(map(str, sys.version_info[:3]))
    assert this_system().programs in ("bin", "Scripts")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"version": [3, 9, 2]}, "3.9.2 (/usr/bin/python3.12) is too old"),
        ({"version": [3, 15, 0]}, "newer than what"),
        ({"bits": 32}, "32 bits"),
        ({"path": r"/c\WindowsApps\Python.3.13\python.exe"}, "Microsoft Store"),
        ({"lacks": ["ensurepip"]}, "“ensurepip”, which python3-venv brings"),
        ({"system": "win32", "machine": "ARM64"}, "x64"),
    ],
)
def test_a_python_that_cannot_be_used_is_told_why(changes, why):
    refused = judge(told(**changes))
    assert why in refused.why.format(python=refused.python, part=refused.part)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "Python was not found; run without arguments …",
        "{}",
        "[]",
        told(path=""),
        told(path="python3"),
        "1",
    ],
)
def test_what_is_no_python_is_not_told_of(answer):
    assert judge(answer) is None


def test_python_of_windows_on_arm_that_is_for_x64_is_taken():
    assert isinstance(judge(told(system="win32", machine="AMD64")), UsablePython)
