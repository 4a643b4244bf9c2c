"""The last step of every peel: layers whose flattening is the picture, bit for bit.

Estimates α̂, F̂, B̂ come from whatever engine ran; what leaves here are the document's own values,
rounded, for which Krita's blending (`layerpeel.backend.flatten`) gives the parent back: every pixel
equal at 8 and 16 bits, within half a unit in the last place at half float, within 10⁻⁶·max(1, |C|)
at float. A parent's transparency stays: alphas unite to the parent's, colour within one step.

Three kinds of pixels (docs/architecture.md, "Lossless"):
- open (the unknown band and the grown hole): α is raised to the least value at which the wished
  background is reachable but for a step of the document, then F and B move, nearest to their
  estimates, until C = αF + (1−α)B;
- not open, α̂ = 1: the foreground is the picture, the background is what was filled in;
- everything else: α = 0, the background is the picture.
An alpha that is exact (`Estimates.held_to`) is not raised: F and B alone move.
Each peel splits its parent exactly, so a stack of any height is exact.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from layerpeel.backend.image import (
    DTYPE_OF_DEPTH,
    FULL_SCALE,
    Bool,
    DocumentArray,
    Float32,
    Slices,
    from_float,
    to_float,
)
from layerpeel.backend.mask_levels import is_level, raised_to_levels
from layerpeel.backend.separation import Separation
from layerpeel.backend.shared_alpha import closing_alpha, foreground_shares
from layerpeel.shared.protocol import Depth

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]


# How much more a step of the background counts than one of the foreground, squared. With 1 the
# residual of a thin outline that alpha has half missed goes mostly into the background, where it
# stands out as a line; and where alpha is small, with 30 still most of it (docs/decisions.md).
BACKGROUND_CARE = 100.0


@dataclass(frozen=True)
class Estimates(Separation):
    """What an engine believes, with colours in the document's own values.

    Its alpha is a share of what is visible: the parent's transparency comes on top.

    open_pixels: H×W, the unknown band and the grown hole, where α, F and B may move.
    alpha_is_exact: whether α is no estimate, and comes out as it is, rounded to the nearest step.
    background_alpha: H×W, 0–1, how opaque the background is to be; None where that is as opaque as
        the parent. Behind an opaque parent it is opaque, whatever this says.
    window: the rows and columns of the parent that these are estimates for; None for all. Outside
        it α is 0.
    """

    open_pixels: Bool
    alpha_is_exact: bool = False
    background_alpha: Float32 | None = None
    window: Slices | None = None

    def held_to(self, alpha: Float32) -> "Estimates":
        """Take α (H×W, 0–1) at its word: F and B may move only where both show, 0 < α < 1."""
        both_show = (alpha > 0) & (alpha < 1)
        return replace(self, alpha=alpha, open_pixels=both_show, alpha_is_exact=True)


@dataclass(frozen=True)
class ExactLayers:
    """Foreground and background as H×W×(C+1) in the document's type, alpha last."""

    foreground: DocumentArray
    background: DocumentArray


def split_exactly(
    parent: DocumentArray, estimates: Estimates, depth: Depth, in_mask_levels: bool = False
) -> ExactLayers:
    """Turn estimates into two layers that flatten to `parent` (H×W×(C+1), alpha last).

    in_mask_levels: whether the foreground's alpha takes only values that a transparency mask can
        hold (`layerpeel.backend.mask_levels`).
    """
    if estimates.window is None:
        return _split_all(parent, estimates, depth, in_mask_levels)
    inside = _split_all(parent[estimates.window], estimates, depth, in_mask_levels)
    foreground, background = parent.copy(), parent.copy()
    foreground[..., -1] = 0
    foreground[estimates.window] = inside.foreground
    background[estimates.window] = inside.background
    return ExactLayers(foreground, background)


def _split_all(
    parent: DocumentArray, estimates: Estimates, depth: Depth, in_mask_levels: bool
) -> ExactLayers:
    full = FULL_SCALE[depth]
    colour, parent_alpha = parent[..., :-1], parent[..., -1]
    open_pixels, exact = estimates.open_pixels, estimates.alpha_is_exact
    behind: Float32 | None = None
    if (parent_alpha < full).any():
        behind = estimates.background_alpha
        behind = to_float(parent_alpha) if behind is None else behind
    if behind is not None and not exact:
        # There the foreground may have to leave the background some of its alpha.
        partial = (parent_alpha > 0) & (parent_alpha < full)
        open_pixels = open_pixels | ((estimates.alpha >= 1) & partial & (behind > 0))
    if in_mask_levels:
        # Where no mask can hold the parent's own alpha, the background has to show a little.
        open_pixels = open_pixels | ((estimates.alpha >= 1) & ~is_level(parent_alpha, depth))
    covered = ~open_pixels & (estimates.alpha >= 1)
    foreground_alpha = np.where(covered, parent_alpha, parent_alpha.dtype.type(0))
    foreground, background = colour.copy(), colour.copy()
    # Where the foreground covers all, the background is free: there it is what was filled in.
    background[covered] = from_float(estimates.background[covered], depth)

    share, wished_foreground, wished_background = (
        plane[open_pixels].astype(np.float64)
        for plane in (estimates.alpha, estimates.foreground, estimates.background)
    )
    # Through float32, as the estimates came: a background that is the picture then equals it.
    target = to_float(colour[open_pixels]).astype(np.float64)
    lowest, highest = _range_of(target[parent_alpha[open_pixels] > 0], depth)
    wished_foreground = np.clip(wished_foreground, lowest, highest)
    wished_background = np.clip(wished_background, lowest, highest)
    if not exact:
        within_reach = _a_step_nearer(wished_background, target, depth)
        least = least_alpha(target, within_reach, lowest, highest)
        if behind is None:
            share = np.maximum(share, least)
        else:
            share = foreground_shares(share, least, to_float(parent_alpha), behind, open_pixels)
    foreground_alpha[open_pixels] = _alpha_of_share(share, parent_alpha[open_pixels], depth, exact)
    if in_mask_levels:
        foreground_alpha = raised_to_levels(foreground_alpha, parent_alpha, depth)

    background_alpha = parent_alpha
    if behind is not None:
        background_alpha = closing_alpha(foreground_alpha, parent_alpha, behind, open_pixels, depth)
    weights = _weights(foreground_alpha[open_pixels], background_alpha[open_pixels], full)
    nearest_foreground, nearest_background = project(
        target,
        weights[0] / weights.sum(axis=0),
        wished_foreground,
        wished_background,
        lowest,
        highest,
    )
    goal = colour[open_pixels]
    if depth.is_float:
        solved = _solve_floats(goal, weights, nearest_foreground, nearest_background, depth)
    else:
        # Rounding leaves the background room, in which its own wish is what counts.
        solved = _solve_integers(goal, weights, nearest_foreground, wished_background, depth)
    foreground[open_pixels], background[open_pixels] = solved
    # Where alpha is 0 the colour shows nowhere, but filters and brushes that soften alpha meet it.
    hidden = foreground_alpha == 0
    foreground[hidden] = from_float(estimates.foreground[hidden], depth)
    return ExactLayers(
        np.dstack([foreground, foreground_alpha]), np.dstack([background, background_alpha])
    )


def least_alpha(target: Float64, background: Float64, lowest: float, highest: float) -> Float64:
    """The least α (N) at which `background` (N×C) can be what lies behind `target` (N×C).

    With F between `lowest` and `highest`: (C−B)/(highest−B) where C > B, else (B−C)/(B−lowest);
    the largest over the channels.
    """
    over, under = target - background, background - target
    room = np.where(over > 0, highest - background, background - lowest)
    needed = np.divide(np.maximum(over, under), room, out=np.zeros_like(room), where=room > 0)
    least: Float64 = np.clip(needed, 0, 1).max(axis=-1)
    return least


def _a_step_nearer(background: Float64, target: Float64, depth: Depth) -> Float64:
    """Let the background go towards the picture by at most one step of the document.

    Nobody sees that step, but α would rise by several to avoid it, and a haze is seen
    (docs/decisions.md).
    """
    if depth.is_float:
        return background
    # A hair more, as estimates come in float32.
    step = 1.001 / FULL_SCALE[depth]
    away = target - background
    nearer: Float64 = np.where(np.abs(away) <= step, target, background + np.sign(away) * step)
    return nearer


def project(
    target: Float64,
    share: Float64,
    foreground: Float64,
    background: Float64,
    lowest: float,
    highest: float,
) -> tuple[Float64, Float64]:
    """Nearest F and B (N×C) to the given ones with share·F + (1−share)·B = target, in range.

    Weighted least squares along the constraint (`BACKGROUND_CARE`), then clip F and give B what
    clipping leaves, then the other way round; F = B = target always closes, so this does.
    """
    weight = np.broadcast_to(share[:, None], target.shape)
    other = 1 - weight
    residual = target - (weight * foreground + other * background)
    step = residual / (weight**2 + other**2 / BACKGROUND_CARE)
    foreground = np.clip(foreground + weight * step, lowest, highest)
    background = _solved_for(target, weight * foreground, other, background)
    background = np.clip(background, lowest, highest)
    foreground = _solved_for(target, other * background, weight, foreground)
    return np.clip(foreground, lowest, highest), background


def _solved_for(target: Float64, known: Float64, weight: Float64, otherwise: Float64) -> Float64:
    """Solve target = known + weight·x for x; where the weight is 0, x stays `otherwise`."""
    return np.divide(target - known, weight, out=otherwise.copy(), where=weight > 0)


def _range_of(target: Float64, depth: Depth) -> tuple[float, float]:
    """The range in which colours may move: 0–1, and as far as the picture itself goes."""
    if not depth.is_float or target.size == 0:
        return 0.0, 1.0
    return min(0.0, float(target.min())), max(1.0, float(target.max()))


def _alpha_of_share(
    share: Float64, parent_alpha: DocumentArray, depth: Depth, exact: bool
) -> DocumentArray:
    """The foreground's alpha: its share of the parent's.

    Rounded up, so that α ≥ the least α; an exact one to the nearest step.
    """
    wished = share * parent_alpha.astype(np.float64)
    if depth.is_float:
        alpha = wished.astype(DTYPE_OF_DEPTH[depth])
        return np.minimum(alpha, parent_alpha)
    # What float32 cannot tell from an integer counts as that integer: no haze from float noise.
    hair = FULL_SCALE[depth] * float(np.finfo(np.float32).eps)
    steps = np.floor(wished + 0.5) if exact else np.ceil(wished - hair)
    return np.minimum(steps, parent_alpha).astype(DTYPE_OF_DEPTH[depth])


def _weights(over: DocumentArray, under: DocumentArray, full: float) -> Float64:
    """How much F and B (2×N) weigh where they are flattened; exact integers below float depths."""
    above, below = over.astype(np.float64), under.astype(np.float64)
    weights = np.stack([above * full, below * (full - above)])
    nothing = weights.sum(axis=0) == 0
    weights[1, nothing] = 1
    return weights


def _solve_integers(
    target: DocumentArray,
    weights: Float64,
    foreground: Float64,
    background: Float64,
    depth: Depth,
) -> tuple[DocumentArray, DocumentArray]:
    """Round F, then take the B nearest to its wish for which the rounded mixture is the target.

    The mixture is floor((2(f·F + b·B) + t) / 2t) with t = f + b, so B has a window at least one
    step wide round the exact solution. The last mixture before a half is left out where there is
    room: in grey pictures Krita rounds it to the other side (docs/decisions.md).
    """
    full = int(FULL_SCALE[depth])
    over, under = (weight.astype(np.int64)[:, None] for weight in weights)
    total = over + under
    goal = target.astype(np.int64)
    first = np.floor(foreground * full + 0.5).astype(np.int64)
    second = np.floor(background * full + 0.5).astype(np.int64)
    first = np.where(under == 0, goal, first)
    middle = 2 * (total * goal - over * first)
    step = 2 * np.maximum(under, 1)
    lowest, highest = _steps_between(middle - total, middle + total - 1, step, full)
    inner = total - 2 * full
    inner_lowest, inner_highest = _steps_between(middle - inner, middle + inner, step, full)
    has_room = inner_lowest <= inner_highest
    lowest = np.where(has_room, inner_lowest, lowest)
    highest = np.where(has_room, inner_highest, highest)
    second = np.where(under == 0, second, np.clip(second, lowest, highest))
    mixed = (2 * (over * first + under * second) + total) // (2 * total)
    # F = B = C always closes; a window may lie outside the range at its very end.
    misses = (mixed != goal) | (second < 0) | (second > full)
    dtype = DTYPE_OF_DEPTH[depth]
    return np.where(misses, goal, first).astype(dtype), np.where(misses, goal, second).astype(dtype)


def _steps_between(low: Int64, high: Int64, step: Int64, full: int) -> tuple[Int64, Int64]:
    """The least and the greatest x in 0–full with low ≤ step·x ≤ high; least > greatest if none."""
    return np.maximum(-(-low // step), 0), np.minimum(high // step, full)


def _solve_floats(
    target: DocumentArray,
    weights: Float64,
    foreground: Float64,
    background: Float64,
    depth: Depth,
) -> tuple[DocumentArray, DocumentArray]:
    """Round one colour, solve for the other; where rounding leaves too much, F = B = C.

    The layer with the larger weight is solved last: what its rounding leaves is what counts most.
    """
    dtype = DTYPE_OF_DEPTH[depth]
    goal = target.astype(np.float64)
    over = np.broadcast_to((weights[0] / weights.sum(axis=0))[:, None], goal.shape)
    under = 1 - over
    first = foreground.astype(dtype).astype(np.float64)
    second = _solved_for(goal, over * first, under, background).astype(dtype).astype(np.float64)
    second_first = background.astype(dtype).astype(np.float64)
    first_last = _solved_for(goal, under * second_first, over, foreground)
    first_last = first_last.astype(dtype).astype(np.float64)
    heavy = over > 0.5
    first, second = np.where(heavy, first_last, first), np.where(heavy, second_first, second)
    mixed = over * first + under * second
    if depth is Depth.F16:
        misses = mixed.astype(dtype) != target
    else:
        misses = ~(np.abs(mixed - goal) <= 5e-7 * np.maximum(1, np.abs(goal)))
    return np.where(misses, goal, first).astype(dtype), np.where(misses, goal, second).astype(dtype)
