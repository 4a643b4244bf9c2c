"""Colour apart from lightness: how red, green or blue something is.

Light and dark near by span a wide range of each channel, in which a tint hides; how red, green or
blue something is varies less, and what is off in it is seen sooner than a shade.
"""

import numpy as np

from layerpeel.backend.image import Float32

# Rows: lightness, red against blue, both against green. The inverse of a rotation is its transpose.
OPPONENTS = np.array([[1, 1, 1], [1, 0, -1], [1, -2, 1]], np.float32)
OPPONENTS /= np.linalg.norm(OPPONENTS, axis=1, keepdims=True)


def with_tints_of(colours: Float32, allowed: tuple[Float32, ...]) -> Float32:
    """Keep the lightness of colours (N×3, RGB), and bring their tints within those of others.

    allowed: each N×3, RGB. How red against blue something is, and how green, stays between the
    least and the most that these are at the same place. The result may lie a little beyond 0–1.
    """
    turned = np.asarray(colours @ OPPONENTS.T, np.float32)
    others = np.stack([each @ OPPONENTS.T for each in allowed])[..., 1:]  # K×N×2
    turned[:, 1:] = np.clip(turned[:, 1:], others.min(axis=0), others.max(axis=0))
    return np.asarray(turned @ OPPONENTS, np.float32)
