"""How foreground and background share a picture's own transparency, in Krita's arithmetic.

What both let through multiplies: (1−a)(1−b) = 1−P, for alphas a and b over each other in a picture
of alpha P. So, of all three, any two give the third: the foreground's alpha follows from how opaque
the background is to be. Where P is 1 an opaque foreground leaves b free. Where P is far from 1 and
the foreground is all that is visible, a = P leaves b = 0: no fill can be there.
"""

import cv2
import numpy as np
import numpy.typing as npt

from layerpeel.backend.flatten import union_of_alpha
from layerpeel.backend.image import FULL_SCALE, Bool, DocumentArray, Float32
from layerpeel.shared.protocol import Depth

Float64 = npt.NDArray[np.float64]

# Where a picture is nearly opaque the foreground gives up this share of its alpha, which nobody
# sees, and leaves room for a fill that is nearly opaque too; none up to the lower of these alphas.
GIVEN_UP = 0.03
NEARLY_OPAQUE = (0.93, 0.97)

# What is given up changes by no line that the object has drawn, but over this many pixels.
SMOOTH = 6

# Where something opaque ends within so many pixels, over a ground that is no more opaque than this,
# alpha says better than colour how far it covers a pixel.
RIM = 3
OPAQUE, SEE_THROUGH = 0.99, 0.95

# What rounding leaves the background is used from this share of its wish on, or it is but a haze.
LEAST_OF_WISHED = 0.2

# A background may be more opaque than it is to be by so much, if all else would put pixels of the
# ground on the foreground.
NEAR_ENOUGH, NEAR_ENOUGH_WHERE_OPAQUE = 1.5 / 255, 0.08


def foreground_shares(
    share: Float64, least: Float64, whole: Float32, behind: Float32, where: Bool
) -> Float64:
    """How much of what is visible the foreground has (N, 0–1), so that a fill is there behind it.

    share, least: N, of the pixels `where` (H×W): by the matte, and below which the picture's colour
        is out of reach. whole: H×W, 0–1, the picture's alpha. behind: H×W, 0–1, how opaque the
        background is to be.
    """
    on_rim = _highest_near(whole)[where] >= OPAQUE
    picture, wished = whole[where].astype(np.float64), behind[where].astype(np.float64)
    near = np.where(picture >= 1, NEAR_ENOUGH_WHERE_OPAQUE, NEAR_ENOUGH)
    wished = np.where(np.abs(picture - wished) <= near, picture, np.minimum(wished, picture))
    closing = _share(_closing(wished, picture), picture)
    on_rim = on_rim & (wished <= SEE_THROUGH) & (wished > 0)
    share = np.where(on_rim, closing, share)
    low, high = NEARLY_OPAQUE
    given_up = GIVEN_UP * np.clip((picture - low) / (high - low), 0, 1)
    gives = ~on_rim & (picture < 1) & (wished > 0) & (given_up > 0) & (share > 1 - given_up)
    share = np.where(gives, 1 - given_up, share)
    share = np.maximum(np.maximum(share, least), closing)
    if gives.any():
        left = np.ones_like(whole)
        left[where] = np.where(gives, _closing(share * picture, picture), 1)
        smooth = np.minimum(_smoothly_below(left)[where], left[where]).astype(np.float64)
        share = np.where(gives, _share(_closing(smooth, picture), picture), share)
    return np.clip(share, 0, 1)


def _closing(one: Float64, whole: Float64) -> Float64:
    """The alpha that closes the union of another to `whole`; 0 where that one is opaque."""
    closing: Float64 = np.divide(
        whole - one, 1 - one, out=np.zeros_like(whole), where=(one < 1) & (one < whole)
    )
    return closing


def _share(alpha: Float64, whole: Float64) -> Float64:
    share: Float64 = np.divide(alpha, whole, out=np.zeros_like(whole), where=whole > 0)
    return share


def _highest_near(whole: Float32) -> Float32:
    size = 2 * RIM + 1
    return np.asarray(cv2.dilate(whole, np.ones((size, size), np.uint8)), np.float32)


def _smoothly_below(alpha: Float32) -> Float32:
    """A smooth plane nowhere above `alpha` (H×W), so that it shows none of its lines."""
    size = (2 * SMOOTH + 1, 2 * SMOOTH + 1)
    smooth = cv2.blur(cv2.erode(alpha, np.ones(size, np.uint8)), size)
    return np.asarray(smooth, np.float32)


def closing_alpha(
    over: DocumentArray, parent: DocumentArray, wished: Float32, solved: Bool, depth: Depth
) -> DocumentArray:
    """The background's alpha, with which the union of both is the parent's alpha again.

    All H×W. Of the integers that close the union it is the one nearest to what is wished (0–1),
    which is free behind an opaque foreground. Where nothing is solved afterwards (`solved`) the
    foreground's colour has to stay what it is in the mixture.
    """
    full = FULL_SCALE[depth]
    above, whole = over.astype(np.float64), parent.astype(np.float64)
    closing = full * _closing(above / full, whole / full)
    closing[whole >= full] = full
    free = above >= full
    closing[free] = np.clip(wished[free], 0, 1) * full
    if depth.is_float:
        return closing.astype(over.dtype)
    best = np.rint(closing).astype(np.int64)
    partial = (whole > 0) & (whole < full)
    best[partial] = _nearest_that_closes(
        over[partial].astype(np.int64),
        parent[partial].astype(np.int64),
        best[partial],
        wished[partial].astype(np.float64) * full,
        solved[partial],
        int(full),
    )
    return best.astype(over.dtype)


def _nearest_that_closes(
    above: npt.NDArray[np.int64],
    whole: npt.NDArray[np.int64],
    closing: npt.NDArray[np.int64],
    wished: Float64,
    solved: Bool,
    full: int,
) -> npt.NDArray[np.int64]:
    # The union rounds, so half a step either way closes it too.
    most = np.floor((whole - above + 0.5) * full / (full - above)).astype(np.int64)
    least = np.ceil((whole - above - 0.5) * full / (full - above)).astype(np.int64)
    # Beneath a colour that stays as it is, up to half a step of colour.
    unseen = np.maximum((above * full - 1) // ((2 * full - 1) * (full - above)), closing)
    most = np.where(solved | (above == 0), most, np.minimum(most, unseen))
    best = np.clip(np.clip(np.rint(wished).astype(np.int64), least, most), 0, whole)
    best = np.where(best < LEAST_OF_WISHED * wished, closing, best)
    # The union grows by at most one step for a step of the lower alpha, so a neighbour hits it.
    for candidate in (closing, closing - 1, closing + 1, best - 1, best + 1):
        allowed = np.clip(candidate, 0, full)
        misses = union_of_alpha(above, best, full) != whole
        hits = union_of_alpha(above, allowed, full) == whole
        best = np.where(misses & hits, allowed, best)
    return best
