"""Time and memory of the command `layerpeel peel` compared with the classical chain.

Each run is a fresh process that reads a PNG, finds the subject and writes its layers. The two take
turns, so that other load on the machine slows down both.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image as PillowImage

from layerpeel.backend.composites.composite import Composite, draw_composites
from layerpeel.backend.errors import LayerpeelError
from layerpeel.backend.image import from_float
from layerpeel.shared.protocol import Depth

SIZE = 1024
RUNS = 3

# Time grows with the hole, so the largest object of this many composites is taken.
DRAWS = 6

Say = Callable[[str], None]


@dataclass(frozen=True)
class Run:
    """One process, measured from its start to its end."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int


@dataclass
class Speed:
    """The runs of both. stages: seconds by name, one for each of our runs.

    covered: the object's share of the picture.
    """

    picture: str
    covered: float
    size: int
    ours: list[Run] = field(default_factory=list)
    chain: list[Run] = field(default_factory=list)
    stages: dict[str, list[float]] = field(default_factory=dict)


def median_of(runs: list[Run], figure: Callable[[Run], float]) -> float:
    """Return the median of one figure over runs."""
    return statistics.median(figure(run) for run in runs)


def measure_speed(art: Path, seed: int, say: Say, size: int = SIZE, runs: int = RUNS) -> Speed:
    """Run both commands `runs` times, after one run each to warm the caches.

    Raises LayerpeelError with the command's own message when one fails.
    """
    composite = _largest(art, seed, size)
    speed = Speed(composite.name, float(composite.alpha.mean()), size)
    with tempfile.TemporaryDirectory(prefix="layerpeel-benchmark-") as name:
        folder = Path(name)
        picture = folder / "picture.png"
        PillowImage.fromarray(from_float(composite.picture, Depth.U8)).save(picture)
        for number in range(runs + 1):
            say(f"Speed, {f'run {number} of {runs}' if number else 'warming up'}: {speed.picture}")
            ours, said = run_measured(_our_command(picture, folder / "layers"), folder)
            chain, _ = run_measured(_chain_command(picture, folder), folder)
            if number:
                speed.ours.append(ours)
                speed.chain.append(chain)
                for stage, seconds in stages_in(said).items():
                    speed.stages.setdefault(stage, []).append(seconds)
    return speed


def stages_in(said: str) -> dict[str, float]:
    """Read seconds by stage from the output of `layerpeel peel --json`.

    Raises LayerpeelError when it is no such record.
    """
    try:
        seconds: dict[str, float] = json.loads(said)["made_with"]["seconds"]
    except (ValueError, KeyError) as error:
        start = (said.strip() or "nothing").splitlines()[0]
        raise LayerpeelError(
            f"The benchmark stops, as `layerpeel peel --json` wrote no record but: {start}"
        ) from error
    return seconds


def _largest(art: Path, seed: int, size: int) -> Composite:
    return max(
        draw_composites(art, DRAWS, seed, size), key=lambda composite: float(composite.alpha.mean())
    )


def _our_command(picture: Path, out: Path) -> list[str]:
    command = Path(sys.executable).with_name("layerpeel")
    return [str(command), "peel", str(picture), "--out", str(out), "--force", "--json"]


def _chain_command(picture: Path, folder: Path) -> list[str]:
    module = "layerpeel.backend.benchmarks.chain"
    return [sys.executable, "-m", module, str(picture), str(folder)]


def run_measured(command: list[str], folder: Path) -> tuple[Run, str]:
    """Run a command through the launcher; return its measurements and its output.

    Raises LayerpeelError with the last line of its error output when it fails.
    """
    report = folder / "run.json"
    launcher = [sys.executable, "-m", "layerpeel.backend.benchmarks.launcher", str(report)]
    ended = subprocess.run(  # noqa: S603 - our own words
        [*launcher, *command], capture_output=True, text=True, encoding="utf-8", check=False
    )
    if ended.returncode != 0:
        complaint = (ended.stderr.strip() or "it said nothing").splitlines()[-1]
        raise LayerpeelError(
            f"The benchmark stops, as {Path(command[0]).name} failed (exit code "
            f"{ended.returncode}): {complaint}"
        )
    return Run(**json.loads(report.read_text(encoding="utf-8"))), ended.stdout
