"""A set-up that stops: in which environment the next one goes on."""

import os

import pytest
from PyQt5.QtCore import QCoreApplication, QEventLoop, QTimer

from layerpeel.plugin.setup.environments import fresh_environment, known_environments
from layerpeel.plugin.setup.payload import Payload
from layerpeel.plugin.setup.setup_run import SetupRun
from layerpeel.plugin.setup.steps import Plan
from layerpeel.plugin.setup.systems import LINUX

pytestmark = pytest.mark.skipif(os.name != "posix", reason="its Python is a shell script")

# Stands for the system's Python, and for that of the environment that it makes.
PYTHON = """#!/bin/sh
case "$*" in
*"-m venv"*)
    for last; do :; done
    mkdir -p "$last/bin" && cp "$0" "$last/bin/python" ;;
*"import pymatting"*)
    {compile} ;;
esac
"""
LONGEST = 60_000  # milliseconds


@pytest.fixture(scope="module", autouse=True)
def application():
    return QCoreApplication.instance() or QCoreApplication([])


@pytest.fixture
def plan(tmp_path, monkeypatch):
    """What is set up: an environment that has no packages, with a Python that is a script."""
    monkeypatch.setenv("LAYERPEEL_HOME", str(tmp_path / "höme"))
    lock = tmp_path / "all.lock"
    lock.write_text("a==1\n", encoding="utf-8")
    environment = fresh_environment("f", "1.0")
    return Plan(
        tmp_path / "python",
        environment.folder,
        environment.python(LINUX),
        tmp_path / "wheels",
        tmp_path / "scrätch",
        Payload(tmp_path / "layerpeel.whl", lock, lock, lock, "1.0", "f"),
        None,
        with_npm=False,
    )


def failure_with(plan, environment, compiling):
    """Run a set-up to its end; return why it has failed. compiling: what that step runs."""
    for python in (plan.base, plan.python):
        if python.parent.is_dir():
            python.write_text(PYTHON.format(compile=compiling), encoding="utf-8")
            python.chmod(0o755)
    return failure_of_run(plan, environment)


def failure_of_run(plan, environment):
    run, loop, ended = SetupRun(plan, environment), QEventLoop(), []
    run.ended.connect(ended.append)
    run.ended.connect(loop.quit)
    QTimer.singleShot(0, run.start)
    QTimer.singleShot(LONGEST, loop.quit)
    loop.exec_()
    (failure,) = ended
    return failure


def test_environment_in_which_going_on_fails_too_is_left(plan):
    broken = "echo 'ImportError: no numba'; exit 1"
    assert "no numba" in failure_with(plan, fresh_environment("f", "1.0"), broken).value
    (unfinished,) = known_environments()
    assert unfinished.done == ("environment", "fetch", "install")
    assert "no numba" in failure_with(plan, unfinished, broken).value
    assert known_environments() == []


def test_its_programs_work_in_its_own_folder(plan, tmp_path):
    told = tmp_path / "told"
    saying = f"printenv TMPDIR TMP TEMP PIP_CACHE_DIR > {told}"
    assert failure_with(plan, fresh_environment("f", "1.0"), saying) is None
    places = [str(plan.temporary)] * 3 + [str(plan.cache)]
    assert told.read_text(encoding="utf-8").splitlines() == places
    assert plan.temporary.is_dir()


def test_environment_is_kept_when_what_it_lacks_is_not_in_it(plan):
    failure_with(plan, fresh_environment("f", "1.0"), "exit 1")
    (unfinished,) = known_environments()
    offline = "echo 'layerpeel: Connection timed out'; exit 1"
    assert "internet" in failure_with(plan, unfinished, offline).text
    assert known_environments() == [unfinished]
    assert failure_with(plan, unfinished, "true") is None


def test_environment_whose_python_cannot_be_started_is_left(plan):
    failure_with(plan, fresh_environment("f", "1.0"), "exit 1")
    (unfinished,) = known_environments()
    plan.python.unlink()
    assert "cannot be started" in failure_of_run(plan, unfinished).text
    assert known_environments() == []
