"""The table that `make bench` prints: ours, the classical chain, their ratio, and the aim."""

import math
import statistics
from collections.abc import Callable

from layerpeel.backend.benchmarks.quality import PictureFigures
from layerpeel.backend.benchmarks.speed import Run, Speed, median_of

# What is to be reached: on the median of per-picture ratios, or on our own median.
RATIO_AIMS = {"Bvis_mad": 0.9}
TEXTURE_AIM = (0.6, 1.4)
SECONDS_AIM = 12.0
HEADER = f"{'figure':<14}{'ours':>10}{'chain':>10}{'ratio':>10}  aim"


def quality_lines(results: list[PictureFigures]) -> list[str]:
    """One line a figure: both medians, the median of per-picture ratios, and whether it is met."""
    lines = [f"Quality, {len(results)} composites at 512² (medians)", HEADER]
    for name in results[0].ours:
        pairs = [(r.ours[name], r.chain[name]) for r in results]
        known = [(a, b) for a, b in pairs if not (math.isnan(a) or math.isnan(b))]
        if not known:
            continue
        ours, chain = (statistics.median(side) for side in zip(*known, strict=True))
        ratios = [a / b for a, b in known if b > 0]
        ratio = statistics.median(ratios) if ratios else math.nan
        lines.append(
            f"{name:<14}{ours:>10.3f}{chain:>10.3f}{ratio:>10.2f}{_aim(name, ours, ratio)}"
        )
    return lines


def _aim(name: str, ours: float, ratio: float) -> str:
    if name in RATIO_AIMS:
        return f"  ratio ≤ {RATIO_AIMS[name]}: {_met(ratio <= RATIO_AIMS[name])}"
    if name == "texture":
        low, high = TEXTURE_AIM
        return f"  {low}–{high}: {_met(low <= ours <= high)}"
    if name == "rec_pixels":
        return f"  0: {_met(ours == 0)}"
    return ""


def speed_lines(speed: Speed) -> list[str]:
    """Wall seconds, processor seconds and peak memory of whole processes, and our stages."""
    figures: list[tuple[str, Callable[[Run], float]]] = [
        ("seconds", lambda run: run.seconds),
        ("cpu seconds", lambda run: run.cpu_seconds),
        ("peak MiB", lambda run: run.peak_bytes / 2**20),
    ]
    lines = [
        f"Speed, subject at {speed.size}², fresh warm processes ({speed.covered:.0%} object)",
        HEADER,
    ]
    for name, figure in figures:
        ours, chain = median_of(speed.ours, figure), median_of(speed.chain, figure)
        aim = f"  ≤ {SECONDS_AIM:g}: {_met(ours <= SECONDS_AIM)}" if name == "seconds" else ""
        lines.append(f"{name:<14}{ours:>10.1f}{chain:>10.1f}{ours / chain:>10.2f}{aim}")
    stages = ", ".join(f"{n} {statistics.median(s):.1f} s" for n, s in speed.stages.items())
    return [*lines, f"stages: {stages}"]


def _met(reached: bool) -> str:
    return "met" if reached else "missed"
