"""What a test is told, and how it goes on, when Krita crashes."""

import os
import signal

import pytest
from krita_harness.connection import ConnectionLostError

pytestmark = pytest.mark.krita


def test_crash_is_told_with_its_exit_code_and_krita_starts_again(launch_krita):
    krita = launch_krita()
    os.kill(krita.pid, signal.SIGSEGV)
    with pytest.raises(ConnectionLostError, match=r"Krita ended with -11\. The end of"):
        krita.run("result = 1")
    assert not krita.is_running
    krita.start()
    assert krita.evaluate("1 + 1") == 2
