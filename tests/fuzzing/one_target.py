"""Fuzzes one reader until the time is over, or something breaks: `one_target.py NAME SECONDS SEED`.

By atheris, which sees the branches that bytes reach, where that is installed; else by Hypothesis.
The last line is the number of inputs tried. Exits with another code than 0 when something broke;
what broke it is then printed, and lies in the folder where this was started.
"""

import sys
import time
from importlib.util import find_spec
from pathlib import Path

SLOWEST = 20  # seconds for one input
MOST_MEMORY = 3000  # MB
TRIED_AT_ONCE = 2000


def main() -> None:
    """Fuzz the target that the command line names."""
    name, seconds, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    sys.path.insert(0, str(Path(__file__).parents[1]))
    if find_spec("atheris") is not None:
        by_atheris(name, seconds, seed)
    else:
        by_hypothesis(name, seconds, seed)


def by_atheris(name: str, seconds: int, seed: int) -> None:
    """Fuzz, led by which branches were reached. Does not return."""
    import atheris

    with atheris.instrument_imports(include=["layerpeel", "tifffile"]):
        from fuzzing.targets import TARGETS
    target = TARGETS[name]
    corpus = Path("corpus")
    corpus.mkdir()
    for number, each in enumerate(target.seeds):
        (corpus / str(number)).write_bytes(each)
    options = {
        "max_total_time": seconds,
        "seed": seed,
        "timeout": SLOWEST,
        "rss_limit_mb": MOST_MEMORY,
        "max_len": 2 * max(map(len, target.seeds)),
        "print_final_stats": 1,
        "verbosity": 0,
    }
    words = [f"-{option}={value}" for option, value in options.items()]
    atheris.Setup([sys.argv[0], *words, str(corpus)], lambda data: target.read(bytes(data)))
    atheris.Fuzz()


def by_hypothesis(name: str, seconds: int, seed: int) -> None:
    """Fuzz by random changes."""
    from hypothesis import HealthCheck, given, settings
    from hypothesis import seed as seeded

    from fuzzing.mutations import nearly
    from fuzzing.targets import TARGETS

    target = TARGETS[name]
    quiet = settings(
        max_examples=TRIED_AT_ONCE,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    end, tried = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        seeded(seed + tried)(quiet(given(nearly(target.seeds))(target.read)))()
        tried += TRIED_AT_ONCE
    print(tried)


if __name__ == "__main__":
    main()
