"""What the matting network sees, and how its answer becomes layers (numpy; no torch needed).

It is told not only the picture and what the trimap knows, but also what can be had for little:
which colours lie on either side of the band, the alpha that these would mean, and closed-form alpha
of a picture half as large. What it answers is by how much these are wrong: an untrained network,
which answers 0, leaves the colours as they are, and alpha all but as closed-form has it. Alpha is
corrected in log-odds: an error of a few hundredths of what is all but opaque is as far away as one
of what is half so, and where nothing can be known a half is not the end of the way.
"""

import cv2
import numpy as np

from layerpeel.backend.errors import NoEdgeError
from layerpeel.backend.image import Float32
from layerpeel.backend.separation import Separation
from layerpeel.backend.stages.closed_form import matte_closed_form
from layerpeel.backend.stages.crop import resized, window_round
from layerpeel.backend.stages.guided_upsampling import upsample_along
from layerpeel.backend.stages.spread import spread_colours

INPUTS, OUTPUTS = 13, 7


# Where both colours are all but the same, they say nothing about alpha: it is guessed as a half.
LIKENESS = np.float32(1e-3)

# Log-odds have no ends: this far from 0 and 1 is where they are reached.
ENDS = 0.02

# What closed-form alpha sees beyond the band, in pixels.
_MARGIN = 32


def planes_of(picture: Float32, trimap: Float32, coarse_alpha: Float32 | None = None) -> Float32:
    """Give the network's input, 13×H×W, 0–1.

    picture: H×W×3, RGB. trimap: H×W, 0, 0.5, 1. coarse_alpha: `coarse_alpha_of` both, where known.
    In order: picture (3), sure foreground, sure background, F of the nearest sure foreground (3), B
    of the nearest sure background (3), the alpha at which these two make the picture, and
    closed-form alpha, solved at half the size. Both alphas are the trimap outside its band.
    """
    sure_foreground = (trimap == 1).astype(np.float32)
    sure_background = (trimap == 0).astype(np.float32)
    foreground = spread_colours(picture, sure_foreground)
    background = spread_colours(picture, sure_background)
    guess = alpha_between(picture, trimap, foreground, background)
    coarse = coarse_alpha_of(picture, trimap) if coarse_alpha is None else coarse_alpha
    known = (picture, sure_foreground, sure_background, foreground, background, guess, coarse)
    return np.ascontiguousarray(np.dstack(known).transpose(2, 0, 1), np.float32)


def alpha_between(
    picture: Float32, trimap: Float32, foreground: Float32, background: Float32
) -> Float32:
    """Project the picture's colours onto the line from one colour to the other: H×W, 0–1."""
    between = foreground - background
    along = ((picture - background) * between).sum(axis=-1)
    alpha = (along + LIKENESS / 2) / ((between**2).sum(axis=-1) + LIKENESS)
    return np.asarray(np.where(trimap == 0.5, np.clip(alpha, 0, 1), trimap), np.float32)


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


def layers_of_answer(answer: Float32, planes: Float32) -> Separation:
    """Turn the network's answer (7×H×W: corrections of α in log-odds, of F and of B) into layers.

    In the band colours are moved, nearest to what was answered, until αF + (1−α)B is the picture
    again, as far as 0–1 allows. Outside it alpha is the trimap.
    planes: what the network was given.
    """
    picture, foreground, background = colours_of(planes)
    alpha = corrected_alpha(answer[0], planes)
    foreground = np.clip(foreground + answer[1:4], 0, 1)
    background = np.clip(background + answer[4:7], 0, 1)
    missing = picture - alpha * foreground - (1 - alpha) * background
    missing /= alpha**2 + (1 - alpha) ** 2
    foreground = np.clip(foreground + alpha * missing, 0, 1)
    background = np.clip(background + (1 - alpha) * missing, 0, 1)
    return Separation(alpha, foreground.transpose(1, 2, 0), background.transpose(1, 2, 0))


def colours_of(planes: Float32) -> tuple[Float32, Float32, Float32]:
    """Give the picture and the nearest sure F and B, 3×H×W each, of what the network is given."""
    return planes[:3], planes[5:8], planes[8:11]


def corrected_alpha(answer: Float32, planes: Float32) -> Float32:
    """Correct closed-form alpha by log-odds (H×W) in the band: H×W, 0–1."""
    band = (planes[3] == 0) & (planes[4] == 0)
    within = np.clip(planes[12], ENDS, 1 - ENDS)
    odds = np.log(within / (1 - within)) + answer
    corrected = np.clip((1 / (1 + np.exp(-odds)) - ENDS) / (1 - 2 * ENDS), 0, 1)
    return np.asarray(np.where(band, corrected, planes[12]), np.float32)
