"""What the matting networks see: named planes, made alike by numpy and by torch (not needed here).

A network is told not only the picture and what the trimap knows, but also what can be had for
little: which colours lie on either side of the band, the alpha that these would mean, and
closed-form alpha of a picture half as large. It answers by how much these are wrong
(`band_layers`).

Arithmetic that a training needs too is written once, for arrays of C×H×W by numpy and for batches
of N×C×H×W by torch: what the two call differently is in `ArrayMath`.
"""

import itertools
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import cv2
import numpy as np

from layerpeel.backend.errors import NoEdgeError
from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.stages.closed_form import matte_closed_form
from layerpeel.backend.stages.crop import resized, window_round
from layerpeel.backend.stages.guided_upsampling import upsample_along
from layerpeel.backend.stages.spread import spread_colours

Array = TypeVar("Array", bound=Any)
"""Float32 of numpy, or a tensor of torch; the last three axes are C×H×W."""

# Where both colours are all but the same, they say nothing about alpha: it is guessed as a half.
LIKENESS = 1e-3

# What closed-form alpha sees beyond the band, in pixels.
_MARGIN = 32


class Planes(NamedTuple, Generic[Array]):
    """A network's input by name, in the order in which it is stacked; all in 0–1.

    picture: C = 3, RGB, as all colours. sure_foreground, sure_background: C = 1, 0 or 1.
    foreground, background: the colours of the nearest sure pixels of either layer; where the
        background is known, that one. guess: C = 1, the alpha at which these two make the picture.
    coarse_alpha: C = 1, closed-form alpha, solved at half the size. Both alphas are the trimap
        outside its band.
    """

    picture: Array
    sure_foreground: Array
    sure_background: Array
    foreground: Array
    background: Array
    guess: Array
    coarse_alpha: Array

    @property
    def band(self) -> Array:
        """Where alpha is unknown: C = 1, bool."""
        unknown: Array = (self.sure_foreground == 0) & (self.sure_background == 0)
        return unknown


CHANNELS = Planes(3, 1, 1, 3, 3, 1, 1)
INPUTS = sum(CHANNELS)


class ArrayMath(Protocol[Array]):
    """What numpy and torch do in different words, or, where a network learns, in different ways."""

    def clip(self, value: Array) -> Array:
        """Clip to 0–1."""

    def logit(self, share: Array, ends: float) -> Array:
        """Log-odds of what lies in 0–1, which is first clipped to `ends` from 0 and 1."""

    def sigmoid(self, logits: Array) -> Array:
        """The inverse of `logit`."""

    def where(self, condition: Array, one: Array, other: Array) -> Array:
        """One where the condition holds, the other elsewhere."""


class NumpyMath:
    """See `ArrayMath`."""

    def clip(self, value: Float32) -> Float32:
        """See `ArrayMath.clip`."""
        return np.clip(value, 0, 1)

    def logit(self, share: Float32, ends: float) -> Float32:
        """See `ArrayMath.logit`."""
        within = np.clip(share, ends, 1 - ends)
        return np.asarray(np.log(within / (1 - within)), np.float32)

    def sigmoid(self, logits: Float32) -> Float32:
        """See `ArrayMath.sigmoid`."""
        return np.asarray(1 / (1 + np.exp(-logits)), np.float32)

    def where(self, condition: Float32 | Bool, one: Float32, other: Float32) -> Float32:
        """See `ArrayMath.where`."""
        return np.where(condition, one, other)


NUMPY = NumpyMath()


def named(stacked: Array) -> Planes[Array]:
    """View stacked planes, 13×H×W or N×13×H×W, by their names."""
    ends = itertools.accumulate(CHANNELS)
    return Planes(
        *(
            stacked[..., end - channels : end, :, :]
            for end, channels in zip(ends, CHANNELS, strict=True)
        )
    )


def planes_of(picture: Float32, trimap: Float32, coarse_alpha: Float32 | None = None) -> Float32:
    """Stack the input for a picture: 13×H×W, as `Planes` has it.

    picture: H×W×3, RGB. trimap: H×W, 0, 0.5, 1. coarse_alpha: `coarse_alpha_of` both, where known.
    """
    foreground = spread_colours(picture, (trimap == 1).astype(np.float32))
    background = spread_colours(picture, (trimap == 0).astype(np.float32))
    coarse = coarse_alpha_of(picture, trimap) if coarse_alpha is None else coarse_alpha
    return stacked_planes(picture, trimap, foreground, background, coarse)


def stacked_planes(
    picture: Float32,
    trimap: Float32,
    foreground: Float32,
    background: Float32,
    coarse_alpha: Float32,
) -> Float32:
    """Stack colours (H×W×3), trimap and alpha (H×W) as `planes_from` does: 13×H×W."""
    colours = (plane.transpose(2, 0, 1) for plane in (picture, foreground, background))
    seen, front, back = colours
    return np.concatenate(
        planes_from(seen, trimap[None], front, back, coarse_alpha[None], NUMPY), dtype=np.float32
    )


def planes_from(
    picture: Array,
    trimap: Array,
    foreground: Array,
    background: Array,
    coarse_alpha: Array,
    math: ArrayMath[Array],
) -> Planes[Array]:
    """Complete what is known of a picture: colours of C = 3, trimap (0, 0.5, 1) and alpha of 1."""
    band = trimap == 0.5
    guess = alpha_between(picture, foreground, background, math)
    return Planes(
        picture,
        trimap == 1,
        trimap == 0,
        foreground,
        background,
        math.where(band, guess, trimap),
        math.where(band, coarse_alpha, trimap),
    )


def alpha_between(
    picture: Array, foreground: Array, background: Array, math: ArrayMath[Array]
) -> Array:
    """Project the picture's colours onto the line from one colour to the other: C = 1, 0–1."""
    line = foreground - background
    along = _summed((picture - background) * line)
    return math.clip((along + LIKENESS / 2) / (_summed(line**2) + LIKENESS))


def _summed(colours: Array) -> Array:
    """Sum three channels to one."""
    red, green, blue = (colours[..., channel : channel + 1, :, :] for channel in range(3))
    total: Array = red + green + blue
    return total


def coarse_alpha_of(picture: Float32, trimap: Float32) -> Float32:
    """Solve closed-form alpha at half the size: H×W, 0–1; a half where that has no solution."""
    band = trimap == 0.5
    if not band.any():
        return trimap
    window = window_round(band, _MARGIN).slices
    colours, known = picture[window], trimap[window]
    half = (-(-known.shape[0] // 2), -(-known.shape[1] // 2))
    small_colours = resized(colours, half)
    # A pixel is sure only where all that it stands for is.
    share = resized(known, half, cv2.INTER_AREA)
    small_known = np.where((share == 0) | (share == 1), share, 0.5).astype(np.float32)
    if not ((small_known == 0).any() and (small_known == 1).any()):
        return trimap
    try:
        small_alpha = matte_closed_form(small_colours, small_known)
    except NoEdgeError:
        # No more than a hint is missing.
        return trimap
    alpha = trimap.copy()
    solved = upsample_along(small_colours, small_alpha, colours)
    alpha[window][band[window]] = solved[band[window]]
    return alpha
