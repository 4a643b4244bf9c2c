"""Disks that are full and processes that end at the worst moment, as they really are."""

import subprocess
import sys
from contextlib import contextmanager

import pytest


@pytest.fixture
def small_disk():
    """Let no file of this process grow beyond so many bytes; the system then refuses to write."""

    resource = pytest.importorskip("resource", reason="needs a limit that only Unix has")

    @contextmanager
    def limit(size):
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return limit


@pytest.fixture
def run_until_it_ends(tmp_path):
    """Run lines of Python in a process of their own, which ends itself by `die()`, uncaught."""

    def run(lines):
        start = "import os, signal\nfrom pathlib import Path\n"
        start += "def die(*_): os.kill(os.getpid(), signal.SIGKILL)\n"
        ended = subprocess.run(
            [sys.executable, "-c", start + lines], cwd=tmp_path, check=False, timeout=60
        )
        assert ended.returncode == -9

    return run
