"""`layerpeel serve` by a clock that is wrong by as many seconds as the file `clock` says.

The file lies beside the folder LAYERPEEL_HOME. The worker imports this too, and minds it as well.
"""

import os
import time
from pathlib import Path

_CLOCK = Path(os.environ["LAYERPEEL_HOME"]).with_name("clock")
_seconds, _nanoseconds = time.time, time.time_ns


def _wrong_by() -> float:
    try:
        return float(_CLOCK.read_text())
    except (OSError, ValueError):
        return 0.0  # It is being written.


time.time = lambda: _seconds() + _wrong_by()
time.time_ns = lambda: _nanoseconds() + int(_wrong_by() * 1e9)

if __name__ == "__main__":
    from layerpeel.backend.cli.main import run

    run()
