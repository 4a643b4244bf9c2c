"""The picture for a ControlNet: edges, strokes or depth, at the generator's working size."""

import cv2
import numpy as np

from layerpeel.backend.colour import luma
from layerpeel.backend.image import Float32
from layerpeel.backend.stages.generation.request import Control, ControlKind
from layerpeel.backend.stages.generation.sizes import resampled

# Canny's two thresholds, on 8 bits, as in diffusers' example of SDXL with a ControlNet.
WEAK_EDGE, STRONG_EDGE = 100, 200

LIGHT_PAPER = 0.5


def condition(control: Control, size: tuple[int, int]) -> Float32:
    """Make the picture for the ControlNet: H×W×3, 0–1; size: width, height.

    Edges, lines and scribbles are light on black, as ControlNets are trained on them.
    """
    shown = resampled(control.picture, size)
    match control.kind:
        case ControlKind.EDGE:
            return edges_of(shown)
        case ControlKind.LINES | ControlKind.SCRIBBLE:
            return 1 - shown if is_dark_on_light(control.picture) else shown
        case ControlKind.DEPTH:
            return shown


def edges_of(picture: Float32) -> Float32:
    """Find Canny's edges in H×W×3 (RGB, 0–1): H×W×3, 1 on an edge and 0 elsewhere."""
    grey = np.floor(luma(picture)[..., 0] * 255 + 0.5).astype(np.uint8)
    edges = cv2.Canny(grey, WEAK_EDGE, STRONG_EDGE)
    return np.repeat((edges > 0).astype(np.float32)[..., None], 3, axis=-1)


def is_dark_on_light(drawing: Float32) -> bool:
    """Whether a drawing (H×W×3, 0–1) is dark on light, as on paper."""
    return bool(np.mean(drawing) > LIGHT_PAPER)
