"""`make fuzz`: every reader of bytes, and every call of a real server, each for ten minutes.

Seeded. Prints how much was tried, and fails when anything broke: then what broke it is printed too.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from hypothesis import HealthCheck, given, settings
from hypothesis import seed as seeded

from fuzzing.calls import KnownIds, calls_of, try_call
from fuzzing.targets import TARGETS
from running_backend import RunningBackend

ONE_TARGET = Path(__file__).with_name("one_target.py")
TRIED_AT_ONCE = 50


def fuzz_reader(name: str, seconds: int, seed: int) -> tuple[int, str]:
    """Fuzz one reader in a process of its own; return how many inputs it took, and what broke."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(ONE_TARGET), name, str(seconds), str(seed)]
        ended = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, errors="replace", check=False
        )
    said = ended.stderr + ended.stdout
    return _inputs_in(said), said[-4000:] if ended.returncode else ""


def _inputs_in(said: str) -> int:
    numbers = [line.split()[-1] for line in said.splitlines() if "executed_units" in line]
    return int((numbers or said.split()[-1:] or ["0"])[-1])


def fuzz_calls(seconds: int, seed: int) -> tuple[Counter[int], list[str]]:
    """Fuzz a real server; return how many answers had which status, and what broke."""
    answers: Counter[int] = Counter()
    broken: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        backend = RunningBackend(Path(folder) / "home")
        try:
            known, end = KnownIds(backend), time.monotonic() + seconds
            strategies = calls_of(backend)
            while time.monotonic() < end and not broken:
                for name, cases in strategies.items():
                    _try_each(name, cases, backend, known, seed, answers, broken)
                seed += 1
            if "Traceback" in backend.log():
                broken.append(backend.log()[-4000:])
        finally:
            backend.process.kill()
            backend.process.communicate()
    return answers, broken


def _try_each(name, cases, backend, known, seed, answers, broken) -> None:
    quiet = settings(
        max_examples=TRIED_AT_ONCE,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )

    def one(case) -> None:
        answers[try_call(case, backend, known)] += 1

    try:
        seeded(seed)(quiet(given(cases)(one)))()
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        broken.append(f"{name}: {error!r}")


def main() -> int:
    """Fuzz all, or what is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=600, help="for each")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("only", nargs="*", default=["calls", *TARGETS])
    given_words = parser.parse_args()
    worst = 0
    for name in given_words.only:
        if name == "calls":
            answers, broken = fuzz_calls(given_words.seconds, given_words.seed)
            by_status = ", ".join(
                f"{status}: {count:,}" for status, count in sorted(answers.items())
            )
            print(f"calls: {answers.total():,} ({by_status})", flush=True)
        else:
            tried, what = fuzz_reader(name, given_words.seconds, given_words.seed)
            broken = [what] if what else []
            print(f"{name}: {tried:,}", flush=True)
        for each in broken:
            worst = 1
            print(each, file=sys.stderr)
    return worst


if __name__ == "__main__":
    sys.exit(main())
