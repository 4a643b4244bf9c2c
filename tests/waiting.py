"""Waiting for what other processes do."""

import os
import time
from pathlib import Path

import pytest

PATIENCE = 60


def wait_for(look, patience=PATIENCE):
    """Look again and again until there is something to see, and return that."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if seen := look():
            return seen
        time.sleep(0.02)
    pytest.fail("It never came.")


def has_ended(process):
    """Whether a process, by its id, has ended; one that nobody has waited for yet has."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    status = Path(f"/proc/{process}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z"
