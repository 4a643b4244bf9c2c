"""Many pictures in few numbers: means, medians, and medians of per-picture ratios.

A single see-through picture can be half of a mean; it is one of many in a median. NaN stands for
what a picture does not have (a hole to judge), and does not count.
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
    """Sum up the values that are not NaN; None when there are none.

    deviation: that of the population, as Table 2 of the paper gives.
    """
    known = [value for value in values if not math.isnan(value)]
    if not known:
        return None
    return Spread(statistics.median(known), mean_of(known), statistics.pstdev(known), len(known))


def mean_of(values: Sequence[float]) -> float:
    """The mean of at least one value."""
    return math.fsum(values) / len(values)


def known_pairs(ours: Sequence[float], theirs: Sequence[float]) -> list[tuple[float, float]]:
    """Pair two methods' values picture by picture, where both can be told."""
    pairs = zip(ours, theirs, strict=True)
    return [pair for pair in pairs if not any(math.isnan(value) for value in pair)]


def ratio_of(ours: float, theirs: float) -> float:
    """Ours over theirs; NaN where both are 0, so that there is nothing to compare."""
    if math.isnan(ours) or math.isnan(theirs) or (ours == 0 and theirs == 0):
        return math.nan
    return ours / theirs if theirs > 0 else math.inf


def median_ratio(pairs: Sequence[tuple[float, float]]) -> float:
    """The median of per-picture ratios; NaN when no picture has one."""
    ratios = [ratio for pair in pairs if not math.isnan(ratio := ratio_of(*pair))]
    return statistics.median(ratios) if ratios else math.nan


def times_worse(pairs: Sequence[tuple[float, float]]) -> int:
    """In how many pictures the first is larger."""
    return sum(ours > theirs for ours, theirs in pairs)
