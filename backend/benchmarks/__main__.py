"""`python -m layerpeel.backend.benchmarks --art FOLDER`: quality, speed and memory."""

import argparse
import sys
from pathlib import Path

from layerpeel.backend.benchmarks.machine import machine_facts
from layerpeel.backend.benchmarks.quality import measure_quality
from layerpeel.backend.benchmarks.report import quality_lines, speed_lines
from layerpeel.backend.benchmarks.speed import measure_speed
from layerpeel.backend.errors import LayerpeelError


def main() -> int:
    """Measure, print, and give the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--art", type=Path, default=Path("tests/art"), help="holds fg/ and bg/")
    parser.add_argument("--count", type=int, default=24, help="composites for quality")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()

    def say(words: str) -> None:
        print(words, file=sys.stderr, flush=True)

    try:
        print("\n".join(f"{name}: {fact}" for name, fact in machine_facts().items()), "\n")
        print("\n".join(quality_lines(measure_quality(given.art, given.count, given.seed, say))))
        print()
        print("\n".join(speed_lines(measure_speed(given.art, given.seed, say))))
    except LayerpeelError as error:
        say(f"layerpeel: {error}")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
