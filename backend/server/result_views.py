"""Draws a result small, once, when it is finished: its layers apart, and what was there before."""

import io
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageChops

from layerpeel.backend.files.disk import write_new_file
from layerpeel.backend.formats.display import shown
from layerpeel.backend.image import FULL_SCALE, DocumentArray, array_of
from layerpeel.backend.mask_levels import seen_pixels
from layerpeel.shared.jobs import Request, SubmitJob
from layerpeel.shared.protocol import (
    AdjustRequest,
    Layer,
    LayerStack,
    Outcome,
    PeelRequest,
    RefillRequest,
    Role,
)
from layerpeel.shared.protocol import Picture as SentPicture
from layerpeel.shared.thumbnails import (
    ORIGINAL_SIDE,
    THUMBNAIL_SIDE,
    LayerThumbnail,
    Thumbnails,
)
from layerpeel.shared.wire import pack

_QUALITY = 88  # of the original as JPEG
_FINER = 3  # pixels are left out first, to so many for each that is drawn


def write_views(job: SubmitJob, stack: LayerStack, thumbnails: Path, original: Path) -> None:
    """Write new files: the packed `Thumbnails` of a result and, where it had one, its original.

    That of an adjusted result is there already, where it has one.

    Raises OSError, and BadInputError for a profile that cannot be used.
    """
    is_adjusted = isinstance(job.request, AdjustRequest)
    if is_adjusted and original.exists():
        before: Image.Image | None = Image.open(original).convert("RGBA")
    else:
        before = original_of(job.picture) if _has_original(job) and job.picture else None
    write_new_file(thumbnails, pack(_thumbnails_of(job.request, stack, before)))
    if before is not None and not is_adjusted:
        write_new_file(original, encoded(before))


def original_of(picture: SentPicture) -> Image.Image:
    """Draw the picture that was sent, RGBA, at most `ORIGINAL_SIDE` a side."""
    block, icc_profile = picture.pixels, picture.icc_profile
    if picture.proxy is not None:
        block, icc_profile = picture.proxy, b""
    scale = min(1.0, ORIGINAL_SIDE / max(block.width, block.height))
    return _drawn(_fewer(array_of(block), scale), icc_profile, ORIGINAL_SIDE)


def encoded(picture: Image.Image) -> bytes:
    """Encode RGBA as JPEG where it is opaque, else as PNG."""
    is_opaque = picture.getchannel("A").getextrema() == (255, 255)
    data = io.BytesIO()
    if is_opaque:
        picture.convert("RGB").save(data, "JPEG", quality=_QUALITY, subsampling=0)
    else:
        picture.save(data, "PNG")
    return data.getvalue()


def _has_original(job: SubmitJob) -> bool:
    """Whether the layers come from the picture that was sent, rather than from a generator."""
    return isinstance(job.request, PeelRequest | RefillRequest)


def _thumbnails_of(request: Request, stack: LayerStack, before: Image.Image | None) -> Thumbnails:
    scale = min(1.0, THUMBNAIL_SIDE / max(stack.size))
    size = (max(1, round(stack.size[0] * scale)), max(1, round(stack.size[1] * scale)))
    around = None if before is None else before.resize(size, Image.Resampling.BOX)
    if stack.selection is not None and around is not None:
        level = Image.frombuffer("L", stack.size, stack.selection.data, "raw", "L", 0, 1)
        alpha = ImageChops.multiply(around.getchannel("A"), level.resize(size))
        around.putalpha(alpha)
        return Thumbnails((LayerThumbnail("", Role.FOREGROUND, _png(around)),))
    is_patch = _is_patch(request, stack)
    layers = []
    for layer in stack.layers:
        canvas = Image.new("RGBA", size)
        if is_patch and around is not None and layer.role is Role.BACKGROUND:
            canvas = around.copy()
        _lay(layer, stack.icc_profile, scale, canvas)
        layers.append(LayerThumbnail(layer.name, layer.role, _png(canvas)))
    return Thumbnails(tuple(layers))


def _is_patch(request: Request, stack: LayerStack) -> bool:
    """Whether the picture shows around the background, which covers a part of it only."""
    if isinstance(request, AdjustRequest):
        # Patches are of opaque pictures alone; what else leaves room around it is clear there.
        block = stack.layers[0].pixels
        return (block.width, block.height) != stack.size and bool(
            (array_of(block)[..., -1] == FULL_SCALE[block.depth]).all()
        )
    return isinstance(request, RefillRequest) or (
        isinstance(request, PeelRequest) and request.outcome is Outcome.PATCHES
    )


def _lay(layer: Layer, icc_profile: bytes, scale: float, canvas: Image.Image) -> None:
    """Draw a layer over a thumbnail of the whole picture, at its place."""
    pixels = seen_pixels(layer)
    side = max(1, round(max(pixels.shape[:2]) * scale))
    # What lies beyond the thumbnail, by rounding, is cut off.
    whole = Image.new("RGBA", canvas.size)
    left, top = layer.offset
    whole.paste(
        _drawn(_fewer(pixels, scale), icc_profile, side), (round(left * scale), round(top * scale))
    )
    canvas.alpha_composite(whole)


def _fewer(pixels: DocumentArray, scale: float) -> DocumentArray:
    """Leave out pixels of what will be scaled down, to take time and memory for fewer."""
    step = max(1, int(1 / (scale * _FINER)))
    top, left = (min(step // 2, (side - 1) // 2) for side in pixels.shape[:2])
    return np.ascontiguousarray(pixels[top::step, left::step])


def _drawn(array: DocumentArray, icc_profile: bytes, longest_side: int) -> Image.Image:
    """Draw H×W×channels of any depth, scaled down, as sRGB."""
    scale = longest_side / max(array.shape[:2])
    if scale < 1 and array.dtype == np.uint8 and array[..., -1].min() == 255:
        # As `shown` does, but without numbers of four bytes for each of a large picture.
        height, width = (max(1, round(side * scale)) for side in array.shape[:2])
        small = cv2.resize(array, (width, height), interpolation=cv2.INTER_AREA)
        array = small.astype(np.uint8, copy=False)
    return Image.fromarray(shown(array, icc_profile, longest_side))


def _png(picture: Image.Image) -> bytes:
    data = io.BytesIO()
    picture.save(data, "PNG", compress_level=3)
    return data.getvalue()
