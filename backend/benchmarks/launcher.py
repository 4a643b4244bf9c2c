"""Runs one command, and writes its times and its peak memory as JSON.

`python -m layerpeel.backend.benchmarks.launcher REPORT COMMAND…`. It is a small process of its own,
as on Linux a process inherits the peak memory of its parent, and that of the benchmark is large.
"""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path


def main() -> int:
    """Run the command, and return its exit code."""
    report, *command = sys.argv[1:]
    start = time.perf_counter()
    code = subprocess.run(command, check=False).returncode  # noqa: S603 - the benchmark's own words
    seconds = time.perf_counter() - start
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    figures = {
        "seconds": seconds,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        # macOS counts bytes, everything else KiB.
        "peak_bytes": usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
    }
    Path(report).write_text(json.dumps(figures), encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main())
