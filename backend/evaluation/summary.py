"""Statistics over many pictures: means, medians, and medians of per-picture ratios.

A single see-through picture can make up half of a mean, but is one of many in a median. NaN stands
for a figure that a picture does not have (no hole to judge), and is not counted.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """One figure of one method over all pictures that have it."""

    median: float
    mean: float
    deviation: float
    count: int


def spread_of(values: Sequence[float]) -> Spread | None:
    """Summarise the values that are not NaN; None when there are none.

    deviation: of the population, as in Table 2 of the paper.
    """
    known = [value for value in values if not math.isnan(value)]
    if not known:
        return None
    return Spread(statistics.median(known), mean_of(known), statistics.pstdev(known), len(known))


def mean_of(values: Sequence[float]) -> float:
    """Return the mean of at least one value."""
    return math.fsum(values) / len(values)


def known_pairs(ours: Sequence[float], theirs: Sequence[float]) -> list[tuple[float, float]]:
    """Pair two methods' values picture by picture, where both are known."""
    pairs = zip(ours, theirs, strict=True)
    return [pair for pair in pairs if not any(math.isnan(value) for value in pair)]


def ratio_of(ours: float, theirs: float) -> float:
    """Return ours over theirs; NaN where both are 0, as there is nothing to compare."""
    if math.isnan(ours) or math.isnan(theirs) or (ours == 0 and theirs == 0):
        return math.nan
    return ours / theirs if theirs > 0 else math.inf


def median_ratio(pairs: Sequence[tuple[float, float]]) -> float:
    """Return the median of per-picture ratios; NaN when no picture has one."""
    ratios = [ratio for pair in pairs if not math.isnan(ratio := ratio_of(*pair))]
    return statistics.median(ratios) if ratios else math.nan


def times_worse(pairs: Sequence[tuple[float, float]]) -> int:
    """Count the pictures in which the first is larger."""
    return sum(ours > theirs for ours, theirs in pairs)
