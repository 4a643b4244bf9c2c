"""Training samples of FBDD and HFA: a picture, and the layers that it was made of.

Either pieces of composites (`samples.py`), or whole composites as the paper makes them (section
3.4): any cut-out over any background, the short side brought to one length by bicubic
interpolation, and the square in the middle. Where in the background's frame a cut-out lies, and how
large it is, the paper does not say: anywhere (ours), so that the square may cut through it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from PIL import Image

from layerpeel.backend.composites.composite import MOST_DRAWS, KnownLayers
from layerpeel.backend.errors import BadInputError
from layerpeel.backend.image import Float32
from layerpeel.backend.stages.spread import spread_colours
from layerpeel.backend.training.degradation import in_eight_bits
from layerpeel.backend.training.opened_art import OpenedArt, UInt8
from layerpeel.backend.training.samples import COLOUR_KNOWN_FROM, SampleSettings, draw_sample

# A composite in which a layer is hardly visible teaches nothing of it.
LEAST_SEEN = 0.02

# The longer side of a cut-out, as a share of the square's.
SMALLEST, LARGEST = 0.4, 1.2


@dataclass(frozen=True)
class CompositeSettings:
    """Whole composites, as the paper makes them.

    side: of the square, in pixels. count: how many there are; after the last comes the first.
    DRAWING: raised whenever the same settings draw other pictures, with which no training that has
        begun may go on.
    """

    side: int
    count: int
    DRAWING: ClassVar[int] = 2


def draw_layers(
    art: OpenedArt, settings: SampleSettings | CompositeSettings, seed: int, index: int
) -> KnownLayers:
    """Draw a picture by its index; it depends on the arguments alone.

    F is defined everywhere: where alpha is next to 0, which the paper says nothing about, its
    colours spread from near by.

    Raises BadInputError when hardly any composite shows both layers.
    """
    if isinstance(settings, SampleSettings):
        return draw_sample(art, settings, seed, index)
    random = np.random.default_rng((seed, index % settings.count))
    for _ in range(MOST_DRAWS):
        cut_out = art.cut_out(_any_of(art.cut_outs, random))
        scene = art.background(_any_of(art.backgrounds, random))
        if cut_out is None or scene is None:
            continue
        layers = _composed(cut_out, scene, settings.side, random)
        if LEAST_SEEN < layers.alpha.mean() < 1 - LEAST_SEEN:
            return layers
    raise BadInputError(
        f"The pictures in {art.folder} are of no use for training: of {MOST_DRAWS} composites, "
        "none showed both something of a cut-out and something of a background."
    )


def _any_of(paths: list[Path], random: np.random.Generator) -> Path:
    return paths[random.integers(len(paths))]


def _composed(cut_out: UInt8, scene: UInt8, side: int, random: np.random.Generator) -> KnownLayers:
    piece = cut_out.astype(np.float32) / np.float32(255)
    # Premultiplied: the hidden colour of clear pixels must not bleed into the edge.
    piece[..., :3] *= piece[..., 3:]
    piece = _placed(piece, scene.shape[:2], side, random)
    alpha = np.ascontiguousarray(piece[..., 3])
    straight = np.clip(piece[..., :3] / np.maximum(alpha, 1e-4)[..., None], 0, 1)
    known = np.clip(alpha / np.float32(COLOUR_KNOWN_FROM), 0, 1).astype(np.float32)
    foreground = spread_colours(straight.astype(np.float32), known)
    background = _middle_of(scene.astype(np.float32) / np.float32(255), side)
    share = alpha[..., None]
    picture = in_eight_bits(share * foreground + (1 - share) * background)
    return KnownLayers(alpha, foreground, background, picture)


def _placed(
    piece: Float32, frame: tuple[int, int], side: int, random: np.random.Generator
) -> Float32:
    """Scale a cut-out (h×w×4, premultiplied), lay it anywhere in the frame, and take the square.

    frame: height and width of the background, whose short side becomes `side`.
    """
    scale = random.uniform(SMALLEST, LARGEST) * side / max(piece.shape[:2])
    rows, columns = (max(1, round(length * scale)) for length in piece.shape[:2])
    scaled = _resized(piece, rows, columns)
    square = np.zeros((side, side, 4), np.float32)
    spans = []
    for length, whole in zip((rows, columns), frame, strict=True):
        extent = round(whole * side / min(frame))
        begin = round(random.uniform(min(0, extent - length), max(0, extent - length)))
        spans.append(begin - (extent - side) // 2)  # where it begins in the square
    inside = [
        slice(max(0, first), max(0, min(side, first + length)))
        for first, length in zip(spans, (rows, columns), strict=True)
    ]
    taken = [
        slice(each.start - first, max(each.start, each.stop) - first)
        for each, first in zip(inside, spans, strict=True)
    ]
    square[inside[0], inside[1]] = scaled[taken[0], taken[1]]
    return square


def _middle_of(pixels: Float32, side: int) -> Float32:
    """Cut the largest square out of the middle and scale it: the same as scaling and then cutting.

    Bicubic, and without aliases when it shrinks; what overshoots is clipped.
    """
    height, width = pixels.shape[:2]
    cut = min(height, width)
    box = ((width - cut) / 2, (height - cut) / 2, (width + cut) / 2, (height + cut) / 2)
    return _resized(pixels, side, side, box)


def _resized(
    pixels: Float32,
    rows: int,
    columns: int,
    box: tuple[float, float, float, float] | None = None,
) -> Float32:
    """Scale what is in a box (left, top, right, bottom), or all, as `_middle_of` says."""
    planes = [
        Image.fromarray(np.ascontiguousarray(pixels[..., channel])).resize(
            (columns, rows), Image.Resampling.BICUBIC, box
        )
        for channel in range(pixels.shape[-1])
    ]
    scaled = np.dstack([np.asarray(plane) for plane in planes])
    return np.asarray(np.clip(scaled, 0, 1), np.float32)
