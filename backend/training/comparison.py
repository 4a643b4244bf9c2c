"""How good a matting network is on composites it has not learned from."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from layerpeel.backend.composites.art import Art
from layerpeel.backend.composites.composite import Composite, draw_composites
from layerpeel.backend.evaluation.metrics import Separation, measure
from layerpeel.backend.evaluation.summary import median_ratio
from layerpeel.backend.formats.destination import new_file
from layerpeel.backend.image import Float32

Separate = Callable[[Composite], Separation]
"""What a method makes of a composite."""

FIGURES = ("alpha_mad", "F_mad", "pF_mad", "Bvis_mad")
"""What is judged in the band alone; what is behind the object is not this network's."""


def figures_of(separation: Separation, composite: Composite) -> dict[str, float]:
    """Measure one separation (docs/quality.md)."""
    figures = measure(separation, composite)
    return {name: figures[name] for name in FIGURES}


def mean_figures(separate: Separate, composites: Sequence[Composite]) -> dict[str, float]:
    """Give the means over some composites."""
    all_figures = [figures_of(separate(each), each) for each in composites]
    return {name: float(np.mean([each[name] for each in all_figures])) for name in FIGURES}


def median_ratios(
    ours: Sequence[dict[str, float]], theirs: Sequence[dict[str, float]]
) -> dict[str, float]:
    """Give the medians of per-picture ratios: below 1, ours is better."""
    return {
        name: median_ratio([(a[name], b[name]) for a, b in zip(ours, theirs, strict=True)])
        for name in FIGURES
    }


def composites_to_check_on(art: Art, count: int, seed: int = 0) -> list[Composite]:
    """Draw 512×512 composites as the evaluation does."""
    return list(draw_composites(art, count, seed))


def write_sheet(separate: Separate, composites: Iterable[Composite], file: Path) -> None:
    """Draw picture, trimap, true alpha, alpha, F and B over a checkerboard, a row a composite."""
    rows = [_row(composite, separate(composite)) for composite in composites]
    pixels = np.floor(np.vstack(rows) * 255 + 0.5).astype(np.uint8)
    with new_file(file, force=True) as opened:
        Image.fromarray(pixels).save(opened, "PNG")


def _row(composite: Composite, separation: Separation) -> Float32:
    y, x = np.mgrid[: composite.alpha.shape[0], : composite.alpha.shape[1]] // 16
    board = np.where((x + y) % 2, np.float32(0.35), np.float32(0.5))[..., None]
    # What lies behind the object is not answered; there the board shows.
    hidden = separation.alpha[..., None]
    panels = (
        composite.picture,
        *(
            np.repeat(plane[..., None], 3, axis=-1)
            for plane in (composite.trimap, composite.alpha, separation.alpha)
        ),
        hidden * separation.foreground + (1 - hidden) * board,
        hidden * board + (1 - hidden) * separation.background,
    )
    row: Float32 = np.hstack(panels)[::2, ::2]
    return row
