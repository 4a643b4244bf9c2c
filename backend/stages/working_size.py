"""Between the picture's own size and the one at which the diffusion works on it."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from layerpeel.backend.image import Float32
from layerpeel.backend.networks.fbdd_folder import SIDE_MULTIPLE


class WorkingPicture(NamedTuple):
    """Picture [1, 3, h, w] and alpha [1, 1, h, w], RGB, 0–1; sides are multiples of 64.

    height, width: of what they show; below and to the right of it the last row and column repeat.
    """

    picture: Tensor
    alpha: Tensor
    height: int
    width: int


def at_working_size(picture: Tensor, alpha: Tensor, longest: int) -> WorkingPicture:
    """Scale [1, 3, H, W] and [1, 1, H, W] down to a long side of at most `longest`.

    Proportions stay, and nothing is scaled up: what is smaller than 64 pixels is padded.
    """
    height, width = picture.shape[-2:]
    factor = min(1.0, longest / max(height, width))
    size = max(1, round(height * factor)), max(1, round(width * factor))
    beyond = (0, -size[1] % SIDE_MULTIPLE, 0, -size[0] % SIDE_MULTIPLE)
    padded_picture, padded_alpha = (
        functional.pad(_resized(plane, size), beyond, mode="replicate")
        for plane in (picture, alpha)
    )
    return WorkingPicture(padded_picture, padded_alpha, *size)


def at_full_size(layer: Tensor, shown: WorkingPicture, size: tuple[int, int]) -> Tensor:
    """Scale what a layer of the working picture shows, [1, 3, h, w], up to `size`."""
    return _resized(layer[..., : shown.height, : shown.width], size)


def planes_of(pixels: Float32) -> Tensor:
    """Turn H×W×C, or H×W, into [1, C, H, W]."""
    tensor = torch.tensor(pixels)
    return tensor[None, None] if pixels.ndim == 2 else tensor.permute(2, 0, 1)[None]


def pixels_of(planes: Tensor) -> Float32:
    """Turn [1, C, H, W] into H×W×C of its own memory."""
    pixels: Float32 = planes[0].permute(1, 2, 0).contiguous().numpy()
    return pixels


def _resized(planes: Tensor, size: tuple[int, int]) -> Tensor:
    """Bicubic, and without aliases when it shrinks; what overshoots is clipped to 0–1."""
    if planes.shape[-2:] == size:
        return planes
    resized = functional.interpolate(
        planes, size, mode="bicubic", align_corners=False, antialias=True
    )
    return resized.clamp(0, 1)
