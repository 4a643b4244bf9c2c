"""Figures of a matting network on held-out composites."""

from collections.abc import Callable, Sequence

import numpy as np

from layerpeel.backend.composites.art import Art
from layerpeel.backend.composites.composite import Composite, draw_composites
from layerpeel.backend.evaluation.metrics import measure
from layerpeel.backend.evaluation.summary import median_ratio
from layerpeel.backend.separation import Separation

Separate = Callable[[Composite], Separation]
"""A method: from a composite to its layers."""

FIGURES = ("alpha_mad", "F_mad", "pF_mad", "Bvis_mad")
"""Those of the band alone: the network does not fill in behind the object."""


def figures_of(separation: Separation, composite: Composite) -> dict[str, float]:
    """Measure one separation (docs/quality.md)."""
    figures = measure(separation, composite)
    return {name: figures[name] for name in FIGURES}


def mean_figures(separate: Separate, composites: Sequence[Composite]) -> dict[str, float]:
    """Return the means over some composites."""
    all_figures = [figures_of(separate(each), each) for each in composites]
    return {name: float(np.mean([each[name] for each in all_figures])) for name in FIGURES}


def median_ratios(
    ours: Sequence[dict[str, float]], theirs: Sequence[dict[str, float]]
) -> dict[str, float]:
    """Return the medians of per-picture ratios: below 1, ours is better."""
    return {
        name: median_ratio([(a[name], b[name]) for a, b in zip(ours, theirs, strict=True)])
        for name in FIGURES
    }


def composites_to_check_on(art: Art, count: int, seed: int = 0) -> list[Composite]:
    """Draw 512×512 composites as the evaluation does."""
    return list(draw_composites(art, count, seed))
