"""A result as images for the screen, without becoming part of any document."""

from dataclasses import dataclass, field
from typing import List, Optional, Tuple

from krita import Document

from layerpeel.plugin.canvas import CanvasError
from layerpeel.plugin.canvas.pixels import Pixels
from layerpeel.plugin.canvas.placement import Placement, ResultForm
from layerpeel.plugin.canvas.pointed_source import display_of
from layerpeel.plugin.canvas.profiles import SRGB
from layerpeel.plugin.qt import QByteArray, QImage, QPainter
from layerpeel.plugin.texts import i18n
from layerpeel.plugin.turns import Turns
from layerpeel.plugin.widgets.image_levels import halved
from layerpeel.shared.protocol import ColourModel, Coverage, Depth, Layer, LayerStack, Role
from layerpeel.shared.wire import unpack

# Pixels that are masked in one turn.
AT_A_TIME = 1_000_000


@dataclass(frozen=True)
class ShownLayer:
    """A layer: where it lies, and its images, each at half the size of the one before.

    pixels: what the first of the images shows, which Qt does not copy.
    """

    role: Role
    offset: Tuple[int, int]
    size: Tuple[int, int]
    images: Tuple[QImage, ...] = field(repr=False)
    pixels: Pixels = field(repr=False)


@dataclass(frozen=True)
class ShownResult:
    """A result's layers, bottom first.

    original: what it was made of, small; None where that is not kept. is_patch: whether the
        background only covers what has changed, so that the original shows around it.
    """

    size: Tuple[int, int]
    layers: Tuple[ShownLayer, ...]
    original: Optional[QImage]
    is_patch: bool

    def has(self, role: Role) -> bool:
        """Whether it has layers of this role."""
        return any(layer.role is role for layer in self.layers)


def shown_result(
    message: QByteArray,
    original: Optional[QByteArray],
    placement: Placement,
    document: Optional[Document],
) -> "Turns[ShownResult]":
    """Make images of a packed `LayerStack`.

    original: a JPEG or PNG of what it was made of. document: any, by which Krita shows colours.

    Raises ProtocolError, and CanvasError where colours have to be converted and none is open.
    """
    data = bytes(message)
    yield "read the result"
    stack = unpack(LayerStack, data)
    yield "unpack the result"
    layers: List[ShownLayer] = []
    for layer in stack.layers:
        layers.append((yield from _shown_layer(layer, placement, document)))
    image = QImage()
    has_original = original is not None and image.loadFromData(original)
    yield "read what was there before"
    is_patch = placement.place.patch or placement.form is ResultForm.BACKGROUND
    return ShownResult(stack.size, tuple(layers), image if has_original else None, is_patch)


def _shown_layer(
    layer: Layer, placement: Placement, document: Optional[Document]
) -> "Turns[ShownLayer]":
    block = layer.pixels
    pixels = Pixels(
        block.width, block.height, block.model, block.depth, placement.profile, block.data
    )
    is_ready = (block.model, block.depth, placement.profile) == (ColourModel.RGBA, Depth.U8, SRGB)
    if document is None and not is_ready:
        raise CanvasError(
            i18n("Open any picture first: Krita needs one to show the colours of this result.")
        )
    if document is not None:
        pixels = yield from display_of(document, pixels)
    form = QImage.Format.Format_ARGB32
    image = QImage(pixels.data, pixels.width, pixels.height, pixels.width * 4, form)
    if layer.mask is not None:
        image = yield from _masked(image, layer.mask)
    images = yield from halved(image)
    return ShownLayer(layer.role, layer.offset, (block.width, block.height), images, pixels)


def _masked(image: QImage, mask: Coverage) -> "Turns[QImage]":
    """Make what a mask hides transparent, some rows a turn."""
    masked = QImage(image.size(), QImage.Format.Format_ARGB32_Premultiplied)
    masked.fill(0)
    stride, form = mask.width, QImage.Format.Format_Alpha8
    alpha = QImage(mask.data, mask.width, mask.height, stride, form)
    if alpha.size() != image.size():
        # Of a large result in other colours not all pixels are shown.
        alpha = alpha.scaled(image.size())
    rows = max(1, AT_A_TIME // max(1, image.width()))
    for top in range(0, image.height(), rows):
        painter = QPainter(masked)
        painter.drawImage(0, top, image, 0, top, image.width(), rows)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
        painter.setClipRect(0, top, image.width(), rows)
        painter.drawImage(0, top, alpha, 0, top, image.width(), rows)
        painter.end()
        yield "apply a mask"
    return masked
