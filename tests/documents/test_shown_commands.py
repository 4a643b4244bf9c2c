"""What the documents tell to type is understood: commands, options, targets of make, extras."""

import re
import shutil
import subprocess
import sys
import tomllib

import pytest

from documents.shown_commands import (
    OURS,
    REPOSITORY,
    SHOWN,
    command_line,
    is_complete,
    options_named,
)

MAKE = shutil.which("make")

# Options of other programs that the documents show.
OTHERS = {
    "--require-hashes": "pip",
    "--only-binary": "pip",
    "--no-deps": "pip",
    "--ignore-scripts": "npm",
}


def shown_by(program):
    return sorted({shown for shown in SHOWN if shown.words.startswith(program)}, key=repr)


def named(shown):
    return f"{shown.document}: {shown.words}"


@pytest.fixture(scope="module")
def layerpeel_commands():
    return command_line()


def modules_shown():
    return sorted({shown.meant[0][2] for shown in shown_by("python -m")})


@pytest.fixture(scope="module")
def help_of():
    """What `python -m MODULE --help` says, by module."""
    return {
        module: subprocess.run(
            [sys.executable, "-m", module, "--help"], capture_output=True, text=True, check=True
        ).stdout
        for module in modules_shown()
    }


@pytest.mark.parametrize("shown", shown_by(OURS), ids=named)
def test_layerpeel_understands_it(shown, layerpeel_commands):
    for words in shown.meant:
        complete = is_complete(layerpeel_commands, words)
        assert complete or not shown.whole, "something that must be given is left out"


@pytest.mark.parametrize("shown", shown_by("make "), ids=named)
def test_make_has_that_target_and_variable(shown):
    (words,) = shown.meant
    done = subprocess.run(
        [MAKE, "--dry-run", *words[1:]],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    for variable in (word.partition("=")[0] for word in words[1:] if "=" in word):
        assert f"$({variable})" in makefile or f"$(if $({variable})" in makefile


@pytest.mark.torch
@pytest.mark.parametrize("shown", shown_by("python -m"), ids=named)
def test_modules_that_are_run_know_those_options(shown, help_of):
    (words,) = shown.meant
    known = set(re.findall(r"--[a-z][a-z-]*", help_of[words[2]]))
    assert {word for word in words if word.startswith("--")} <= known


def test_extras_that_are_installed_are_there():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lists = [found for shown in SHOWN for found in re.findall(r"layerpeel\[(.+)\]", shown.words)]
    told = {extra for each in lists for extra in each.split(",")}
    assert "full" in told
    assert told <= project["optional-dependencies"].keys()


@pytest.mark.torch
def test_every_option_that_is_spoken_of_is_there(layerpeel_commands, help_of):
    known = {"--help"} | OTHERS.keys()
    known |= {option for text in help_of.values() for option in re.findall(r"--[a-z-]+", text)}
    known |= set(options_of(layerpeel_commands))
    assert {option: where for option, where in options_named().items() if option not in known} == {}


def options_of(command):
    for parameter in command.params:
        yield from parameter.opts
    for each in getattr(command, "commands", {}).values():
        yield from options_of(each)
