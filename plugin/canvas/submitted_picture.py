"""Makes a document's pixels the `Picture` that is sent to the backend, with their colours."""

from krita import Document

from layerpeel.plugin.canvas.pixels import Pixels
from layerpeel.plugin.canvas.profiles import SRGB, profile_bytes
from layerpeel.plugin.qt import QByteArray
from layerpeel.plugin.turns import KRITA, Turns
from layerpeel.shared.protocol import ColourModel, Depth, Picture, PixelBlock

# Pixels that Krita converts in one turn: some 40 ms for floats.
CONVERTED_AT_A_TIME = 200_000


def picture_of(document: Document, pixels: Pixels) -> "Turns[Picture]":
    """Wrap pixels with their profile or, where that has no file, with a view converted by Krita."""
    block = _block(pixels)
    if pixels.profile == SRGB and not pixels.depth.is_float:
        return Picture(block)
    profile = profile_bytes(pixels.profile)
    if profile is not None:
        return Picture(block, profile)
    display = yield from converted_for_display(document, pixels)
    return Picture(block, b"", _block(display))


def _block(pixels: Pixels) -> PixelBlock:
    return PixelBlock(
        pixels.width, pixels.height, pixels.model, pixels.depth, pixels.data, pixels.order
    )


def converted_for_display(document: Document, pixels: Pixels) -> "Turns[Pixels]":
    """Let Krita convert pixels of any profile to 8-bit sRGB, some rows a turn."""
    row = pixels.width * pixels.model.channels * pixels.depth.bytes
    rows = max(1, CONVERTED_AT_A_TIME // pixels.width)
    converted = []
    for top in range(0, pixels.height, rows):
        count = min(rows, pixels.height - top)
        # Never added to the document, so that nothing is drawn or recorded for undo.
        node = document.createNode("display", "paintlayer")
        node.setColorSpace(pixels.model.value, pixels.depth.value, pixels.profile)
        part = QByteArray(pixels.data[top * row : (top + count) * row])
        node.setPixelData(part, 0, 0, pixels.width, count)
        node.setColorSpace(ColourModel.RGBA.value, Depth.U8.value, SRGB)
        converted.append(bytes(node.pixelData(0, 0, pixels.width, count)))
        yield KRITA + "convert to sRGB"
    data = b"".join(converted)
    return Pixels(pixels.width, pixels.height, ColourModel.RGBA, Depth.U8, SRGB, data)
