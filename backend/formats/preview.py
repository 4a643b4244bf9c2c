"""A preview: one picture of the original, its layers, the flattened result and the difference."""

import io
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from layerpeel.backend.errors import OutputError
from layerpeel.backend.flatten import flatten
from layerpeel.backend.formats.contact_sheet import LONGEST_SIDE, Panel, contact_sheet
from layerpeel.backend.formats.destination import check_file, new_file
from layerpeel.backend.formats.display import shown
from layerpeel.backend.image import DEPTH_OF_DTYPE, FULL_SCALE, DocumentArray, array_of
from layerpeel.backend.mask_levels import seen_pixels
from layerpeel.shared.protocol import Depth, Layer, LayerStack, Picture

_FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
_LARGEST_SHEET = {"PNG": 2**31 - 1, "JPEG": 65_500, "WEBP": 16_383}  # pixels of a side
_QUALITY = 92  # of JPEG and WebP
_COMPRESSION = 3  # of PNG; more takes longer than it is worth
_FLOAT_TOLERANCE = 1e-6  # times the value where that is above 1


def check_preview(path: Path, force: bool) -> None:
    """Check before the work whether a preview can be written.

    Raises OutputError for another ending than .png, .jpg, .jpeg and .webp, a folder that is not
    there or may not be written into, and an existing file unless `force` is set.
    """
    if path.suffix.lower() not in _FORMATS:
        raise OutputError(
            f"{path} cannot be written: a preview is a PNG, JPEG or WebP. "
            "Choose a name that ends in .png, .jpg or .webp."
        )
    check_file(path, force)


def write_preview(picture: Picture, stack: LayerStack, path: Path, force: bool) -> None:
    """Write one picture of panels: original, each layer, the flattened stack, the difference.

    picture: what was peeled; as large as the stack, of the same depth and model.

    Raises OutputError as `check_preview` does, when writing fails, and when the sheet is larger
    than its format can be.
    """
    check_preview(path, force)
    sheet = contact_sheet(panels_of(picture, stack))
    kind = _FORMATS[path.suffix.lower()]
    if max(sheet.size) > _LARGEST_SHEET[kind]:
        raise OutputError(
            f"{path} cannot be written: {len(stack.layers)} layers make a preview of "
            f"{sheet.width} × {sheet.height} pixels, too large for {kind}. Choose .png."
        )
    encoded = io.BytesIO()
    sheet.save(encoded, kind, quality=_QUALITY, compress_level=_COMPRESSION)
    with new_file(path, force) as file:
        file.write(encoded.getvalue())


def panels_of(picture: Picture, stack: LayerStack) -> list[Panel]:
    """Return a preview's panels: original, layers from the bottom, flattened, difference.

    After the layers come the backgrounds to choose from.
    """
    original, flattened = array_of(picture.pixels), flatten(stack)
    width, height = stack.size
    bits = f"{8 * picture.pixels.depth.bytes} bits" + ", float" * picture.pixels.depth.is_float
    return [
        _panel(original, stack, "Original", f"{width} x {height} pixels, {bits}"),
        *(
            _layer_panel(layer, stack, f"Layer {number}: {layer.name}")
            for number, layer in enumerate(stack.layers, 1)
        ),
        *(
            _layer_panel(layer, stack, f"Instead: {layer.name}")
            for layer in stack.other_backgrounds
        ),
        _panel(flattened, stack, "Flattened", f"{len(stack.layers)} layers, one over the other"),
        _difference_panel(original, flattened),
    ]


def _panel(array: DocumentArray, stack: LayerStack, title: str, detail: str) -> Panel:
    return Panel(shown(array, stack.icc_profile, LONGEST_SIDE), title, detail)


def _layer_panel(layer: Layer, stack: LayerStack, title: str) -> Panel:
    pixels = seen_pixels(layer)
    width, height = stack.size
    x, y = layer.offset
    canvas: DocumentArray = np.zeros((height, width, pixels.shape[-1]), pixels.dtype)
    canvas[y : y + pixels.shape[0], x : x + pixels.shape[1]] = pixels
    detail = f"{layer.role.value}, {pixels.shape[1]} x {pixels.shape[0]} at {x}, {y}"
    return _panel(canvas, stack, title, detail)


def _difference_panel(original: DocumentArray, flattened: DocumentArray) -> Panel:
    difference = difference_of(original, flattened)
    depth = DEPTH_OF_DTYPE[original.dtype.newbyteorder("<")]
    count, largest = int(np.count_nonzero(difference)), float(difference.max())
    of_all = f"{count:,} of {difference.size:,} pixels differ"
    if count == 0:
        detail = f"identical: {of_all}"
        if depth is Depth.F32:
            detail += " by more than a millionth"
    else:
        full = FULL_SCALE[depth]
        amount = f"{largest:.2g}" if depth.is_float else f"{largest:.0f} of {full:.0f}"
        detail = f"{of_all}, by {amount} at most, which is white here"
    light = _peaks(difference / max(largest, np.finfo(np.float64).tiny))
    grey = np.floor(light * 255 + 0.5).astype(np.uint8)
    return Panel(np.dstack([grey, grey, grey, np.full_like(grey, 255)]), "Difference", detail)


def difference_of(original: DocumentArray, flattened: DocumentArray) -> npt.NDArray[np.float64]:
    """Return the difference of two pictures (H×W×C, alpha last): H×W, in the document's steps.

    It is the largest over the channels. Colour where both alphas are 0 does not count, nor, with
    32-bit floats, differences within a millionth.
    """
    first, second = original.astype(np.float64), flattened.astype(np.float64)
    apart: npt.NDArray[np.float64] = np.abs(first - second)
    apart[(first[..., -1] == 0) & (second[..., -1] == 0)] = 0
    if original.dtype == np.float32:
        apart[apart <= _FLOAT_TOLERANCE * np.maximum(1, np.abs(first))] = 0
    largest: npt.NDArray[np.float64] = apart.max(axis=-1)
    return largest


def _peaks(light: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Scale H×W down to a panel so that a single bright pixel stays visible."""
    height, width = light.shape
    scale = LONGEST_SIDE / max(height, width)
    if scale >= 1:
        return light
    reach = int(np.ceil(1 / scale))
    widened = cv2.dilate(light, np.ones((reach, reach), np.uint8))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(widened, size, interpolation=cv2.INTER_NEAREST).astype(np.float64)
