"""Builds groups and layers in a hidden document, where nothing is drawn or recorded for undo."""

import textwrap
from pathlib import Path
from typing import Callable, Tuple

from krita import Document, Krita, Node

from layerpeel.plugin.canvas import CanvasError
from layerpeel.plugin.canvas.own_values import Originals, give_own_values
from layerpeel.plugin.canvas.placement import Placement
from layerpeel.plugin.canvas.source_reading import close_copy
from layerpeel.plugin.qt import QByteArray
from layerpeel.plugin.stored_settings import read_settings
from layerpeel.plugin.texts import i18n, path_text
from layerpeel.plugin.turns import KRITA, Turns
from layerpeel.shared.protocol import Coverage, Layer, LayerStack, Role

LONGEST_NAME = 80  # characters

# What the backend calls a layer that has no name of its own.
_NUMBERED = "Foreground"

# A transparency mask made by Krita 5.1's API cannot be saved; a copy of a loaded one can.
_MASK = Path(__file__).with_name("transparency-mask.kra")


def build_group(
    scratch: Document, stack: LayerStack, placement: Placement, originals: Originals
) -> "Turns[Node]":
    """Build a group of all layers, the background lowest."""
    group = scratch.createGroupLayer(placement.name)
    group.setBlendingMode(placement.place.blending_mode)
    group.setOpacity(placement.place.opacity)
    group.setInheritAlpha(placement.place.inherit_alpha)
    scratch.rootNode().addChildNode(group, None)
    yield KRITA + "make the group"
    lifted = wished_name(placement)
    for layer in stack.layers:
        name = layer_name(layer, stack, lifted)
        node = yield from build_layer(scratch, layer, name, placement, originals)
        group.addChildNode(node, None)
        yield KRITA + "add a layer"
        if layer.mask is not None:
            _add_mask(node, layer.mask, layer.offset)
            yield KRITA + "add a mask"
    return group


def build_layer(
    scratch: Document, layer: Layer, name: str, placement: Placement, originals: Originals
) -> "Turns[Node]":
    """Build a paint layer without a parent.

    originals: what the result was made of, where that was not RGB.
    """
    node = scratch.createNode(name, "paintlayer")
    fill(node, layer, placement)
    yield KRITA + "write a layer"
    yield from give_own_values(node, layer, originals)
    return node


def fill(node: Node, layer: Layer, placement: Placement) -> None:
    """Write a layer's pixels into a paint layer, in their colour space.

    Raises CanvasError where they are of another: Krita reads on behind what is too short.
    """
    block = layer.pixels
    if (block.model, block.depth) != (placement.model, placement.depth):
        raise _unfit()
    here = (node.colorModel(), node.colorDepth(), node.colorProfile())
    space = (placement.model.value, placement.depth.value, placement.profile)
    if here != space:
        node.setColorSpace(*space)
    if (node.colorModel(), node.colorDepth()) != space[:2]:
        raise _unfit()
    data = QByteArray(block.data)
    # Krita 5.1 does not say whether it did.
    if node.setPixelData(data, *layer.offset, block.width, block.height) is False:
        raise _unfit()


def _unfit() -> CanvasError:
    return CanvasError(i18n("The result cannot be inserted: its pixels are not as it says."))


def name_after(phrase: str) -> str:
    """Shorten a phrase to a layer's name."""
    return textwrap.shorten(phrase, LONGEST_NAME, placeholder="…")


def copy_from(template: Path, find: Callable[[Node], Node]) -> Node:
    """Copy a node out of a file that comes with the plugin.

    Raises CanvasError when Krita cannot open it.
    """
    document = Krita.instance().openDocument(path_text(template))
    if document is None:
        raise CanvasError(i18n("{} cannot be opened.").format(path_text(template)))
    try:
        return find(document.rootNode()).clone()
    finally:
        close_copy(document)


def wished_name(placement: Placement) -> str:
    """Return what was lifted off, where the artist has layers named after that; else nothing."""
    return placement.origin.lifted if read_settings().names_lifted else ""


def layer_name(layer: Layer, stack: LayerStack, lifted: str = "") -> str:
    """Name a layer of a result after what it shows.

    lifted: what was lifted off, to be named where nothing better is known; empty to say only
        whether a layer is a foreground.
    """
    if layer.role is Role.BACKGROUND:
        return i18n("{name}: background").format(name=lifted) if lifted else i18n("Background")
    if layer.phrase:
        return name_after(layer.phrase)
    if layer.name and not layer.name.startswith(_NUMBERED):
        return name_after(layer.name)
    foregrounds = [each for each in stack.layers if each.role is Role.FOREGROUND]
    if len(foregrounds) == 1:
        return name_after(lifted) if lifted else i18n("Foreground")
    number = len(foregrounds) - foregrounds.index(layer)
    if lifted:
        return f"{name_after(lifted)} {number}"
    return i18n("Foreground {number}").format(number=number)


def _add_mask(node: Node, mask: Coverage, offset: Tuple[int, int]) -> None:
    copy = copy_from(_MASK, lambda root: root.childNodes()[0].childNodes()[0])
    copy.setName(i18n("Transparency mask"))
    # Filled before it is added: a later change would only show after a full redraw.
    copy.setPixelData(QByteArray(mask.data), *offset, mask.width, mask.height)
    node.addChildNode(copy, None)
