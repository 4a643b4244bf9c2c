"""Methods that separate by a trimap: the classical chain, and its relatives."""

from collections.abc import Callable
from functools import partial

import numpy as np

from layerpeel.backend.composites.see_through import SeeThroughLayers
from layerpeel.backend.errors import BadInputError
from layerpeel.backend.evaluation.baseline import Answer, Baseline, lacks_nothing
from layerpeel.backend.evaluation.baselines.by_vitmatte import (
    lacks_vitmatte,
    separate_by_vitmatte,
    separate_by_vitmatte_without_fill,
)
from layerpeel.backend.evaluation.classical import (
    separate_classically,
    separate_over_blur,
    separate_without_fill,
)
from layerpeel.backend.image import Float32, from_float
from layerpeel.backend.separation import Separation
from layerpeel.backend.stages.trimap import read_trimap
from layerpeel.shared.protocol import Coverage, Depth, Lift, Trimap

SeparateByTrimap = Callable[[Float32, Float32, int], Separation]
"""From an H×W×3 picture (RGB, 0–1), an H×W trimap (0, 0.5, 1) and a seed."""


def lift_of_trimap(trimap: Float32) -> Trimap:
    """Ask for what an H×W trimap (0, 0.5, 1) marks."""
    steps = from_float(trimap, Depth.U8)
    return Trimap(Coverage(steps.shape[1], steps.shape[0], steps.tobytes()))


def by_trimap(separate: SeparateByTrimap, picture: Float32, lift: Lift, seed: int) -> Answer:
    """Separate a picture (H×W×3) as a trimap says. Raises BadInputError for anything else."""
    if not isinstance(lift, Trimap):
        raise BadInputError("This method takes a trimap.")
    shape = lift.coverage.height, lift.coverage.width
    levels = np.frombuffer(lift.coverage.data, np.uint8).reshape(shape)
    return (separate(picture, read_trimap(levels.astype(np.float32) / np.float32(255)), seed),)


def over_clear(separate: SeparateByTrimap, picture: Float32, lift: Lift, seed: int) -> Answer:
    """Separate the colours of a picture that is not opaque (H×W×4) as if it were.

    Its transparency is shared as a person does who knows of none: the foreground takes α of it, and
    the background stays as opaque as the picture was.
    """
    (made,) = by_trimap(separate, np.ascontiguousarray(picture[..., :3]), lift, seed)
    if not isinstance(made, Separation):
        raise TypeError("methods by a trimap find the colours of both layers")
    own = picture[..., 3]
    return (SeeThroughLayers(made.alpha * own, made.foreground, made.background, own),)


def _method(
    name: str,
    title: str,
    separate: SeparateByTrimap,
    lacks: Callable[[], str | None] = lacks_nothing,
) -> Baseline:
    return Baseline(name, title, partial(by_trimap, separate), lacks)


CLASSICAL = _method(
    "classical", "Closed-form alpha, multi-level colours, PatchMatch", separate_classically
)

CLASSICAL_OVER_CLEAR = Baseline(
    "classical",
    "Closed-form alpha, multi-level colours, PatchMatch, all blind to the picture's transparency",
    partial(over_clear, separate_classically),
)

BY_TRIMAP = {
    method.name: method
    for method in (
        CLASSICAL,
        _method("colours", "Closed-form alpha, multi-level colours", separate_without_fill),
        _method(
            "vitmatte",
            "ViTMatte alpha, multi-level colours, PatchMatch (“Germer et al. + Inp.”)",
            separate_by_vitmatte,
            lacks_vitmatte,
        ),
        _method(
            "vitmatte-colours",
            "ViTMatte alpha, multi-level colours (the paper's “Germer et al.”)",
            separate_by_vitmatte_without_fill,
            lacks_vitmatte,
        ),
        _method("blur", "Closed-form alpha, multi-level colours, a wide blur", separate_over_blur),
    )
}
