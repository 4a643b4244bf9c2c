"""Arguments of a pipeline that starts from a picture (image-to-image, inpainting)."""

import math
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

from layerpeel.backend.image import Float32
from layerpeel.backend.stages.generation.pipelines import Pipeline
from layerpeel.backend.stages.generation.request import Start
from layerpeel.backend.stages.generation.sizes import resampled

# Pixels to a side of the largest patch of a generator that ships: a latent stands for 8×8 pixels,
# and FLUX.2 and Z-Image patchify 2×2 latents.
CELL = 16

# Values up to this may be left of 0 by scaling.
HARDLY_ANYTHING = 1 / 512


def taken_from_start(within_mask: bool) -> tuple[str, ...]:
    """Return the names of the arguments that `start_arguments` makes."""
    return ("image", "strength", "mask_image") if within_mask else ("image", "strength")


def start_arguments(start: Start, size: tuple[int, int], strength: float) -> dict[str, Any]:
    """Make the arguments of a call at the size (width, height): picture, `strength_for`, mask."""
    picture = resampled(start.picture, size)
    arguments = {
        "image": torch.from_numpy(picture.transpose(2, 0, 1).copy())[None],  # [1, 3, H, W], 0–1
        "strength": strength,
    }
    if start.mask is not None:
        arguments["mask_image"] = mask_in_cells(start.mask, size)
    return arguments


def strength_for(pipeline: Pipeline, steps: int, steps_to_run: int) -> float:
    """Return the strength at which exactly `steps_to_run` of `steps` run.

    Pipelines round it to whole steps: those with a UNet down, and those with a transformer up. Half
    a step away from both, floating point makes no difference.
    """
    if steps_to_run == steps:
        return 1.0
    half = 0.5 if "unet" in pipeline.components else -0.5
    return (steps_to_run + half) / steps


def mask_in_cells(mask: Float32, size: tuple[int, int]) -> Tensor:
    """Scale a mask (H×W, 0–1) to the size (width, height): [1, 1, H, W], 1 wherever it was above 0.

    It is grown to whole cells, of which generators see only one pixel: thin strokes stay whole, and
    what is to be replaced does not show at soft edges.
    """
    shown = cv2.resize(mask, size, interpolation=cv2.INTER_AREA) > HARDLY_ANYTHING
    height, width = shown.shape
    rows, columns = math.ceil(height / CELL), math.ceil(width / CELL)
    padded = np.zeros((rows * CELL, columns * CELL), bool)
    padded[:height, :width] = shown
    cells = padded.reshape(rows, CELL, columns, CELL).any(axis=(1, 3))
    grown = cells.repeat(CELL, axis=0).repeat(CELL, axis=1)[:height, :width]
    return torch.from_numpy(grown.astype(np.float32))[None, None]
