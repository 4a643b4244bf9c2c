"""How good the layers are: the product beside the classical chain, on composites with known layers.

Both get the same trimap, drawn from the true alpha, so that finding the subject plays no part. What
is judged are the 8-bit layers that a person would get.
"""

import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from layerpeel.backend.api import peel
from layerpeel.backend.evaluation.classical import separate_classically
from layerpeel.backend.evaluation.composites import SIZE, Composite, draw_composites
from layerpeel.backend.evaluation.metrics import Separation, as_eight_bit, measure
from layerpeel.backend.image import Float32, array_of, from_float, to_float
from layerpeel.shared.protocol import Coverage, Depth, Layer, Trimap

WARM_UP_SIZE = 128

Separate = Callable[[Composite], Separation]
Say = Callable[[str], None]


@dataclass(frozen=True)
class PictureFigures:
    """The figures of both methods on one composite, by name (`evaluation.metrics`, and seconds)."""

    name: str
    ours: dict[str, float]
    chain: dict[str, float]


def measure_quality(
    art: Path, count: int, seed: int, say: Say, size: int = SIZE
) -> list[PictureFigures]:
    """Separate `count` composites of size×size with both methods.

    Raises BadInputError when `art` is no folder to draw from, before anything is measured.
    """
    names = [composite.name for composite in draw_composites(art, count, seed, size)]
    for composite in draw_composites(art, 1, seed, WARM_UP_SIZE):
        _figures(separate_ours, composite)
        _figures(separate_by_chain, composite)
    results = []
    for number, composite in enumerate(draw_composites(art, count, seed, size), 1):
        say(f"Quality, {number} of {len(names)}: {composite.name}")
        ours = _figures(separate_ours, composite)
        results.append(PictureFigures(composite.name, ours, _figures(separate_by_chain, composite)))
    return results


def _figures(separate: Separate, composite: Composite) -> dict[str, float]:
    # pymatting prints warnings to where the table goes.
    with redirect_stdout(sys.stderr):
        start = time.perf_counter()
        separation = separate(composite)
        seconds = time.perf_counter() - start
    return measure(separation, composite) | {"seconds": seconds}


def separate_ours(composite: Composite) -> Separation:
    """Peel as any script would, and read the two layers back."""
    steps = from_float(composite.trimap, Depth.U8)
    height, width = steps.shape
    stack = peel(
        from_float(composite.picture, Depth.U8),
        lift=Trimap(Coverage(width, height, steps.tobytes())),
    )
    background, foreground = (_on_canvas(layer, stack.size) for layer in stack.layers)
    return Separation(foreground[..., 3], foreground[..., :3], background[..., :3])


def separate_by_chain(composite: Composite) -> Separation:
    """Separate with the classical chain, to layers of 8 bits."""
    return as_eight_bit(separate_classically(composite.picture, composite.trimap))


def _on_canvas(layer: Layer, size: tuple[int, int]) -> Float32:
    """Put a trimmed layer where it belongs in H×W×4 of nothing."""
    canvas = np.zeros((size[1], size[0], 4), np.float32)
    pixels = to_float(array_of(layer.pixels))
    x, y = layer.offset
    canvas[y : y + pixels.shape[0], x : x + pixels.shape[1]] = pixels
    return canvas
