"""Pictures of what was asked and of what was lifted off, for the page and to be measured."""

from collections.abc import Sequence

import cv2
import numpy as np

from layerpeel.backend.image import Float32, array_of, to_float
from layerpeel.shared.protocol import Box, Layer, Point

_KEPT, _REMOVED, _BOX = (0.1, 0.75, 0.2), (0.9, 0.1, 0.1), (1.0, 0.85, 0.0)
# Told apart also by who sees few colours: Okabe and Ito's.
_THINGS = (
    (0.90, 0.62, 0.00),
    (0.34, 0.71, 0.91),
    (0.00, 0.62, 0.45),
    (0.94, 0.89, 0.26),
    (0.00, 0.45, 0.70),
    (0.84, 0.37, 0.00),
    (0.80, 0.47, 0.65),
)
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def on_canvas(layer: Layer, size: tuple[int, int]) -> Float32:
    """Place a trimmed layer on a clear canvas (width, height): H×W×4, straight alpha, 0–1."""
    canvas = np.zeros((size[1], size[0], 4), np.float32)
    pixels = to_float(array_of(layer.pixels))
    x, y = layer.offset
    canvas[y : y + pixels.shape[0], x : x + pixels.shape[1]] = pixels
    return canvas


def lifted_off(picture: Float32, alpha: Float32, clicks: Sequence[Point] = ()) -> Float32:
    """Cut what an alpha (H×W) covers out of a picture (H×W×3): H×W×4. Clicks are dots on it."""
    layer = np.dstack([picture, alpha])
    radius = max(2, max(alpha.shape) // 80)
    for click in clicks:
        colour = _KEPT if click.inside else _REMOVED
        cv2.circle(layer, (click.x, click.y), radius + 1, (1, 1, 1, 1), -1, cv2.LINE_AA)
        cv2.circle(layer, (click.x, click.y), radius, (*colour, 1), -1, cv2.LINE_AA)
    return layer


def with_box(picture: Float32, box: Box) -> Float32:
    """Draw a box into a picture, H×W×3."""
    drawn = picture.copy()
    corners = (box.left - 1, box.top - 1), (box.left + box.width, box.top + box.height)
    cv2.rectangle(drawn, *corners, _BOX, max(1, max(picture.shape) // 256))
    return drawn


def in_colours(picture: Float32, alphas: Sequence[Float32]) -> Float32:
    """Show a picture (H×W×3) in grey, and each thing (alphas, H×W) in a colour of its own."""
    grey = np.repeat((picture @ _LUMA)[..., None], 3, axis=-1)
    shown = 0.25 + 0.5 * grey
    for number, alpha in enumerate(alphas):
        colour = np.array(_THINGS[number % len(_THINGS)], np.float32)
        tinted = colour * (0.35 + 0.65 * grey)
        shown = shown * (1 - alpha[..., None]) + tinted * alpha[..., None]
    return np.asarray(shown, np.float32)
