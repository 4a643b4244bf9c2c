"""Between a picture of the document and what a generator sees and paints."""

import numpy as np

from layerpeel.backend.colour import values_from_proxy
from layerpeel.backend.errors import BadInputError
from layerpeel.backend.image import DocumentArray, Float32, Image, block_of, from_float
from layerpeel.backend.progress import ShowFound
from layerpeel.shared.protocol import Picture
from layerpeel.shared.scene_prompt import PromptError, ScenePrompt, point_at, read_scene_prompt

# What is clear looks grey to a generator that paints into it. Where it guides one it is white, and
# of depth far away.
CLEAR, PAPER, FAR = np.float32(0.5), np.float32(1), np.float32(0)

LONGEST_NAME = 80  # characters of a layer's


def read_prompt(text: str) -> ScenePrompt:
    """Read a prompt. Raises BadInputError, which shows the character where it goes wrong."""
    try:
        return read_scene_prompt(text)
    except PromptError as error:
        raise BadInputError(f"{error}\n{point_at(text, error)}") from error


def shown_on(ground: np.float32, image: Image) -> Float32:
    """The picture over plain ground: H×W×3, display sRGB, 0–1."""
    alpha = image.alpha[..., None]
    shown: Float32 = image.proxy * alpha + ground * (1 - alpha)
    return shown


def size_of(picture: Picture) -> tuple[int, int]:
    """Width and height."""
    return picture.pixels.width, picture.pixels.height


def check_profile(picture: Picture) -> None:
    """Raise BadInputError when nothing that is painted could be brought into its profile."""
    document_pixels(np.zeros((1, 1, 3), np.float32), np.zeros((1, 1), np.float32), picture)


def document_pixels(painted: Float32, alpha: Float32, like: Picture) -> DocumentArray:
    """Bring what was painted (H×W×3, display sRGB) and alpha (H×W) into the document's values."""
    pixels = like.pixels
    values = values_from_proxy(
        np.ascontiguousarray(painted, np.float32),
        pixels.model.channels - 1,
        pixels.depth,
        like.icc_profile,
    )
    return from_float(np.dstack([values, alpha]).astype(np.float32), pixels.depth)


def document_picture(painted: Float32, like: Picture) -> Picture:
    """Make an opaque picture of the document's own kind of what was painted."""
    opaque = np.ones(painted.shape[:2], np.float32)
    pixels = document_pixels(painted, opaque, like)
    return Picture(block_of(pixels, like.pixels.order), like.icc_profile)


def show_painted(painted: Float32, show: ShowFound) -> None:
    """Show a whole picture, H×W×3."""
    show(np.dstack([painted, np.ones(painted.shape[:2], np.float32)]))
