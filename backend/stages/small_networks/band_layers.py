"""From a network's answer to layers in the band of a trimap (see `planes`).

An untrained network, which answers 0, leaves the colours as they are, and alpha all but as
closed-form has it. Alpha is corrected in log-odds: an error of a few hundredths of what is all but
opaque is as far away as one of what is half so, and where nothing can be known a half is not the
end of the way.
"""

from dataclasses import dataclass
from typing import Generic

import numpy as np

from layerpeel.backend.image import Float32
from layerpeel.backend.separation import Separation
from layerpeel.backend.stages.small_networks.planes import Array, ArrayMath, Planes

# An answer's planes, by what they correct: α in log-odds, F, B.
ALPHA = np.s_[..., 0:1, :, :]
FOREGROUND = np.s_[..., 1:4, :, :]
BACKGROUND = np.s_[..., 4:7, :, :]
OUTPUTS = 7
OUTPUTS_OVER_BACKGROUND = 4
"""Of a network for a known background, which corrects no B."""

# Log-odds have no ends: this far from 0 and 1 is where they are reached.
ENDS = 0.02

# Where alpha is small, what is missing from the picture is more likely noise than colour.
FAINT = 0.003


@dataclass(frozen=True)
class BandLayers(Generic[Array]):
    """α, F and B as planes (C×H×W, or N×C×H×W in a training), 0–1; true in the band alone.

    logits: the log-odds that α was made of.
    """

    logits: Array
    alpha: Array
    foreground: Array
    background: Array


def layers_of_answer(
    answer: Array, planes: Planes[Array], math: ArrayMath[Array]
) -> BandLayers[Array]:
    """Turn an answer (7 planes) into layers.

    In the band colours are moved, nearest to what was answered, until αF + (1−α)B is the picture
    again, as far as 0–1 allows. Outside it alpha is the trimap.
    planes: what the network was given.
    """
    logits, alpha = _corrected_alpha(answer, planes, math)
    foreground = math.clip(planes.foreground + answer[FOREGROUND])
    background = math.clip(planes.background + answer[BACKGROUND])
    missing = planes.picture - alpha * foreground - (1 - alpha) * background
    missing = missing / (alpha**2 + (1 - alpha) ** 2)
    return BandLayers(
        logits,
        alpha,
        math.clip(foreground + alpha * missing),
        math.clip(background + (1 - alpha) * missing),
    )


def layers_over_background(
    answer: Array, planes: Planes[Array], math: ArrayMath[Array]
) -> BandLayers[Array]:
    """Turn an answer over a known background (4 planes) into layers.

    F is moved until αF + (1−α)B is the picture again, as far as 0–1 and noise allow.
    """
    logits, alpha = _corrected_alpha(answer, planes, math)
    foreground = math.clip(planes.foreground + answer[FOREGROUND])
    missing = planes.picture - alpha * foreground - (1 - alpha) * planes.background
    foreground = math.clip(foreground + missing * alpha / (alpha**2 + FAINT))
    return BandLayers(logits, alpha, foreground, planes.background)


def _corrected_alpha(
    answer: Array, planes: Planes[Array], math: ArrayMath[Array]
) -> tuple[Array, Array]:
    """Correct closed-form alpha in the band: log-odds, and α in 0–1."""
    logits = math.logit(planes.coarse_alpha, ENDS) + answer[ALPHA]
    corrected = math.clip((math.sigmoid(logits) - ENDS) / (1 - 2 * ENDS))
    return logits, math.where(planes.band, corrected, planes.coarse_alpha)


def separation_of(layers: BandLayers[Float32]) -> Separation:
    """Return layers of C×H×W as pixels: α H×W, F and B H×W×3."""
    foreground, background = (
        plane.transpose(1, 2, 0) for plane in (layers.foreground, layers.background)
    )
    return Separation(layers.alpha[0], foreground, background)
