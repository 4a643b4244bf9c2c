"""What a peel gives in the end: layers, patches to lay over the picture, or a selection."""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from layerpeel.backend.errors import BadInputError
from layerpeel.backend.image import FULL_SCALE, Bool, DocumentArray, Float32, array_of, block_of
from layerpeel.backend.mask_levels import level_of
from layerpeel.backend.stages.crop import window_round
from layerpeel.shared.protocol import (
    ChannelOrder,
    Coverage,
    Layer,
    Outcome,
    PeelRequest,
    Phrases,
    Picture,
    PixelBlock,
    Role,
    Things,
    Words,
)

MASK_MARGIN = 32  # pixels

# A patch reaches further than what is needed of it, so that an edge can be moved later (pixels).
PATCH_MARGIN = 16


def check_outcome(picture: Picture, request: PeelRequest) -> None:
    """Find out before any work whether a picture can have the outcome that is asked for.

    Raises BadInputError for a selection of several layers (that of things is all of them together),
    and for patches of a picture that is
    not opaque: over itself it would show twice.
    """
    layers = len(request.lift.texts) if isinstance(request.lift, Phrases) else request.layers
    together = isinstance(request.lift, Things)
    if request.outcome is Outcome.SELECTION and layers != 1 and not together:
        raise BadInputError(f"A selection shows one layer, and {layers} were asked for: ask for 1.")
    if request.outcome is Outcome.SELECTION and request.fill_variants:
        raise BadInputError("A selection has no background to fill in otherwise: ask for layers.")
    if request.outcome is Outcome.PATCHES:
        alpha = array_of(picture.pixels)[..., -1]
        if (alpha < FULL_SCALE[picture.pixels.depth]).any():
            raise BadInputError(
                "The picture is transparent in places, so patches cannot be laid over it: "
                "ask for layers."
            )


def selection_of(alpha: Float32, visible: Float32) -> Coverage:
    """Turn an alpha matte into a selection: both H×W, 0–1; rounded to 8 bits.

    visible: the picture's own alpha. Where that is 0, nothing is selected.
    """
    levels = np.floor(np.clip(alpha, 0, 1) * np.float32(255) + np.float32(0.5)).astype(np.uint8)
    levels[visible <= 0] = 0
    return Coverage(alpha.shape[1], alpha.shape[0], levels.tobytes())


def layers_of(
    picture: Picture,
    background: DocumentArray,
    foregrounds: Sequence[DocumentArray],
    names: Sequence[str],
    request: PeelRequest,
) -> tuple[Layer, ...]:
    """Turn arrays of the picture's size (H×W×channels, alpha last) into layers, bottom first.

    foregrounds: in the order in which they were peeled. names: of each, empty for none; where
    phrases were asked for they are those. Layers come in the picture's order of channels, trimmed
    to where they show; of patches, the background to where it is needed. With masks, foregrounds
    are opaque colour with their alpha beside it.
    """
    order = picture.pixels.order
    layers = [background_layer(picture, background, foregrounds, request)]
    for number in range(len(foregrounds), 0, -1):
        given = names[number - 1]
        name = given or ("Foreground" if len(foregrounds) == 1 else f"Foreground {number}")
        foreground = foregrounds[number - 1]
        shows = foreground[..., -1] > 0
        if request.masks:
            layer = masked(foreground, shows, name, picture.pixels)
        else:
            layer = trimmed(foreground, shows, name, Role.FOREGROUND, order)
        by_words = isinstance(request.lift, Words | Phrases)
        layers.append(replace(layer, phrase=given if by_words else ""))
    return tuple(layers)


def background_layer(
    picture: Picture,
    background: DocumentArray,
    foregrounds: Sequence[DocumentArray],
    request: PeelRequest,
    number: int = 1,
) -> Layer:
    """Turn a background, or the `number`-th of several to choose from, into a layer."""
    shows, margin = background[..., -1] > 0, 0
    if request.outcome is Outcome.PATCHES:
        shows = _needed_over(array_of(picture.pixels), background, foregrounds)
        margin = PATCH_MARGIN
    name = "Background" if number == 1 else f"Background {number}"
    return trimmed(background, shows, name, Role.BACKGROUND, picture.pixels.order, margin)


def masked(
    foreground: DocumentArray,
    shows: Bool,
    name: str,
    like: PixelBlock,
    known: Bool | None = None,
) -> Layer:
    """Turn a foreground (H×W×channels, alpha last) into opaque colour, with its alpha as a mask.

    shows: H×W, where it shows. like: a block whose depth and order of channels it takes.
    A margin of colour is left round it, so that the mask can be painted wider; no further than
    colours are known (H×W; None: everywhere).
    """
    size = 2 * MASK_MARGIN + 1
    wider = cv2.dilate(shows.astype(np.uint8), np.ones((size, size), np.uint8)) > 0
    if known is not None:
        wider &= known
    opaque = foreground.copy()
    opaque[..., -1] = FULL_SCALE[like.depth]
    layer = trimmed(opaque, wider if shows.any() else shows, name, Role.FOREGROUND, like.order)
    (left, top), block = layer.offset, layer.pixels
    alpha = foreground[top : top + block.height, left : left + block.width, -1]
    levels = level_of(alpha, like.depth)
    return replace(layer, mask=Coverage(block.width, block.height, levels.tobytes()))


def _needed_over(
    picture: DocumentArray, background: DocumentArray, foregrounds: Sequence[DocumentArray]
) -> Bool:
    """Where the background is needed (H×W) when its stack is laid over the picture itself."""
    needed: Bool = (background != picture).any(axis=-1)
    for foreground in foregrounds:
        needed |= foreground[..., -1] > 0
    return needed


def trimmed(
    pixels: DocumentArray,
    shows: Bool,
    name: str,
    role: Role,
    order: ChannelOrder,
    margin: int = 0,
) -> Layer:
    """Cut a layer (H×W×channels, alpha last) to the bounds of where it shows.

    margin: pixels that are left round them. Of a layer that shows nowhere one pixel is kept.
    """
    if not shows.any():
        return Layer(name, role, block_of(pixels[:1, :1], order))
    window = window_round(shows, margin)
    block = block_of(pixels[window.slices], order)
    return Layer(name, role, block, (window.left, window.top))
