"""How far separated layers are from the true layers of a composite.

Errors are means over the frame × 1000 (the scale of the paper's Table 4); `texture` and `rim` are
ratios, `residue` counts pixels.
"""

import cv2
import numpy as np

from layerpeel.backend.composites.composite import Composite
from layerpeel.backend.evaluation.thing_figures import undecided
from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.separation import Separation

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
HAAR_SCALES = 3

# An edge that is left behind is looked for so near the object, and seen from so much on.
RESIDUE_REACH = 4
RESIDUE_SEEN = 20 / 255


def as_eight_bit(separation: Separation) -> Separation:
    """Round estimates to the values of 8-bit layers."""

    def rounded(plane: Float32) -> Float32:
        steps = np.floor(np.clip(plane, 0, 1) * 255 + 0.5)
        return np.asarray(steps / 255, np.float32)

    return Separation(
        rounded(separation.alpha), rounded(separation.foreground), rounded(separation.background)
    )


def measure(separation: Separation, truth: Composite) -> dict[str, float]:
    """Compute all figures of a separation of a composite (NaN where there is no hole to judge)."""
    alpha, true_alpha = separation.alpha, truth.alpha
    alpha3, true_alpha3 = alpha[..., None], true_alpha[..., None]
    foreground_error = true_alpha3 * (separation.foreground - truth.foreground)
    painted_error = alpha3 * separation.foreground - true_alpha3 * truth.foreground
    background_error = separation.background - truth.background
    visible = true_alpha < 0.999
    return {
        "alpha_mad": _thousandths(np.abs(alpha - true_alpha)),
        "undecided": undecided(alpha, true_alpha),
        "F_mad": _thousandths(np.abs(foreground_error)),
        "F_mse": _thousandths(foreground_error**2),
        "pF_mad": _thousandths(np.abs(painted_error)),
        "B_mad": _thousandths(np.abs(background_error)),
        "B_mse": _thousandths(background_error**2),
        "Bvis_mad": _thousandths(np.abs(background_error) * visible[..., None]),
        "Bocc_mad": _thousandths(np.abs(background_error) * ~visible[..., None]),
        "residue": residue(separation.background, truth),
        **_reconstruction(separation, truth),
        "texture": _texture(separation.background, truth),
        "rim": _rim(separation.background, truth),
    }


def _thousandths(error: Float32) -> float:
    return float(error.mean(dtype=np.float64) * 1000)


def residue(background: Float32, truth: Composite) -> float:
    """Count the pixels in which the object's edge is left in a background, per 1000 of its edge.

    A background errs there by more than 20 of 255 towards the object: its colour, or the picture
    where it is all but clear. Near the object (4 px), where it hides not everything (α < 0.95).
    """
    faint = (truth.alpha <= 0.02)[..., None]
    towards = np.where(faint, truth.picture, truth.foreground) - truth.background
    length = np.linalg.norm(towards, axis=-1)
    error = background - truth.background
    along = (error * towards).sum(axis=-1) / np.maximum(length, np.float32(1e-6))
    away = cv2.distanceTransform((truth.alpha <= 0.01).astype(np.uint8), cv2.DIST_L2, 5)
    left = (away <= RESIDUE_REACH) & (truth.alpha < 0.95) & (along > RESIDUE_SEEN)
    solid = (truth.alpha > 0.5).astype(np.uint8)
    outline = cv2.morphologyEx(solid, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    edge = int(np.count_nonzero(outline))
    return 1000 * int(np.count_nonzero(left)) / edge if edge else float("nan")


def _reconstruction(separation: Separation, truth: Composite) -> dict[str, float]:
    """Flatten as estimated (`rec_max`, `rec_mad`) and as 8-bit layers do (`rec_pixels`, share)."""
    alpha3 = separation.alpha[..., None]
    mixed = alpha3 * separation.foreground + (1 - alpha3) * separation.background
    error = np.abs(mixed - truth.picture)
    alpha8, foreground8, background8, picture8 = (
        np.floor(plane * 255 + 0.5).astype(np.int64)
        for plane in (alpha3, separation.foreground, separation.background, truth.picture)
    )
    flattened = (2 * (alpha8 * foreground8 + (255 - alpha8) * background8) + 255) // 510
    return {
        "rec_max": float(error.max() * 1000),
        "rec_mad": _thousandths(error),
        "rec_pixels": float((flattened != picture8).any(axis=-1).mean()),
    }


def hole_of(alpha: Float32) -> Bool:
    """Return where the background has to be filled in: α > 0.95, eroded by 2 px."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    hole: Bool = cv2.erode((alpha > 0.95).astype(np.uint8), kernel) > 0
    return hole


def _texture(background: Float32, truth: Composite) -> float:
    """Haar energy inside the hole relative to the truth: 1 is right, 0 is a blur."""
    hole = hole_of(truth.alpha)
    true_energy = haar_energy(truth.background @ LUMA, hole)
    return haar_energy(background @ LUMA, hole) / true_energy if true_energy > 0 else float("nan")


def haar_energy(grey: Float32, where: Bool) -> float:
    """Sum the mean magnitudes of the three Haar bands inside `where`, over scales 0–2."""
    energy, kept = 0.0, where
    for _ in range(HAAR_SCALES):
        height, width = grey.shape[0] // 2 * 2, grey.shape[1] // 2 * 2
        quads = grey[:height, :width].reshape(height // 2, 2, width // 2, 2)
        inside = kept[:height, :width].reshape(height // 2, 2, width // 2, 2).all(axis=(1, 3))
        a, b, c, d = quads[:, 0, :, 0], quads[:, 0, :, 1], quads[:, 1, :, 0], quads[:, 1, :, 1]
        if inside.any():
            bands = ((a - b + c - d) / 2, (a + b - c - d) / 2, (a - b - c + d) / 2)
            energy += sum(float(np.abs(band[inside]).mean()) for band in bands)
        grey, kept = (a + b + c + d) / np.float32(4), np.asarray(inside, np.bool_)
    return energy


def _rim(background: Float32, truth: Composite) -> float:
    """Mean gradient on the hole's outline, 5 px wide, relative to the truth: ≫ 1 is a seam."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    hole = (truth.alpha > 0.95).astype(np.uint8)
    outline = (cv2.dilate(hole, kernel) - cv2.erode(hole, kernel)) > 0
    if not outline.any():
        return float("nan")
    true_gradient = _gradient(truth.background @ LUMA)[outline].mean()
    ours = _gradient(background @ LUMA)[outline].mean()
    return float(ours / true_gradient) if true_gradient > 0 else float("nan")


def _gradient(grey: Float32) -> Float32:
    along_x = cv2.Sobel(grey, cv2.CV_32F, 1, 0)
    along_y = cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    magnitude: Float32 = np.hypot(along_x, along_y)
    return magnitude
