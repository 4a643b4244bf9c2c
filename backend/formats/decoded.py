"""The result of every decoder, and checks they share."""

from dataclasses import dataclass, replace

import numpy as np

from layerpeel.backend.errors import BadInputError
from layerpeel.backend.image import DEPTH_OF_DTYPE, FULL_SCALE, DocumentArray

MOST_PIXELS = 100_000_000
"""Unless more are allowed. A few hundred kB can claim so many; decoding takes a gigabyte then."""


@dataclass(frozen=True)
class Decoded:
    """Pixels of a file, before they become a picture.

    array: H×W×2 (grey, alpha) or H×W×4 (RGB, alpha), straight alpha, in the file's own depth.
    icc_profile: as embedded, unchecked; empty if there is none.
    orientation: EXIF's 1–8; 1 is upright.
    notes: shown to the user.
    """

    array: DocumentArray
    icc_profile: bytes = b""
    orientation: int = 1
    notes: tuple[str, ...] = ()


class TooManyPixelsError(BadInputError):
    """A picture has more pixels than may be read. size: width, height, as its header has them."""

    def __init__(self, size: tuple[int, int], most_pixels: int) -> None:
        super().__init__(
            f"it is {size[0]} × {size[1]} pixels, more than the {most_pixels:,} that are read: "
            "scale it down, or allow more (--max-pixels)"
        )
        self.size = size


def check_size(width: int, height: int, most_pixels: int) -> None:
    """Check the size in a file's header before memory is taken for its pixels.

    Raises BadInputError for a picture without pixels, TooManyPixelsError for more than `most`.
    """
    if width < 1 or height < 1:
        raise BadInputError(f"it says it is {width} × {height} pixels and holds nothing")
    if width * height > most_pixels:
        raise TooManyPixelsError((width, height), most_pixels)


def with_alpha(colour: DocumentArray, alpha: DocumentArray | None = None) -> DocumentArray:
    """Append an alpha channel (H×W; opaque if None) to H×W×1 or H×W×3."""
    if alpha is None:
        full = FULL_SCALE[DEPTH_OF_DTYPE[colour.dtype.newbyteorder("<")]]
        alpha = np.full(colour.shape[:2], full, colour.dtype)
    return np.dstack([colour, alpha])


def upright(decoded: Decoded) -> Decoded:
    """Turn a picture by its EXIF orientation; an unknown one counts as upright."""
    array = decoded.array
    turned = {
        2: lambda: np.fliplr(array),
        3: lambda: np.rot90(array, 2),
        4: lambda: np.flipud(array),
        5: lambda: np.swapaxes(array, 0, 1),
        6: lambda: np.rot90(array, -1),
        7: lambda: np.rot90(np.swapaxes(array, 0, 1), 2),
        8: lambda: np.rot90(array, 1),
    }.get(decoded.orientation, lambda: array)()
    return replace(decoded, array=turned, orientation=1)
