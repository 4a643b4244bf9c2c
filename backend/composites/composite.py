"""Composites whose layers are known: a cut-out over a background (docs/quality.md).

A composite is an 8-bit picture C = αF + (1−α)B together with the α, F and B that made it and a
trimap drawn from the true α, as in Deep Image Matting.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from layerpeel.backend.composites.art import Art
from layerpeel.backend.errors import BadInputError
from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.separation import Separation

SIZE = 512

# A folder of which not one in so many draws can be used holds something else than cut-outs.
MOST_DRAWS = 100

# A cut-out that is enlarged further is a blur.
MOST_ENLARGED = 1.6


@dataclass(frozen=True)
class KnownLayers(Separation):
    """The layers that a picture was made of, and the picture: H×W×3, RGB, 0–1, in 8 bits."""

    picture: Float32


@dataclass(frozen=True)
class Composite(KnownLayers):
    """A picture whose layers are known, to measure by; F is black where alpha is 0.

    trimap: H×W, 1 sure foreground, 0 sure background, 0.5 unknown.
    cut_out, backdrop: the files that it was made of, as `fg/name.png`.
    """

    trimap: Float32
    name: str
    cut_out: str = ""
    backdrop: str = ""

    @property
    def unknown(self) -> Bool:
        """Where the trimap says nothing."""
        unknown: Bool = (self.trimap > 0) & (self.trimap < 1)
        return unknown


def draw_composites(
    art: Art | Path, count: int, seed: int, size: int = SIZE
) -> Iterator[Composite]:
    """Draw `count` composites of size×size, the same for a seed and folder.

    Files that cannot serve are noted in `Art.unusable`, and others drawn in their place.

    Raises BadInputError when the folder has no cut-outs or no backgrounds, and when next to none of
    them is of any use.
    """
    art = art if isinstance(art, Art) else Art(art)
    for index in range(count):
        random = np.random.default_rng((seed, index))
        for _ in range(MOST_DRAWS):
            cut_out = art.cut_outs[random.integers(len(art.cut_outs))]
            background = art.backgrounds[random.integers(len(art.backgrounds))]
            composite = _compose(art, cut_out, background, random, size)
            if composite is not None:
                yield composite
                break
        else:
            raise of_no_use(art)


def of_no_use(art: Art) -> BadInputError:
    """Say why next to nothing could be drawn from a folder of art."""
    if art.unusable:
        name, why = next(iter(art.unusable.items()))
        return BadInputError(
            f"{len(art.unusable)} of the pictures in {art.folder} cannot be used, too many to draw "
            f"from what is left: {name} {why}."
        )
    return BadInputError(
        f"The cut-outs in {art.folder / 'fg'} are of no use: they are all but clear, or so "
        "large or small that hardly anything of a picture would be known."
    )


def _compose(
    art: Art, cut_out: Path, background: Path, random: np.random.Generator, size: int
) -> Composite | None:
    """Compose one picture; None when a file cannot serve or the trimap leaves nothing known."""
    front, back = art.cut_out(cut_out), art.background(background)
    if front is None or back is None:
        return None
    alpha, foreground = _place_cut_out(front, random, size)
    backdrop = cropped_background(back, size)
    trimap = trimap_of_true_alpha(alpha, int(random.integers(5, 21)))
    if (trimap == 1).mean() < 0.02 or (trimap > 0).mean() > 0.95:
        return None
    picture = rounded_to_8_bits(laid_over(foreground, alpha, backdrop))
    name = f"{cut_out.stem} over {background.stem}"
    files = (f"{path.parent.name}/{path.name}" for path in (cut_out, background))
    return Composite(alpha, foreground, backdrop, picture, trimap, name, *files)


def _place_cut_out(
    pixels: Float32, random: np.random.Generator, size: int
) -> tuple[Float32, Float32]:
    """Scale to 50–95% of the frame (at most ×1.6) and place at random: alpha, filled colour."""
    height, width = pixels.shape[:2]
    small = scaled_cut_out(pixels, random.uniform(0.5, 0.95) * size / max(height, width))
    x = int(random.integers(0, size - small.shape[1] + 1))
    y = int(random.integers(0, size - small.shape[0] + 1))
    return placed_cut_out(small, x, y, size)


def scaled_cut_out(pixels: Float32, scale: float) -> Float32:
    """Scale a cut-out (H×W×4, RGB and straight alpha), at most ×1.6, and premultiply its colours.

    Resized premultiplied: the hidden colour of clear pixels must not bleed into the edge.
    """
    height, width = pixels.shape[:2]
    scale = min(scale, MOST_ENLARGED)
    shape = (max(1, round(width * scale)), max(1, round(height * scale)))
    premultiplied = np.dstack([pixels[..., :3] * pixels[..., 3:], pixels[..., 3]])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    small = np.clip(cv2.resize(premultiplied, shape, interpolation=method), 0, 1)
    return np.asarray(small, np.float32)


def placed_cut_out(small: Float32, x: int, y: int, size: int) -> tuple[Float32, Float32]:
    """Place a premultiplied cut-out in a frame of size×size: alpha (H×W), straight colour."""
    canvas = np.zeros((size, size, 4), np.float32)
    canvas[y : y + small.shape[0], x : x + small.shape[1]] = small
    alpha = canvas[..., 3]
    colour = np.clip(canvas[..., :3] / np.maximum(alpha, 1e-4)[..., None], 0, 1)
    colour[alpha < 1 / 512] = 0
    return np.where(alpha < 1 / 512, 0, alpha).astype(np.float32), colour.astype(np.float32)


def laid_over(foreground: Float32, alpha: Float32, background: Float32) -> Float32:
    """αF + (1−α)B."""
    mixed: Float32 = alpha[..., None] * foreground + (1 - alpha[..., None]) * background
    return mixed


def rounded_to_8_bits(picture: Float32) -> Float32:
    """Round to what an 8-bit picture can hold; 0–1 as before."""
    rounded: Float32 = np.floor(picture * 255 + 0.5).astype(np.float32) / np.float32(255)
    return rounded


def cropped_background(pixels: Float32, size: int) -> Float32:
    """Scale the short side to `size` and cut the middle out."""
    scale = size / min(pixels.shape[:2])
    shape = (
        max(size, round(pixels.shape[1] * scale)),
        max(size, round(pixels.shape[0] * scale)),
    )
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    resized = np.clip(cv2.resize(pixels, shape, interpolation=method), 0, 1)
    x, y = (shape[0] - size) // 2, (shape[1] - size) // 2
    return np.asarray(resized[y : y + size, x : x + size], np.float32)


def trimap_of_true_alpha(alpha: Float32, kernel_size: int) -> Float32:
    """1 where α ≥ 0.99 eroded, 0 outside α > 0.01 dilated, by an elliptic kernel, 0.5 between."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (kernel_size, kernel_size))
    inside = cv2.erode((alpha >= 0.99).astype(np.uint8), kernel)
    reach = cv2.dilate((alpha > 0.01).astype(np.uint8), kernel)
    trimap: npt.NDArray[np.float32] = np.where(inside > 0, 1, np.where(reach > 0, 0.5, 0)).astype(
        np.float32
    )
    return trimap
