"""Reference pictures: what a generator that edits is shown beside the words.

FLUX.2 klein sees each as tokens after those of what it paints, told apart by their order (see
Flux2KleinPipeline of diffusers): the words may call them image 1, image 2 and so on.
"""

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image

from layerpeel.backend.errors import BadInputError
from layerpeel.backend.image import Float32
from layerpeel.backend.stages.generation.config import SHIPPED, GeneratorConfig, generator_config
from layerpeel.backend.stages.generation.sizes import resampled, working_size

LEAST_SIDE = 64
MOST_PIXELS = 1024 * 1024
"""What pipelines take at most of one. A larger one they would scale, and then cut to multiples."""


def check_references(pictures: Sequence[Float32], config: GeneratorConfig) -> None:
    """Raise BadInputError for pictures (H×W×3 each, in order) that a generator cannot be shown."""
    if config.references == 0:
        others = [name for name in SHIPPED if generator_config(name).references]
        instead = ", or give the picture as one to begin from (--start)"
        raise BadInputError(
            f"{config.title} is shown no pictures and edits none: take a generator that does "
            f"(--generator {' or '.join(others)})"
            f"{instead if config.start_pipeline or config.inpaint_pipeline else ''}."
        )
    check_number(len(pictures), config)
    for number, picture in enumerate(pictures, 1):
        fault = fault_of_size((picture.shape[1], picture.shape[0]), config)
        if fault is not None:
            raise BadInputError(f"Picture {number} is {fault}. Cut it, or take another.")


def check_number(pictures: int, config: GeneratorConfig) -> None:
    """Raise BadInputError for more pictures than a generator can be shown."""
    if pictures > config.references:
        raise BadInputError(
            f"{config.title} takes {config.references} pictures at most, the edited one among "
            f"them, and was given {pictures}: leave some out."
        )


def fault_of_size(size: tuple[int, int], config: GeneratorConfig) -> str | None:
    """Say why a generator cannot be shown a picture of this width and height, from its size on."""
    width, height = size
    if min(size) < LEAST_SIDE:
        return (
            f"{width} × {height} pixels, too small to be seen: each side must have {LEAST_SIDE} at "
            "least"
        )
    if max(size) > config.longest_ratio * min(size):
        return (
            f"{width} × {height} pixels: the longer side may be at most "
            f"{config.longest_ratio:g} times the shorter"
        )
    return None


def size_to_edit_at(wanted: tuple[int, int], side: int, multiple: int) -> tuple[int, int]:
    """As `working_size`, but so small that the edited picture can be shown at that size too.

    Then each place has the same coordinates in both, as in training.
    """
    size = working_size(wanted, side, multiple)
    while size[0] * size[1] > MOST_PIXELS:
        side -= multiple
        size = working_size(wanted, side, multiple)
    return size


def as_shown(
    pictures: Sequence[Float32], edited_at: tuple[int, int] | None, share: float, multiple: int
) -> list[Image.Image]:
    """Scale pictures (H×W×3, 0–1) to what a pipeline takes unscaled and uncut, 8 bit, in order.

    edited_at: width and height for the first; None treats it as the others, which are never
        enlarged. share: of `MOST_PIXELS`, what each of those may have.
    """
    shown = []
    for number, picture in enumerate(pictures):
        own = picture.shape[1], picture.shape[0]
        width, height = edited_at if edited_at and number == 0 else _fitting(own, share, multiple)
        # A generator that works at few pixels is shown them larger.
        times = -(-LEAST_SIDE // min(width, height))
        scaled = resampled(picture, (times * width, times * height))
        levels = np.floor(scaled * 255 + 0.5).astype(np.uint8)
        shown.append(Image.fromarray(levels, "RGB"))
    return shown


def _fitting(size: tuple[int, int], share: float, multiple: int) -> tuple[int, int]:
    """The largest size that is not larger, of nearly the same shape, in multiples."""
    scale = min(1.0, math.sqrt(share * MOST_PIXELS / (size[0] * size[1])))
    width, height = (max(1, int(side * scale) // multiple) * multiple for side in size)
    return width, height
