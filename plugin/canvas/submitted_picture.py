"""Makes a document's pixels the `Picture` that is sent to the backend, with their colours."""

from krita import Document, Krita

from layerpeel.plugin.canvas.pixels import Pixels
from layerpeel.plugin.canvas.profiles import SRGB, profile_bytes
from layerpeel.plugin.canvas.source_reading import close_copy
from layerpeel.plugin.qt import QByteArray
from layerpeel.plugin.turns import KRITA, Turns
from layerpeel.shared.protocol import ColourModel, Depth, Picture, PixelBlock


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
    """Let Krita convert pixels of any profile to 8-bit sRGB."""
    space = (pixels.model.value, pixels.depth.value, pixels.profile)
    # Krita draws the whole document anew when it converts a layer that the document has made.
    scratch = Krita.instance().createDocument(
        pixels.width, pixels.height, "display", *space, document.resolution()
    )
    try:
        yield KRITA + "make a document"
        (node,) = scratch.rootNode().childNodes()
        node.setPixelData(QByteArray(pixels.data), 0, 0, pixels.width, pixels.height)
        yield KRITA + "copy the pixels"
        node.setColorSpace(ColourModel.RGBA.value, Depth.U8.value, SRGB)
        yield KRITA + "convert to sRGB"
        scratch.waitForDone()
        data = bytes(node.pixelData(0, 0, pixels.width, pixels.height))
        return Pixels(pixels.width, pixels.height, ColourModel.RGBA, Depth.U8, SRGB, data)
    finally:
        close_copy(scratch)
