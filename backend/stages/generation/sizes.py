"""The size at which a generator works, and scaling pictures to it and back."""

import math

import cv2
import numpy as np

from layerpeel.backend.image import Float32

# Aspect matters more than the number of pixels: a tenth more or fewer does no harm, while a picture
# made at another aspect is distorted.
MOST_OFF_PIXELS = 0.1
WEIGHT_OF_PIXELS = 0.05


def working_size(wanted: tuple[int, int], side: int, multiple: int) -> tuple[int, int]:
    """Return the size (width, height) at which a picture of the size `wanted` is best made.

    Both sides are multiples of `multiple`, the pixels are about side², and the shape is as near to
    the wanted one as that allows. A wanted size that is so already stays as it is.
    """
    width, height = wanted
    aspect, pixels = width / height, side**2

    def off_pixels(size: tuple[int, int]) -> float:
        return abs(math.log(size[0] * size[1] / pixels))

    def cost(size: tuple[int, int]) -> float:
        off_shape = abs(math.log(size[0] / size[1] / aspect))
        return off_shape + WEIGHT_OF_PIXELS * off_pixels(size)

    def size_of(steps: int) -> tuple[int, int]:
        across = steps * multiple
        return across, max(1, round(across / aspect / multiple)) * multiple

    most_off = math.log(1 + MOST_OFF_PIXELS)
    if width % multiple == 0 == height % multiple and off_pixels(wanted) <= most_off:
        return wanted
    ideal, reach = math.sqrt(pixels * aspect), math.sqrt(1 + MOST_OFF_PIXELS)
    fewest = max(1, math.floor(ideal / reach / multiple))
    most = math.ceil(ideal * reach / multiple)
    return min(map(size_of, range(fewest, most + 1)), key=cost)


def resampled(picture: Float32, size: tuple[int, int]) -> Float32:
    """Scale H×W×3 (0–1) to `size` (width, height): averaged where it shrinks, else Lanczos."""
    height, width = picture.shape[:2]
    if (width, height) == size:
        return picture
    shrinks = size[0] * size[1] < width * height
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LANCZOS4
    scaled = cv2.resize(picture, size, interpolation=how)
    clipped: Float32 = np.clip(scaled, 0, 1).astype(np.float32)
    return clipped
