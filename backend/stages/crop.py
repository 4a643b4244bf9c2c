"""Working on the part of a picture that matters, and no larger than pays."""

from dataclasses import dataclass

import cv2
import numpy as np

from layerpeel.backend.image import Bool, Float32


@dataclass(frozen=True)
class Window:
    """A rectangle of a picture, in pixels; `bottom` and `right` lie just outside."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """For indexing arrays of H×W×…."""
        return np.s_[self.top : self.bottom, self.left : self.right]

    @property
    def pixels(self) -> int:
        """How many pixels lie inside."""
        return (self.bottom - self.top) * (self.right - self.left)


def window_round(region: Bool, margin: int) -> Window:
    """The least window round the pixels that are set (at least one), grown by `margin`."""
    rows, columns = np.flatnonzero(region.any(axis=1)), np.flatnonzero(region.any(axis=0))
    return Window(
        max(0, int(rows[0]) - margin),
        min(region.shape[0], int(rows[-1]) + 1 + margin),
        max(0, int(columns[0]) - margin),
        min(region.shape[1], int(columns[-1]) + 1 + margin),
    )


def shrink_factor(pixels: int, most: float) -> float:
    """By how much to scale the sides so that no more than `most` pixels remain; at most 1."""
    return min(1.0, float(np.sqrt(most / pixels)))


def resized(plane: Float32, shape: tuple[int, int], method: int | None = None) -> Float32:
    """Resize H×W(×C) to `shape` (height, width): area when shrinking, linear when growing."""
    if plane.shape[:2] == shape:
        return plane
    if method is None:
        method = cv2.INTER_AREA if shape[0] < plane.shape[0] else cv2.INTER_LINEAR
    result = cv2.resize(plane, (shape[1], shape[0]), interpolation=method)
    return np.asarray(result, np.float32)


def disc(radius: float) -> "np.ndarray[tuple[int, int], np.dtype[np.uint8]]":
    """A round structuring element that reaches `radius` pixels from its centre."""
    side = 2 * int(np.ceil(radius)) + 1
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)).astype(np.uint8)


def grown(region: Bool, radius: float) -> Bool:
    """Dilate a region by `radius` pixels."""
    return cv2.dilate(region.astype(np.uint8), disc(radius)) > 0
