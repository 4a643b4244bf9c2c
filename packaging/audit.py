"""`make audit`: asks pip-audit for known holes in what set-up installs, on every system.

pip-audit looks only at what is installed on its own system and Python. Here every pin of the locks
is asked about, in as many rounds as a package has versions there.
"""

import subprocess
import sys
import tempfile
from collections import defaultdict
from itertools import zip_longest
from pathlib import Path

from locked import Pin, pins_in
from plugin_zip import LOCKS, REPOSITORY

# Strict: a package that could not be asked about is not one without holes.
COMMAND = [sys.executable, "-m", "pip_audit", "--strict", "--disable-pip", "--require-hashes", "-r"]


def rounds_of(pins: list[Pin]) -> list[list[Pin]]:
    """Sort pins into rounds, in each of which a package has one version at most."""
    by_name: dict[str, list[Pin]] = defaultdict(list)
    for pin in pins:
        by_name[pin.name].append(pin)
    columns = zip_longest(*by_name.values())
    return [[pin for pin in column if pin is not None] for column in columns]


def text_of(pins: list[Pin]) -> str:
    """Write pins as requirements that hold on every system."""
    return "".join(
        f"{pin.name}=={pin.version} {' '.join(f'--hash=sha256:{each}' for each in pin.hashes)}\n"
        for pin in pins
    )


def main() -> int:
    """Audit all pins; return 0 only when every one could be asked about, and none has a hole."""
    worst = 0
    pins = [pin for lock in LOCKS for pin in pins_in(REPOSITORY / lock)]
    for part in rounds_of(pins):
        with tempfile.TemporaryDirectory() as folder:
            asked = Path(folder) / "requirements.txt"
            asked.write_text(text_of(part), encoding="utf-8")
            ended = subprocess.run([*COMMAND, str(asked)], check=False)  # noqa: S603  (our own)
        worst = max(worst, abs(ended.returncode))
    return worst


if __name__ == "__main__":
    sys.exit(main())
