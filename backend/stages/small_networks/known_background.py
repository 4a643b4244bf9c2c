"""Alpha and foreground where the background is known, by a small network.

Something has been painted into a picture, and what the picture was before is known. That alone says
a lot: where both are equal nothing was painted, and what was painted covers at least as much as it
takes to reach its colour. In between, closed-form matting on the difference of the two is where the
network starts from, as in `planes`.
"""

import cv2
import numpy as np

from layerpeel.backend.colour import luma
from layerpeel.backend.errors import NothingFoundError
from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.separation import Separation
from layerpeel.backend.stages.crop import grown, window_round
from layerpeel.backend.stages.small_networks import answer_of
from layerpeel.backend.stages.small_networks.band_layers import (
    layers_over_background,
    separation_of,
)
from layerpeel.backend.stages.small_networks.planes import (
    NUMPY,
    coarse_alpha_of,
    named,
    stacked_planes,
)
from layerpeel.backend.stages.spread import spread_colours

NETWORK = "known-background"

# Two 8-bit pictures of the same differ by this at least, root mean square; by more than the second
# (30 dB) they are not two of the same, and what was painted would be taken for noise.
LEAST_NOISE, MOST_NOISE = 0.4 / 255, 8 / 255

# In units of the noise: a mean over 3×3 pixels, and any pixel of them, may differ by as much and
# still be the background. What the foreground must cover, is counted beyond the third.
SAME_ON_AVERAGE, SAME_AT_MOST, SURELY_OTHER = 1.2, 3.5, 2.5

# In units of the noise: from here on a mean over 3×3 pixels shows that something was painted.
PAINTED = 3.0

# Half the width of the band in which the edge is looked for, as a share of the side of a square as
# large as what was painted; in pixels at least, and at most.
BAND, LEAST_BAND, MOST_BAND = 0.05, 3, 20

# What the network sees beyond what may have been painted, in pixels.
MARGIN = 48

# Half the side of the squares in which detail is compared, in pixels, and from which correlation on
# it counts as the same.
TEXTURE_REACH = 7
ALIKE = 0.6


def lift_off_known_background(picture: Float32, background: Float32, within: Float32) -> Separation:
    """Find what was painted into `background` within a selection to make it `picture`.

    Both H×W×3, RGB, 0–1; within: H×W, 0–1, where alpha is 0 too. How noisy the picture is, is seen
    outside the selection.

    Raises NothingFoundError when nothing differs there.
    """
    window = window_round(within > 0, MARGIN).slices
    seen, behind, selected = picture[window], background[window], within[window]
    trimap = _trimap_of_changes(seen, behind, selected)
    found = matte_over(seen, behind, trimap)
    alpha, foreground = np.zeros_like(within), picture.copy()
    alpha[window] = found.alpha * selected
    foreground[window] = found.foreground
    return Separation(alpha, foreground, background)


def matte_over(picture: Float32, background: Float32, trimap: Float32) -> Separation:
    """Find alpha and F over a known B in the band of a trimap; outside it alpha is the trimap."""
    planes = planes_over(picture, background, trimap)
    answer = answer_of(NETWORK, planes, trimap == 0.5)
    return separation_of(layers_over_background(answer, named(planes), NUMPY))


def _trimap_of_changes(picture: Float32, background: Float32, within: Float32) -> Float32:
    """Draw a trimap round what has changed: 1 deep inside, 0.5 round its edge, 0 elsewhere."""
    noise = noise_between(picture, background, within == 0)
    change = np.abs(cv2.blur(picture - background, (3, 3))).max(axis=-1)
    changed = (change > PAINTED * noise) & (within > 0)
    # A pixel by itself is noise of another kind.
    changed = cv2.morphologyEx(changed.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3))) > 0
    if not changed.any():
        raise NothingFoundError(
            "Nothing was painted within the selection: try another seed, or other words."
        )
    side = float(np.sqrt(np.count_nonzero(changed)))
    band = float(np.clip(BAND * side, LEAST_BAND, MOST_BAND))
    trimap = np.zeros(within.shape, np.float32)
    trimap[grown(changed, band) & (within > 0)] = 0.5
    # Where the selection ends, so does what was painted, however sharply.
    trimap[~grown(~changed & (within >= 1), band) & changed & (within >= 1)] = 1
    trimap[_shows_through(picture, background, noise) & (trimap == 1)] = 0.5
    return trimap


def _shows_through(picture: Float32, background: Float32, noise: float) -> Bool:
    """Where the background's own texture is still to be seen: in shadows, behind glass and smoke.

    That is where both pictures' detail is alike, up to a factor (normalised cross-correlation).
    """
    size = (2 * TEXTURE_REACH + 1,) * 2

    def detail(pixels: Float32) -> Float32:
        grey = luma(pixels)[..., 0]
        return np.asarray(grey - cv2.blur(grey, size), np.float32)

    above, below = detail(picture), detail(background)
    together = cv2.blur(above * below, size)
    # A box filter adds and takes away again, and may end a hair below 0.
    energy_above, energy_below = (np.maximum(cv2.blur(x**2, size), 0) for x in (above, below))
    alike = together > ALIKE * np.sqrt(energy_above * energy_below)
    textured = np.minimum(energy_above, energy_below) > (PAINTED * noise) ** 2
    return np.asarray(alike & textured, np.bool_)


def planes_over(
    picture: Float32, background: Float32, trimap: Float32, coarse_alpha: Float32 | None = None
) -> Float32:
    """Stack the network's input, 13×H×W, as `planes.Planes` has it.

    picture, background: H×W×3, RGB. trimap: H×W, 0, 0.5, 1. coarse_alpha: `alpha_over` of all
    three, where known.
    """
    foreground = spread_colours(picture, (trimap == 1).astype(np.float32))
    coarse = alpha_over(picture, background, trimap) if coarse_alpha is None else coarse_alpha
    return stacked_planes(picture, trimap, foreground, background, coarse)


def alpha_over(picture: Float32, background: Float32, trimap: Float32) -> Float32:
    """Estimate alpha without a network: H×W, 0–1, the trimap outside its band.

    Closed-form matting of the difference, at half the size, raised to what is needed to reach the
    picture's colours from the background's.
    """
    noise = noise_between(picture, background, trimap == 0)
    difference = picture - background
    mean = np.abs(cv2.blur(difference, (3, 3))).max(axis=-1)
    same = mean < SAME_ON_AVERAGE * noise
    same &= np.abs(difference).max(axis=-1) < SAME_AT_MOST * noise
    narrowed = np.where((trimap == 0.5) & same, 0, trimap).astype(np.float32)
    shifted = np.asarray(difference / 2 + 0.5, np.float32)
    solved = coarse_alpha_of(shifted, narrowed)
    room = np.where(difference > 0, 1 - background, background)
    surely = np.maximum(np.abs(difference) - SURELY_OTHER * noise, 0)
    least = np.clip(surely / np.maximum(room, 1e-3), 0, 1).max(axis=-1)
    return np.where(trimap == 0.5, np.maximum(solved, least), trimap).astype(np.float32)


def noise_between(picture: Float32, background: Float32, same: Bool) -> float:
    """How far both differ, root mean square, where they show the same (H×W, bool)."""
    if not same.any():
        return LEAST_NOISE
    squares = ((picture[same] - background[same]) ** 2).mean(dtype=np.float64)
    return float(np.clip(np.sqrt(squares), LEAST_NOISE, MOST_NOISE))
