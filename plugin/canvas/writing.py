"""Puts a result into a document: one group, one undo step.

Each node that is added is an undo step of its own. The group is therefore built in a hidden copy of
the document, and a clone of it is added to the document itself.
"""

from dataclasses import replace
from pathlib import Path
from typing import Callable, Optional, Tuple

from krita import Document, Krita, Node

from layerpeel.plugin.canvas import CanvasError
from layerpeel.plugin.canvas.finding import (
    id_of,
    in_front,
    is_open,
    node_of,
    note_group,
    size_of,
)
from layerpeel.plugin.canvas.reading import close_copy
from layerpeel.plugin.placement import Form, PeeledGroup, Place, Placement
from layerpeel.plugin.qt import QByteArray
from layerpeel.plugin.texts import i18n, path_text
from layerpeel.plugin.turns import KRITA, Turns
from layerpeel.shared.protocol import Coverage, Layer, LayerStack, Role

# Krita 5.1 makes no transparency mask that it can save, and no selection whose outline it draws;
# it can copy one that was loaded.
_MASK = Path(__file__).with_name("transparency-mask.kra")
_SELECTION = Path(__file__).with_name("selection.kra")


def insert(
    document: Document, stack: LayerStack, placement: Placement, wanted: Callable[[], bool]
) -> "Turns[None]":
    """Put a result where it belongs.

    wanted: asked again just before the document is changed.

    Raises CanvasError, and changes nothing, when the document has been closed or resized, the
    layer that was peeled is no longer there, or the result is no longer wanted.
    """
    check_fits(document, placement)
    _check_wanted(wanted)
    if placement.form is Form.SELECTION:
        if stack.selection is None:
            raise CanvasError(i18n("The backend sent no selection."))
        select(document, stack.selection)
        return
    if not stack.layers:
        raise CanvasError(i18n("The backend sent no layers."))
    scratch = document.clone()
    try:
        # Krita draws the whole picture anew for each node that is added over others.
        for node in scratch.rootNode().childNodes():
            node.remove()
        yield KRITA + "copy the document"
        built = yield from _build_group(scratch, stack, placement)
        check_fits(document, placement)
        _check_wanted(wanted)
        parent, above = _where(document, placement)
        active = document.activeNode()
        # A clone has ids of its own, and keeps them in the document.
        group = built.clone()
        background = group.childNodes()[0]
        patch = placement.place.patch
        parent.addChildNode(group, above)
        # In one turn: a document that is saved or closed next has its group noted, or has none.
        note_group(document, PeeledGroup(placement.name, id_of(group), id_of(background), patch))
        yield KRITA + "add the group"
    finally:
        close_copy(scratch)
    # Krita makes what is added the active layer; the artist's brush belongs where it was.
    if active is not None and is_open(document):
        document.setActiveNode(active)
    yield "bring back the active layer"


def check_fits(document: Document, placement: Placement) -> None:
    """Find out whether a result can still be put into the document.

    Raises CanvasError, with what the artist can do, when it cannot.
    """
    if not is_open(document):
        raise CanvasError(i18n("Its document was closed. The result waits under Results."))
    if size_of(document) != placement.size:
        raise CanvasError(
            i18n(
                "The result takes a canvas of {width}×{height} pixels. It waits under Results."
            ).format(width=placement.size[0], height=placement.size[1])
        )
    above = placement.place.above
    if above and node_of(document, above) is None:
        raise CanvasError(
            i18n("The layer that was peeled is gone. The result waits under Results.")
        )


def placed_anew(document: Document, placement: Placement) -> Placement:
    """Give a place for an older result: its own where that still is, else the top of the picture.

    At the top it lies as any layer does: what it was blended with is not below it there.
    """
    above = placement.place.above
    if not above or node_of(document, above) is not None:
        return placement
    return replace(placement, place=Place(patch=placement.place.patch))


def _check_wanted(wanted: Callable[[], bool]) -> None:
    if not wanted():
        raise CanvasError(i18n("Cancelled."))


def select(document: Document, selection: Coverage) -> None:
    """Make `selection` the document's selection, undoably.

    `Document.setSelection` cannot be undone, and to change what is in a selection that Krita made
    tears its history, which crashes it later. But a selection is a mask of the whole picture, and
    to add one can be undone. A selection from before takes a step of its own: Deselect.
    """
    mask = _copy_from(_SELECTION, lambda root: root.childNodes()[-1])
    mask.setPixelData(QByteArray(selection.data), 0, 0, selection.width, selection.height)
    if document.selection() is not None:
        _deselect(document)
    document.rootNode().addChildNode(mask, None)
    document.waitForDone()
    # It is that one already; this makes Krita draw its outline.
    document.setSelection(document.selection())


def _deselect(document: Document) -> None:
    with in_front(document) as is_seen:
        if not is_seen:
            raise CanvasError(i18n("Its document cannot be shown. The result waits under Results."))
        Krita.instance().action("deselect").trigger()
        document.waitForDone()


def _where(document: Document, placement: Placement) -> Tuple[Node, Optional[Node]]:
    """Give the parent of the new group, and the layer directly below it (None for the top)."""
    above = node_of(document, placement.place.above) if placement.place.above else None
    parent = above.parentNode() if above is not None else None
    return parent or document.rootNode(), above


def _build_group(scratch: Document, stack: LayerStack, placement: Placement) -> "Turns[Node]":
    """Build the group in a hidden document, its background lowest."""
    group = scratch.createGroupLayer(placement.name)
    group.setBlendingMode(placement.place.blending_mode)
    group.setOpacity(placement.place.opacity)
    group.setInheritAlpha(placement.place.inherit_alpha)
    scratch.rootNode().addChildNode(group, None)
    yield KRITA + "make the group"
    for layer in stack.layers:
        node = scratch.createNode(_name_of(layer, stack), "paintlayer")
        here = (node.colorModel(), node.colorDepth(), node.colorProfile())
        space = (placement.model.value, placement.depth.value, placement.profile)
        if here != space:
            node.setColorSpace(*space)
        block = layer.pixels
        node.setPixelData(QByteArray(block.data), *layer.offset, block.width, block.height)
        yield KRITA + "write a layer"
        group.addChildNode(node, None)
        yield KRITA + "add a layer"
        if layer.mask is not None:
            _add_mask(node, layer.mask, layer.offset)
            yield KRITA + "add a mask"
    return group


def _name_of(layer: Layer, stack: LayerStack) -> str:
    if layer.role is Role.BACKGROUND:
        return i18n("Background")
    foregrounds = [each for each in stack.layers if each.role is Role.FOREGROUND]
    if len(foregrounds) == 1:
        return i18n("Foreground")
    number = len(foregrounds) - foregrounds.index(layer)
    return i18n("Foreground {number}").format(number=number)


def _add_mask(node: Node, mask: Coverage, offset: Tuple[int, int]) -> None:
    copy = _copy_from(_MASK, lambda root: root.childNodes()[0].childNodes()[0])
    copy.setName(i18n("Transparency mask"))
    # Filled before it is added: a change after that would show only when all is drawn anew.
    copy.setPixelData(QByteArray(mask.data), *offset, mask.width, mask.height)
    node.addChildNode(copy, None)


def _copy_from(template: Path, find: Callable[[Node], Node]) -> Node:
    document = Krita.instance().openDocument(path_text(template))
    if document is None:
        raise CanvasError(i18n("{} cannot be opened.").format(path_text(template)))
    try:
        return find(document.rootNode()).clone()
    finally:
        close_copy(document)
