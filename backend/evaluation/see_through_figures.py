"""How well the layers of a picture that is not opaque were told apart."""

import numpy as np

from layerpeel.backend.composites.see_through import (
    HIDDEN_COLOUR,
    SeeThroughComposite,
    SeeThroughLayers,
)
from layerpeel.backend.image import Bool, Float32

# A layer shows the hidden colour where it is at least so opaque and so near to it, of full scale.
_SHOWS, _NEAR = 0.02, 0.25

# Where more of the object covers the background, what lies there is anybody's guess.
_COVERED = 0.999


def see_through_figures(made: SeeThroughLayers, truth: SeeThroughComposite) -> dict[str, float]:
    """Compare layers of H×W pixels (0–1) with the true ones, by `evaluation.figures`' names."""
    visible = (truth.alpha < _COVERED).astype(np.float32)
    opacity_error = np.abs(made.background_alpha - truth.background_alpha) * visible
    behind, true_behind = (
        each.background * each.background_alpha[..., None] for each in (made, truth)
    )
    in_front, true_in_front = (each.foreground * each.alpha[..., None] for each in (made, truth))
    return {
        "alpha_mad": _thousandths(np.abs(made.alpha - truth.alpha)),
        "pF_mad": _thousandths(np.abs(in_front - true_in_front)),
        "pB_mad": _thousandths(np.abs(behind - true_behind) * visible[..., None]),
        "Balpha_mad": _thousandths(opacity_error),
        "leak": 1000 * _leak(made, truth),
        "rec_pixels": _off_where_flattened(made, truth.picture),
    }


def _thousandths(error: Float32) -> float:
    return float(error.mean(dtype=np.float64) * 1000)


def _leak(made: SeeThroughLayers, truth: SeeThroughComposite) -> float:
    """Share of the frame in which a layer shows the colour that lies under an alpha of 0."""

    def shows(colour: Float32, alpha: Float32) -> Bool:
        near = np.abs(colour - HIDDEN_COLOUR).max(axis=-1) < _NEAR
        return np.asarray(near & (alpha > _SHOWS), np.bool_)

    leaks = np.zeros(truth.alpha.shape, np.bool_)
    for colour, alpha, true_colour in (
        (made.foreground, made.alpha, truth.foreground),
        (made.background, made.background_alpha, truth.background),
    ):
        leaks |= shows(colour, alpha) & ~shows(true_colour, np.ones_like(alpha))
    return float(leaks.mean())


def _off_where_flattened(made: SeeThroughLayers, picture: Float32) -> float:
    """Share of pixels whose flattening is not the picture, give or take a step of 255 of colour."""
    over = made.alpha[..., None]
    under = (1 - over) * made.background_alpha[..., None]
    united = over + under
    mixed = over * made.foreground + under * made.background
    colour = mixed / np.maximum(united, np.float32(1e-6))
    step = np.float32(1.01 / 255)
    off = np.abs(united[..., 0] - picture[..., 3]) > step / 2
    off |= (np.abs(colour - picture[..., :3]).max(axis=-1) > step) & (picture[..., 3] > 0)
    return float(off.mean())
