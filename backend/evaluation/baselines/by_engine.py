"""An engine as a method: peels as any script would, and reads the two layers back.

It goes all the way to the layers' bytes, so that what is judged is what a person gets.
"""

from functools import partial

import numpy as np

from layerpeel.backend.api import peel
from layerpeel.backend.engines.engine_registry import engine_named
from layerpeel.backend.errors import ModelError
from layerpeel.backend.evaluation.baseline import Baseline
from layerpeel.backend.image import Float32, array_of, from_float, to_float
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.separation import Separation
from layerpeel.shared.protocol import Coverage, Depth, Layer, PeelRequest, Trimap


def engine_baseline(name: str) -> Baseline:
    """Return an engine of ours as a method to measure."""
    return Baseline(
        name,
        f"Layerpeel, engine “{name}”",
        partial(separate_by_engine, name),
        partial(_lacks, name),
    )


def separate_by_engine(engine: str, picture: Float32, trimap: Float32, seed: int) -> Separation:
    """Peel an H×W×3 picture of 8-bit values (RGB, 0–1) by an H×W trimap (0, 0.5, 1)."""
    stack = peel(from_float(picture, Depth.U8), lift=_lift(trimap), seed=seed, engine=engine)
    background, foreground = (_on_canvas(layer, stack.size) for layer in stack.layers)
    return Separation(foreground[..., 3], foreground[..., :3], background[..., :3])


def _lacks(engine: str) -> str | None:
    any_trimap = np.full((1, 1), 0.5, np.float32)
    try:
        engine_named(engine, ModelStore()).check(PeelRequest(_lift(any_trimap), engine=engine))
    except ModelError as error:
        return str(error)
    return None


def _lift(trimap: Float32) -> Trimap:
    steps = from_float(trimap, Depth.U8)
    return Trimap(Coverage(steps.shape[1], steps.shape[0], steps.tobytes()))


def _on_canvas(layer: Layer, size: tuple[int, int]) -> Float32:
    """Place a trimmed layer on a transparent canvas, H×W×4."""
    canvas = np.zeros((size[1], size[0], 4), np.float32)
    pixels = to_float(array_of(layer.pixels))
    x, y = layer.offset
    canvas[y : y + pixels.shape[0], x : x + pixels.shape[1]] = pixels
    return canvas
