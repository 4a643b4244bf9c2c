"""The edges of a stack's foregrounds moved, softened or cleaned; flattened, it stays the same.

Each foreground is split anew, front to back, from what lies before it in the stack. Pixels whose
alpha stays keep their colours, to the last byte.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from layerpeel.backend.errors import BadInputError
from layerpeel.backend.flatten import blend_over
from layerpeel.backend.image import (
    DEPTH_OF_DTYPE,
    FULL_SCALE,
    Bool,
    DocumentArray,
    Float32,
    Slices,
    to_float,
)
from layerpeel.backend.lossless import Estimates, split_exactly
from layerpeel.backend.mask_levels import seen_pixels
from layerpeel.backend.other_backgrounds import hidden_by
from layerpeel.backend.outcomes import masked, trimmed
from layerpeel.backend.progress import Course, ReportFraction, ReportProgress, Stage, partly
from layerpeel.backend.stages.crop import grown, window_round
from layerpeel.backend.stages.edge_colours_anew import (
    FILL_ALONE,
    EdgeBefore,
    colours_anew,
    newly_covered,
    without_what_shows_through,
)
from layerpeel.backend.stages.moved_edge import shifted, softened
from layerpeel.backend.stages.nearest import nearest_of
from layerpeel.backend.stages.ring_fill import fill_ring
from layerpeel.shared.protocol import AdjustRequest, Layer, LayerStack, Role
from layerpeel.shared.translatable import Translatable

MOST_SHIFT, MOST_SOFT = 8.0, 8.0

ADJUST = Stage("adjust", Translatable("Adjusting the edge"), 1.0)

# So far outside its edge there may be something left of an object, in pixels.
DOUBT = 3.0

# Beyond what changes, colours are carried from so far.
MARGIN = 48


@dataclass(frozen=True)
class _Split:
    """A picture in two: all H×W×channels of the document's type, alpha last."""

    parent: DocumentArray
    foreground: DocumentArray
    background: DocumentArray


def adjust_edges(request: AdjustRequest, report: ReportProgress) -> LayerStack:
    """Adjust the edge of all that was lifted off; see `AdjustRequest`.

    Alpha comes out as asked for, to the nearest step. Where less is covered than before, what was
    the object's stays in the background, as the layers flatten to the same as they did.

    Raises BadInputError for numbers that are out of range and for layers without an edge, and what
    `report` raises to cancel.
    """
    stack = request.stack
    _check(request)
    background, *foregrounds = (_on_canvas(layer, stack.size) for layer in stack.layers)
    course = Course(report, (ADJUST,), rounds=len(foregrounds))
    # What lies below each foreground, as it was; the last is the whole picture.
    below = [background]
    for foreground in foregrounds:
        below.append(_flattened(foreground, below[-1]))
    rest = below[-1]
    adjusted: list[DocumentArray] = []
    for number in reversed(range(len(foregrounds))):
        with course.stage(ADJUST) as tell:
            before = _Split(below[number + 1], foregrounds[number], below[number])
            reached = _reached_by([stack.layers[number + 1]], stack.size)
            made = _split_anew(before, rest, reached, request, tell)
        adjusted.insert(0, made.foreground)
        rest = made.background
    others = tuple(
        _other_background(layer, stack, background, foregrounds, rest, adjusted)
        for layer in stack.other_backgrounds
    )
    made_with = replace(
        stack.made_with,
        seconds={**stack.made_with.seconds, **course.seconds},
        stages={**stack.made_with.stages, "adjusted edge": _in_words(request)},
    )
    known = _reached_by(stack.layers, stack.size)
    lifted = zip(stack.layers[1:], adjusted, strict=True)
    report("Done", 1.0)
    return replace(
        stack,
        layers=(
            _background_layer(stack.layers[0], rest),
            *(_foreground_layer(*each, known) for each in lifted),
        ),
        made_with=made_with,
        other_backgrounds=others,
    )


def _check(request: AdjustRequest) -> None:
    if not -MOST_SHIFT <= request.shift <= MOST_SHIFT:
        raise BadInputError(
            f"An edge cannot be moved by {request.shift:g} pixels: give {-MOST_SHIFT:g} (inwards) "
            f"to {MOST_SHIFT:g} (outwards)."
        )
    if not 0 <= request.soften <= MOST_SOFT:
        raise BadInputError(
            f"An edge cannot be softened over {request.soften:g} pixels: give 0 to {MOST_SOFT:g}."
        )
    stack = request.stack
    if stack.selection is not None or not stack.layers:
        raise BadInputError("A selection has no layers: only what was lifted off has an edge.")
    first, *others = stack.layers
    is_lifted = all(each.role is Role.FOREGROUND for each in others)
    if not others or first.role is not Role.BACKGROUND or not is_lifted:
        raise BadInputError("Only layers that were lifted off a background have an edge to adjust.")
    for layer in (*stack.layers, *stack.other_backgrounds):
        _check_layer(layer, first, stack.size)


def _check_layer(layer: Layer, first: Layer, size: tuple[int, int]) -> None:
    (left, top), block = layer.offset, layer.pixels
    lies_within = left >= 0 and top >= 0
    lies_within &= left + block.width <= size[0] and top + block.height <= size[1]
    if not lies_within:
        raise BadInputError(f"The layer “{layer.name}” does not lie within the picture.")
    if (block.model, block.depth) != (first.pixels.model, first.pixels.depth):
        raise BadInputError(f"The layer “{layer.name}” has other colours than the background.")
    if layer.blend_mode != "normal" or layer.opacity != 1:
        raise BadInputError(
            f"The layer “{layer.name}” is blended in another way than normally: its edge cannot be "
            "adjusted."
        )


def _split_anew(
    before: _Split,
    parent: DocumentArray,
    reached: Bool,
    request: AdjustRequest,
    tell: ReportFraction,
) -> _Split:
    """Split a parent, which may differ from what it was before, along the adjusted edge.

    reached: H×W, where the foreground's layer lay. Beyond it, it had no colours to keep.
    """
    window = _window(before, parent, request)
    if window is None:
        return before
    tell(0.05)
    was = _Split(before.parent[window], before.foreground[window], before.background[window])
    now = parent[window]
    edge = EdgeBefore(
        to_float(now[..., :-1]),
        _share_of(was),
        to_float(was.foreground[..., :-1]),
        to_float(was.background[..., :-1]),
    )
    if request.clean:
        edge = replace(edge, alpha=without_what_shows_through(edge))
        tell(0.25)
    alpha = shifted(edge.alpha, request.shift)
    tell(0.4)
    alpha = softened(alpha, request.soften)
    tell(0.45)
    filled = _filled(edge, alpha, was.parent[..., -1] > 0)
    tell(0.6)
    foreground, background = colours_anew(edge, alpha, filled, partly(tell, 0.6, 0.85))
    tell(0.85)
    depth = request.stack.layers[0].pixels.depth
    estimates = Estimates(alpha, foreground, background, np.zeros_like(alpha, np.bool_))
    estimates = replace(
        estimates.held_to(alpha), background_alpha=to_float(was.background[..., -1])
    )
    split = split_exactly(now, estimates, depth, _has_masks(request.stack))
    tell(0.95)
    stays = (split.foreground[..., -1] == was.foreground[..., -1]) & (now == was.parent).all(-1)
    whole = _Split(parent, before.foreground.copy(), before.background.copy())
    for target, new, old, kept in (
        (whole.foreground, split.foreground, was.foreground, stays & reached[window]),
        (whole.background, split.background, was.background, stays),
    ):
        target[window] = np.where(kept[..., None], old, new)
    tell(1.0)
    return whole


def _flattened(over: DocumentArray, under: DocumentArray) -> DocumentArray:
    """Flatten two layers, of which the upper needs blending in few pixels only."""
    flat = under.copy()
    alpha = over[..., -1]
    opaque = alpha == FULL_SCALE[DEPTH_OF_DTYPE[over.dtype.newbyteorder("<")]]
    flat[opaque] = over[opaque]
    partial = (alpha > 0) & ~opaque
    flat[partial] = blend_over(over[partial][None], under[partial][None])[0]
    return flat


def _window(before: _Split, parent: DocumentArray, request: AdjustRequest) -> Slices | None:
    """Where anything may change; None where nothing was lifted off."""
    touched = before.foreground[..., -1] > 0
    touched |= (before.parent != parent).any(axis=-1)
    if not touched.any():
        return None
    reach = int(np.ceil(max(request.shift, 0) + request.soften))
    return window_round(touched, reach + MARGIN).slices


def _share_of(split: _Split) -> Float32:
    """How much of what is visible the foreground has, H×W, 0–1."""
    over, whole = to_float(split.foreground[..., -1]), to_float(split.parent[..., -1])
    share = np.divide(over, whole, out=np.zeros_like(over), where=whole > 0)
    share = np.clip(share, 0, 1)
    if (whole > 0).all() or not (whole > 0).any():
        return share
    # Where the picture itself ends, the object has no edge of its own.
    _distance, rows, columns = nearest_of(whole > 0)
    return share[rows, columns]


def _filled(edge: EdgeBefore, alpha: Float32, visible: Bool) -> Float32:
    """The background's values, filled in where they are newly covered.

    visible: H×W, where the picture is not clear.
    """
    covered = newly_covered(edge, alpha)
    if not covered.any():
        return edge.background
    hidden = edge.alpha >= FILL_ALONE
    doubtful = grown(alpha > 0, DOUBT) | ~visible
    return fill_ring(edge.background, covered, (~doubtful & ~hidden, hidden & visible))


def _other_background(
    layer: Layer,
    stack: LayerStack,
    background: DocumentArray,
    foregrounds: list[DocumentArray],
    rest: DocumentArray,
    adjusted: list[DocumentArray],
) -> Layer:
    """Keep another background where the first is hidden as it was before."""
    other = _on_canvas(layer, stack.size)
    hidden = hidden_by(foregrounds, background) & hidden_by(adjusted, rest)
    return _background_layer(layer, np.where(hidden[..., None], other, rest))


def _background_layer(was: Layer, pixels: DocumentArray) -> Layer:
    """Turn a background (of the picture's size) into a layer that lies where it did."""
    shows = _reached_by([was], (pixels.shape[1], pixels.shape[0]))
    return trimmed(pixels, shows, was.name, was.role, was.pixels.order)


def _foreground_layer(was: Layer, pixels: DocumentArray, known: Bool) -> Layer:
    """Turn a foreground (of the picture's size) into a layer. known: H×W, where it has colours."""
    shows = pixels[..., -1] > 0
    if was.mask is None:
        layer = trimmed(pixels, shows, was.name, was.role, was.pixels.order)
    else:
        layer = masked(pixels, shows, was.name, was.pixels, known)
    return replace(layer, phrase=was.phrase)


def _has_masks(stack: LayerStack) -> bool:
    return any(layer.mask is not None for layer in stack.layers)


def _reached_by(layers: Iterable[Layer], size: tuple[int, int]) -> Bool:
    """Where (H×W) any of some layers lies, on a canvas of the picture's size (width, height)."""
    reached = np.zeros((size[1], size[0]), np.bool_)
    for layer in layers:
        (left, top), block = layer.offset, layer.pixels
        reached[top : top + block.height, left : left + block.width] = True
    return reached


def _on_canvas(layer: Layer, size: tuple[int, int]) -> DocumentArray:
    """A layer as it is seen, on a canvas of the picture's size (width, height) that is clear."""
    pixels = seen_pixels(layer)
    canvas: DocumentArray = np.zeros((size[1], size[0], pixels.shape[-1]), pixels.dtype)
    (left, top) = layer.offset
    canvas[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
    return canvas


def _in_words(request: AdjustRequest) -> str:
    where = "outwards" if request.shift > 0 else "inwards"
    said = [f"{abs(request.shift):g} px {where}"] if request.shift else []
    said += [f"softened over {request.soften:g} px"] if request.soften else []
    said += ["colours cleaned"] if request.clean else []
    return ", ".join(said) or "as it was"
