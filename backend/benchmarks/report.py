"""Output of `make bench`: our figures, the classical chain's, their ratio, and the aim."""

import math
import statistics
from collections.abc import Callable
from dataclasses import asdict

from layerpeel.backend.benchmarks.quality import PictureComparison
from layerpeel.backend.benchmarks.speed import Run, Speed, median_of
from layerpeel.backend.evaluation.figures import EXACT
from layerpeel.backend.evaluation.summary import (
    known_pairs,
    mean_of,
    median_ratio,
    ratio_of,
    times_worse,
)

# Aims: for the median of per-picture ratios; for our own medians.
RATIO_AIMS = {"Bvis_mad": 0.9}
TEXTURE_AIM = (0.6, 1.4)
SECONDS_AIM = 12.0

# How many pictures are named whose visible background is worse than the chain's.
MOST_NAMED = 5

QUALITY_HEADER = (
    f"{'':<12}{'median':>20}{'mean':>20}{'per picture':>18}\n"
    f"{'figure':<12}{'ours':>10}{'chain':>10}{'ours':>10}{'chain':>10}"
    f"{'ratio':>10}{'worse':>8}  aim"
)
SPEED_HEADER = f"{'figure':<12}{'ours':>10}{'chain':>10}{'ratio':>10}  aim"


def quality_lines(results: list[PictureComparison], size: int) -> list[str]:
    """Return one line per figure: medians, means, median of per-picture ratios, and the aim.

    `worse` counts the pictures in which ours is larger, which is no fault for texture.
    """
    lines = [f"Quality, {len(results)} composites at {size}², the same trimap for both"]
    lines.append(QUALITY_HEADER)
    for name in results[0].ours:
        pairs = known_pairs(
            [result.ours[name] for result in results], [result.chain[name] for result in results]
        )
        if not pairs:
            continue
        ours, chain = ([pair[side] for pair in pairs] for side in (0, 1))
        ratio = median_ratio(pairs)
        numbers = (statistics.median(ours), statistics.median(chain), mean_of(ours), mean_of(chain))
        cells = "".join(f"{number:>10.3f}" for number in numbers)
        worse = f"{times_worse(pairs)}/{len(pairs)}"
        lines.append(f"{name:<12}{cells}{ratio:>10.2f}{worse:>8}{_aim(name, ours, ratio)}")
    return lines + _named_worse(results)


def _aim(name: str, ours: list[float], ratio: float) -> str:
    if name in RATIO_AIMS:
        return f"  ratio ≤ {RATIO_AIMS[name]}: {_met(ratio <= RATIO_AIMS[name])}"
    if name == "texture":
        low, high = TEXTURE_AIM
        return f"  {low}–{high}: {_met(low <= statistics.median(ours) <= high)}"
    if name == EXACT:
        return f"  0 in every picture: {_met(max(ours) == 0)}"
    return ""


def _named_worse(results: list[PictureComparison]) -> list[str]:
    """Name the pictures whose visible background is worse than the chain's, worst first."""
    figure = "Bvis_mad"
    ratios = [(ratio_of(r.ours[figure], r.chain[figure]), r) for r in results]
    worse = sorted((pair for pair in ratios if pair[0] > 1), key=lambda pair: -pair[0])
    lines = [f"  {ratio:.2f} × {result.name}" for ratio, result in worse[:MOST_NAMED]]
    return [f"Worse than the chain in {figure}: {len(worse)} of {len(results)}", *lines]


def speed_lines(speed: Speed) -> list[str]:
    """Return lines with wall time, CPU time and peak memory of whole processes, and our stages."""
    figures: list[tuple[str, Callable[[Run], float]]] = [
        ("seconds", lambda run: run.seconds),
        ("cpu seconds", lambda run: run.cpu_seconds),
        ("peak MiB", lambda run: run.peak_bytes / 2**20),
    ]
    lines = [
        f"Speed, subject at {speed.size}², fresh warm processes, medians of {len(speed.ours)} "
        f"({speed.picture}, {speed.covered:.0%} object)",
        SPEED_HEADER,
    ]
    for name, figure in figures:
        ours, chain = median_of(speed.ours, figure), median_of(speed.chain, figure)
        aim = f"  ≤ {SECONDS_AIM:g}: {_met(ours <= SECONDS_AIM)}" if name == "seconds" else ""
        lines.append(f"{name:<12}{ours:>10.1f}{chain:>10.1f}{ours / chain:>10.2f}{aim}")
    stages = ", ".join(f"{n} {statistics.median(s):.1f} s" for n, s in speed.stages.items())
    return [*lines, f"our stages: {stages}"]


def _met(reached: bool) -> str:
    return "met" if reached else "missed"


def record_of(
    facts: dict[str, str], results: list[PictureComparison], speed: Speed
) -> dict[str, object]:
    """Return every single figure, ready for JSON; missing ones are null."""
    pictures = [
        {"name": result.name, "ours": _for_json(result.ours), "chain": _for_json(result.chain)}
        for result in results
    ]
    return {"run": facts, "quality": pictures, "speed": asdict(speed)}


def _for_json(figures: dict[str, float]) -> dict[str, float | None]:
    return {name: None if math.isnan(value) else value for name, value in figures.items()}
