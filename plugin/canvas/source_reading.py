"""Reads the pixels to peel, and finds out where the result belongs."""

from typing import Iterable, List, Optional, Tuple, Union

from krita import Document, Node

from layerpeel.plugin.canvas import CanvasError
from layerpeel.plugin.canvas.finding import (
    around,
    first_background_of,
    group_with,
    id_of,
    is_mask,
    is_open,
    node_of,
    peeled_groups,
    position_of,
    size_of,
)
from layerpeel.plugin.canvas.peelable import PAINT, layer_to_peel, why_not
from layerpeel.plugin.canvas.pixels import OwnValues, Pixels, Selected, SourceKind
from layerpeel.plugin.canvas.placement import PeeledGroup, Place
from layerpeel.plugin.canvas.profiles import LINEAR_SRGB, SRGB
from layerpeel.plugin.texts import i18n
from layerpeel.plugin.turns import KRITA, Result, Turns
from layerpeel.shared.protocol import ColourModel, Coverage, Depth


def while_open(
    document: Document, turns: "Turns[Result]", closed: Optional[str] = None
) -> "Turns[Result]":
    """Run `turns` for as long as the document is open.

    closed: for the artist, once it is not; None says that it was not read.

    Raises CanvasError once it is closed; the turns then clean up after themselves.
    """
    try:
        while is_open(document):
            try:
                name = next(turns)
            except StopIteration as end:
                result: Result = end.value
                return result
            yield name
    finally:
        turns.close()
    raise CanvasError(closed or i18n("The document was closed before it was read."))


def read_selection(document: Document) -> Optional[Selected]:
    """Read the selection within the canvas; None when there is none.

    Raises CanvasError when nothing of it lies on the canvas.
    """
    selection = document.selection()
    if selection is None:
        return None
    width, height = size_of(document)
    data = bytes(selection.pixelData(0, 0, width, height))
    if data.count(0) == len(data):
        raise CanvasError(i18n("The selection lies outside the canvas, or is empty."))
    left, top = max(0, selection.x()), max(0, selection.y())
    right = min(width, selection.x() + selection.width())
    bottom = min(height, selection.y() + selection.height())
    inside = bytes(selection.pixelData(left, top, right - left, bottom - top))
    box = (left, top, right - left, bottom - top) if inside.count(255) == len(inside) else None
    return Selected(Coverage(width, height, data), box)


def read_source(
    document: Document, kind: SourceKind, without: Optional[Node] = None
) -> "Turns[Tuple[Pixels, Place]]":
    """Read the pixels to peel, and find out where the result belongs.

    without: a layer outside of groups that is no part of the picture; the result goes below it.

    Raises CanvasError when there is nothing to peel.
    """
    yield "begin to read"
    if kind is SourceKind.LAYER:
        return (yield from _read_layer(document, layer_to_peel(document)))
    if kind is SourceKind.LEFT:
        return (yield from _read_what_is_left(document))
    if without is None:
        above = ""
        pixels = yield from read_picture(document)
    else:
        above = _layer_below(without)
        pixels = yield from _read_without(document, [id_of(without)])
    if pixels.is_empty():
        raise CanvasError(i18n("The picture is empty: there is nothing to lift off."))
    opaque = pixels.is_opaque()
    yield "look at its transparency"
    return pixels, Place(above, patch=opaque, blending_mode="normal" if opaque else "copy")


def read_source_again(
    document: Document, kind: SourceKind, source: str, hidden: List[str]
) -> "Turns[Pixels]":
    """Read what `read_source` has read, as it is now.

    source: unique id of the layer that was read; hidden: those of layers that are no part of the
    picture, where it was the picture.

    Raises CanvasError when it is gone.
    """
    if kind is SourceKind.PICTURE:
        return (yield from _read_without(document, hidden) if hidden else read_picture(document))
    layer = node_of(document, source)
    if layer is None:
        raise CanvasError(
            i18n("The layer that was peeled is gone. The result waits under Results.")
        )
    if kind is SourceKind.LEFT and (group := group_with(document, source)) is not None:
        return (yield from read_background(document, group, layer))
    return (yield from read_layer(document, layer))


def read_picture(document: Document) -> "Turns[Pixels]":
    """Read the merged picture, empty or not."""
    width, height = size_of(document)
    space = _colour_space(document)
    if space is None:
        return (yield from _read_converted(document, None))
    data = bytes(document.pixelData(0, 0, width, height))
    yield KRITA + "read the picture"
    return Pixels(width, height, *space, data)


def read_active_layer(document: Document) -> "Turns[Tuple[Pixels, str]]":
    """Read the active paint layer, and its unique id.

    Raises CanvasError when none is active, or there is nothing on it.
    """
    layer = document.activeNode()
    if layer is None or layer.type() != "paintlayer":
        raise CanvasError(i18n("Choose a paint layer in the Layers docker first."))
    pixels = yield from read_layer(document, layer)
    if pixels.is_empty():
        raise CanvasError(i18n("“{name}” is empty.").format(name=layer.name()))
    yield "look at its transparency"
    return pixels, id_of(layer)


def active_layer_id(document: Document) -> str:
    """Return the unique id of the active layer, or of the one whose mask is active; else empty."""
    layer = layer_to_peel(document)
    return "" if layer is None else id_of(layer)


def _read_layer(document: Document, layer: Optional[Node]) -> "Turns[Tuple[Pixels, Place]]":
    if layer is None:
        raise CanvasError(i18n("No layer is active: choose one in the Layers docker."))
    named = {"name": layer.name()}
    if why := why_not(layer):
        raise CanvasError(why)
    if not all(node.visible() for node in (layer, *around(layer))):
        raise CanvasError(i18n("“{name}” is hidden: show it first.").format(**named))
    pixels = yield from read_layer(document, layer)
    if pixels.is_empty():
        raise CanvasError(i18n("“{name}” is empty: there is nothing to lift off.").format(**named))
    opaque, plain = pixels.is_opaque(), _is_plain(layer)
    yield "look at its transparency"
    if plain and not opaque and _nothing_shows_below(layer):
        return pixels, Place(above=id_of(layer), patch=False, blending_mode="copy")
    return pixels, Place(
        above=id_of(layer),
        # A group with a mask, opacity or mode would apply it to the layer's remains a second time.
        patch=plain and opaque and all(_is_plain(node) for node in around(layer)),
        blending_mode=layer.blendingMode(),
        opacity=layer.opacity(),
        inherit_alpha=layer.inheritAlpha(),
        covers_original=plain and opaque,
    )


def _read_what_is_left(document: Document) -> "Turns[Tuple[Pixels, Place]]":
    groups = peeled_groups(document)
    background = node_of(document, groups[-1].background) if groups else None
    if background is None:
        raise CanvasError(i18n("Nothing has been peeled here yet: peel the picture first."))
    pixels = yield from read_background(document, groups[-1], background)
    opaque = pixels.is_opaque()
    yield "look at its transparency"
    return pixels, Place(
        above=id_of(background),
        patch=opaque and groups[-1].patch,
        blending_mode="normal" if opaque else "copy",
    )


def read_background(document: Document, group: PeeledGroup, background: Node) -> "Turns[Pixels]":
    """Read what a result has left: its background, over what that leaves uncovered."""
    if group.patch:
        return (yield from _pixels_up_to(document, background))
    if id_of(background) == first_background_of(document, group):
        return (yield from read_layer(document, background))
    return (yield from _pixels_up_to(document, background, alone=True))


def _is_plain(layer: Node) -> bool:
    """Whether a layer looks like its pixels: no opacity, blend mode, clipping or group mask."""
    is_masked = layer.type() == "grouplayer" and any(is_mask(node) for node in layer.childNodes())
    is_mixed = layer.opacity() != 255 or layer.blendingMode() != "normal" or layer.inheritAlpha()
    return not is_masked and not is_mixed


def _nothing_shows_below(layer: Node) -> bool:
    """Whether a group in blend mode `copy` above `layer` would hide nothing else."""
    parent = layer.parentNode()
    if parent is None:
        return True
    if (
        parent.type() == "grouplayer"
        and parent.parentNode() is not None
        and parent.passThroughMode()
    ):
        return False
    siblings = parent.childNodes()
    below = siblings[: position_of(layer, siblings)]
    return not any(node.visible() and not is_mask(node) for node in below)


def read_layer(document: Document, layer: Node) -> "Turns[Pixels]":
    """Read a layer's pixels within the canvas, with its masks; empty or not."""
    width, height = size_of(document)
    space = _colour_space(layer)
    if space is None:
        return (yield from _read_converted(document, id_of(layer)))
    data = _layer_bytes(layer, width, height)
    yield KRITA + "read the layer"
    return Pixels(width, height, *space, data)


def _layer_bytes(layer: Node, width: int, height: int) -> bytes:
    # With masks on the layer, and of other layers than those of paint, only that is what is seen.
    is_bare = layer.type() == PAINT and not layer.childNodes()
    read = layer.pixelData if is_bare else layer.projectionPixelData
    return bytes(read(0, 0, width, height))


def has_to_be_converted(source: Union[Document, Node]) -> bool:
    """Whether a picture or layer is neither RGB nor grey: it is read from a converted copy."""
    return _colour_space(source) is None


def _colour_space(source: Union[Document, Node]) -> Optional[Tuple[ColourModel, Depth, str]]:
    """Return model, depth and profile; None for a model that has to be converted first."""
    if source.colorModel() not in (ColourModel.RGBA.value, ColourModel.GRAYA.value):
        return None
    model, depth = ColourModel(source.colorModel()), Depth(source.colorDepth())
    return model, depth, source.colorProfile()


def _pixels_up_to(document: Document, top: Node, alone: bool = False) -> "Turns[Pixels]":
    """Read the picture as it would look without the layers above a result's background.

    The groups around it, and the background that each result came with, count as if they were
    shown in full: where they are hidden or faded, what lies below them is what was lifted off.
    alone: without what lies below the innermost group, too.
    """
    groups = list(around(top))
    shown = [id_of(group) for group in groups]
    hidden = [id_of(node) for group in groups for node in group.childNodes() if is_mask(node)]
    for group in peeled_groups(document):
        if group.group in shown:
            shown.append(first_background_of(document, group))
    node, parent, is_outer = top, top.parentNode(), False
    while parent is not None:
        siblings = parent.childNodes()
        position = position_of(node, siblings)
        others = siblings[position + 1 :]
        if alone and is_outer:
            others += siblings[:position]
        hidden += [id_of(sibling) for sibling in others if not is_mask(sibling)]
        node, parent, is_outer = parent, parent.parentNode(), True
    return (yield from _read_without(document, hidden, shown))


def _read_without(
    document: Document, hidden: List[str], shown: Iterable[str] = ()
) -> "Turns[Pixels]":
    """Read the picture as it would look without some layers, and with others shown in full.

    All are given by their unique ids.
    """
    copy = document.clone()
    try:
        yield KRITA + "copy the document"
        for unique_id in shown:
            node = node_of(copy, unique_id)
            if node is not None:
                node.setVisible(True)
                node.setOpacity(255)
                node.setBlendingMode("normal")
                node.setInheritAlpha(False)
        for unique_id in hidden:
            node = node_of(copy, unique_id)
            if node is not None:
                node.setVisible(False)
        copy.refreshProjection()
        yield KRITA + "draw what is left"
        copy.waitForDone()
        return (yield from read_picture(copy))
    finally:
        close_copy(copy)


def _layer_below(layer: Node) -> str:
    """Return the unique id of the layer directly below the topmost one; empty for any other."""
    parent = layer.parentNode()
    siblings = [each for each in parent.childNodes() if not is_mask(each)] if parent else []
    position = position_of(layer, siblings)
    return id_of(siblings[position - 1]) if 0 < position == len(siblings) - 1 else ""


def _read_converted(document: Document, layer_id: Optional[str]) -> "Turns[Pixels]":
    """Read a picture or layer that is neither RGB nor grey, converted to RGB of the same depth.

    The conversion is done on a copy of the document.
    """
    width, height = size_of(document)
    copy = document.clone()
    try:
        yield KRITA + "copy the document"
        source = copy if layer_id is None else node_of(copy, layer_id)
        if source is None:
            raise CanvasError(i18n("The layer is no longer there."))
        depth = Depth(source.colorDepth())
        profile = LINEAR_SRGB if depth.is_float else SRGB
        own = OwnValues(
            (source.colorModel(), source.colorDepth(), source.colorProfile()),
            _bytes_of(source, width, height),
        )
        yield KRITA + "read its own values"
        # Only paint can be converted alone.
        is_paint = isinstance(source, Node) and source.type() == PAINT
        (source if is_paint else copy).setColorSpace(ColourModel.RGBA.value, depth.value, profile)
        yield KRITA + "convert to RGB"
        copy.waitForDone()
        data = _bytes_of(source, width, height)
        yield KRITA + "read as RGB"
        return Pixels(width, height, ColourModel.RGBA, depth, profile, data, own)
    finally:
        close_copy(copy)


def _bytes_of(source: Union[Document, Node], width: int, height: int) -> bytes:
    if isinstance(source, Node):
        return _layer_bytes(source, width, height)
    return bytes(source.pixelData(0, 0, width, height))


def close_copy(copy: Document) -> None:
    """Close a hidden copy of a document without Krita asking to save it."""
    copy.setModified(False)
    copy.close()
