"""The command `layerpeel` begins here: Ctrl-C ends it in one line, before anything is loaded."""

import os
import signal
import sys
from types import FrameType

STOPPED = "Stopped. Nothing that is half done was put in place."
STOPPED_CODE = 130


def run() -> None:
    """Run the command line; an error ends it with one line and an exit code (README)."""
    signal.signal(signal.SIGINT, leave)
    # Loading what commands are made of takes up to a second.
    from layerpeel.backend.cli.commands import run_commands

    run_commands(leave)


def leave(_signal: int = signal.SIGINT, _frame: FrameType | None = None) -> None:
    """End at once. While libraries load, an exception would be reported as one of theirs."""
    print(f"layerpeel: {STOPPED}", file=sys.stderr, flush=True)
    os._exit(STOPPED_CODE)
