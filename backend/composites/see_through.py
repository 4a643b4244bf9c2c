"""Composites that are not opaque, as layers in a painting program are: washes, soft edges, patches.

Both layers are known, and so is what never shows: under an alpha of 0 lies a loud colour.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from layerpeel.backend.composites.art import Art
from layerpeel.backend.composites.composite import SIZE, Composite, draw_composites
from layerpeel.backend.image import Float32
from layerpeel.backend.separation import Separation

HIDDEN_COLOUR = np.array([1, 0, 1], np.float32)

# Of the background where it is there: a wash, and what was all but painted over.
WASH, ALL_BUT_OPAQUE = 180 / 255, 254 / 255

# Of a frame's side: over how much a soft edge fades, and the radius of a patch.
FADE, PATCH = 0.2, 0.42


@dataclass(frozen=True)
class SeeThroughLayers(Separation):
    """What a picture that is not opaque is made of. background_alpha: H×W, 0–1."""

    background_alpha: Float32


@dataclass(frozen=True)
class SeeThroughComposite(SeeThroughLayers):
    """Such a picture whose layers are known.

    picture: H×W×4, RGB and straight alpha, 0–1, of 8-bit values. trimap: of the true alpha.
    """

    picture: Float32
    trimap: Float32
    name: str


def draw_see_through(
    art: Art, count: int, seed: int, size: int = SIZE
) -> Iterator[SeeThroughComposite]:
    """Draw composites of size×size, of four kinds in turn; the same for a seed and folder.

    Raises BadInputError as `draw_composites` does.
    """
    kinds = {
        "a wash": np.full((size, size), WASH, np.float32),
        "all but opaque": np.full((size, size), ALL_BUT_OPAQUE, np.float32),
        "a soft edge": _fading(size),
        "a patch": _patch(size),
    }
    for index, composite in enumerate(draw_composites(art, count, seed, size)):
        kind = list(kinds)[index % len(kinds)]
        yield _seen_through(composite, kinds[kind], kind)


def _seen_through(
    composite: Composite, background_alpha: Float32, kind: str
) -> SeeThroughComposite:
    share = composite.alpha[..., None]
    below = ((1 - composite.alpha) * background_alpha)[..., None]
    united = share + below
    mixed = share * composite.foreground + below * composite.background
    colour = mixed / np.maximum(united, np.float32(1e-6))
    picture = np.floor(np.dstack([colour, united]) * 255 + 0.5) / np.float32(255)
    picture[picture[..., 3] == 0, :3] = HIDDEN_COLOUR
    return SeeThroughComposite(
        composite.alpha,
        composite.foreground,
        composite.background,
        background_alpha,
        picture.astype(np.float32),
        composite.trimap,
        f"{composite.name}, {kind}",
    )


def _fading(size: int) -> Float32:
    """Opaque in the middle, fading to nothing at the border."""
    inside = np.zeros((size, size), np.uint8)
    inside[1:-1, 1:-1] = 1
    distance = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
    return np.asarray(np.clip(distance / (FADE * size), 0, 1), np.float32)


def _patch(size: int) -> Float32:
    """A round patch with a soft edge, and nothing beyond it."""
    rows, columns = np.mgrid[:size, :size].astype(np.float32)
    middle = np.float32((size - 1) / 2)
    away = np.hypot(rows - middle, columns - middle)
    return np.asarray(np.clip((PATCH * size - away) / (0.1 * size) + 0.5, 0, 1), np.float32)
