"""The high-frequency error loss L_H of the paper (equation 3), by the Haar wavelet transform."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

# The paper's scales 0, 1 and 2.
SCALES = 3


class HaarBands(NamedTuple):
    """One scale of the orthonormal transform; each band [N, C, ⌈h/2⌉, ⌈w/2⌉].

    horizontal, vertical: of the edges that run this way, so `horizontal` is what differs from row
    to row. average: what the next scale starts from.
    """

    average: Tensor
    horizontal: Tensor
    vertical: Tensor
    diagonal: Tensor


def haar_bands(planes: Tensor) -> HaarBands:
    """Transform [N, C, h, w] once. An odd last row or column is repeated, so any size goes."""
    height, width = planes.shape[-2:]
    even = functional.pad(planes, (0, width % 2, 0, height % 2), mode="replicate")
    upper, lower = even[..., ::2, :], even[..., 1::2, :]
    upper_left, upper_right = upper[..., ::2], upper[..., 1::2]
    lower_left, lower_right = lower[..., ::2], lower[..., 1::2]
    return HaarBands(
        (upper_left + upper_right + lower_left + lower_right) / 2,
        (upper_left + upper_right - lower_left - lower_right) / 2,
        (upper_left - upper_right + lower_left - lower_right) / 2,
        (upper_left - upper_right - lower_left + lower_right) / 2,
    )


def high_frequency_error(layer: Tensor, decoded: Tensor) -> Tensor:
    """L_H of two [N, C, H, W]: squared differences of the bands over all scales and directions.

    N_s is the number of pixels of the bands at scale s; over pictures and channels the mean is
    taken, as in the mean squared error which this is added to. Returns a scalar.
    """
    # The transform is linear: the bands' difference is the difference's bands.
    remainder = layer - decoded
    error = torch.zeros((), dtype=remainder.dtype, device=remainder.device)
    for _ in range(SCALES):
        remainder, *details = haar_bands(remainder)
        error = error + sum(band.square().mean() for band in details)
    return error
