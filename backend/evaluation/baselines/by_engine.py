"""An engine as a method: it is asked as by any script, and what a person gets is read back."""

from collections.abc import Callable
from functools import partial

import numpy as np

from layerpeel.backend.api import peel
from layerpeel.backend.composites.see_through import SeeThroughLayers
from layerpeel.backend.engines.engine_registry import engine_named
from layerpeel.backend.errors import ModelError
from layerpeel.backend.evaluation.baseline import Answer, Baseline
from layerpeel.backend.evaluation.showing import on_canvas
from layerpeel.backend.image import Float32, from_float, to_float
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.separation import Matte, Separation
from layerpeel.shared.protocol import Depth, Lift, Outcome, PeelRequest

# More than there are in any scene, so that layers which are no thing come to light.
MOST_THINGS = 8

SeparateByEngine = Callable[[str, Float32, Lift, int], Answer]
"""From an engine's name, and the rest as in `Separate`."""


def engine_baseline(name: str, separate: SeparateByEngine, asked_for: Lift) -> Baseline:
    """Return an engine of ours as a method to measure.

    asked_for: an example of what it will be asked for, to look what it lacks.
    """
    return Baseline(
        name,
        f"Layerpeel, engine “{name}”",
        partial(separate, name),
        partial(_lacks, name, asked_for),
    )


def layers_by_engine(engine: str, picture: Float32, lift: Lift, seed: int) -> Answer:
    """Peel one layer off an H×W×3 picture (RGB, 0–1), all the way to the bytes of both layers."""
    stack = peel(from_float(picture, Depth.U8), lift=lift, seed=seed, engine=engine)
    background, foreground = (on_canvas(layer, stack.size) for layer in stack.layers)
    return (Separation(foreground[..., 3], foreground[..., :3], background[..., :3]),)


def see_through_by_engine(engine: str, picture: Float32, lift: Lift, seed: int) -> Answer:
    """Peel one layer off an H×W×4 picture (RGB and straight alpha, 0–1), as `layers_by_engine`."""
    stack = peel(from_float(picture, Depth.U8), lift=lift, seed=seed, engine=engine)
    background, foreground = (on_canvas(layer, stack.size) for layer in stack.layers)
    return (
        SeeThroughLayers(
            foreground[..., 3], foreground[..., :3], background[..., :3], background[..., 3]
        ),
    )


def selection_by_engine(engine: str, picture: Float32, lift: Lift, seed: int) -> Answer:
    """Find only the alpha of what would be peeled off, to the bytes of the selection."""
    pixels = from_float(picture, Depth.U8)
    stack = peel(pixels, lift=lift, seed=seed, engine=engine, outcome=Outcome.SELECTION)
    if stack.selection is None:
        return ()
    levels = np.frombuffer(stack.selection.data, np.uint8).reshape(picture.shape[:2])
    return (Matte(to_float(levels)),)


def things_by_engine(engine: str, picture: Float32, lift: Lift, seed: int) -> Answer:
    """Peel everything that stands out, and see how much of each layer those in front leave."""
    pixels = from_float(picture, Depth.U8)
    stack = peel(pixels, lift=lift, layers=MOST_THINGS, seed=seed, engine=engine)
    seen, left = [], np.ones(picture.shape[:2], np.float32)
    for layer in reversed(stack.layers[1:]):
        alpha = on_canvas(layer, stack.size)[..., 3]
        seen.append(Matte(alpha * left))
        left = left * (1 - alpha)
    return tuple(seen)


def _lacks(engine: str, asked_for: Lift) -> str | None:
    try:
        engine_named(engine, ModelStore()).check(PeelRequest(asked_for, engine=engine))
    except ModelError as error:
        return str(error)
    return None
