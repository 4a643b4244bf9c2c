"""Puts a result into a document: one group or one layer, one undo step.

Each node that is added is an undo step of its own. The result is therefore built in a hidden copy
of the document, and a clone of it is added to the document itself.
"""

from dataclasses import replace
from pathlib import Path
from typing import Callable

from krita import Document, Krita, Node

from layerpeel.plugin.canvas import CanvasError
from layerpeel.plugin.canvas.building import build_group, build_layer, copy_from, fill, name_after
from layerpeel.plugin.canvas.finding import (
    id_of,
    in_front,
    is_open,
    node_of,
    note_group,
    position_of,
    size_of,
)
from layerpeel.plugin.canvas.lowest import add_lowest
from layerpeel.plugin.canvas.made_with_notes import note_made_with
from layerpeel.plugin.canvas.placement import PeeledGroup, Place, Placement, ResultForm
from layerpeel.plugin.canvas.source_reading import close_copy
from layerpeel.plugin.qt import QByteArray
from layerpeel.plugin.texts import i18n
from layerpeel.plugin.turns import KRITA, Turns
from layerpeel.shared.protocol import Coverage, Layer, LayerStack

# Krita 5.1 makes no selection whose outline it draws; it can copy one that was loaded.
_SELECTION = Path(__file__).with_name("selection.kra")


def insert(
    document: Document,
    stack: LayerStack,
    placement: Placement,
    wanted: Callable[[], bool],
    writes_down: bool,
) -> "Turns[None]":
    """Put a result where it belongs.

    wanted: asked again just before the document is changed.
    writes_down: whether the document is to keep what made it.

    Raises CanvasError, and changes nothing, when the document has been closed or resized, the
    layer that it belongs to is no longer there, or the result is no longer wanted.
    """
    check_fits(document, placement)
    _check_wanted(wanted)
    if placement.form is ResultForm.SELECTION:
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
        if placement.form is ResultForm.LAYER:
            name = name_after(stack.layers[0].phrase) or placement.name
            built = yield from build_layer(scratch, stack.layers[0], name, placement)
        else:
            built = yield from build_group(scratch, stack, placement)
        check_fits(document, placement)
        _check_wanted(wanted)
        active = document.activeNode()
        added = yield from _add(document, built, placement, stack.layers[0])
        # In one turn: a document that is saved or closed next has it noted, or does not have it.
        if placement.form is not ResultForm.LAYER:
            background, patch = id_of(added.childNodes()[0]), placement.place.patch
            note_group(document, PeeledGroup(placement.name, id_of(added), background, patch))
        if writes_down:
            note_made_with(document, added, stack.made_with)
        yield KRITA + "add it"
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
        raise CanvasError(i18n("The document was closed. The result waits under Results."))
    if size_of(document) != placement.size:
        raise CanvasError(
            i18n(
                "The result needs a canvas of {width}×{height} pixels. It waits under Results."
            ).format(width=placement.size[0], height=placement.size[1])
        )
    beside = placement.place.above or placement.place.below
    if beside and node_of(document, beside) is None:
        if placement.form is ResultForm.LAYER:
            message = i18n("The layer next to which it belongs is gone. It waits under Results.")
        else:
            message = i18n("The layer that was peeled is gone. The result waits under Results.")
        raise CanvasError(message)


def placed_anew(document: Document, placement: Placement) -> Placement:
    """Give a place for an older result: its own where that still is, else the top of the picture.

    At the top it lies as any layer does: what it was blended with is not below it there.
    """
    beside = placement.place.above or placement.place.below
    if not beside or node_of(document, beside) is not None:
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
    mask = copy_from(_SELECTION, lambda root: root.childNodes()[-1])
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
            raise CanvasError(i18n("The document cannot be shown. The result waits under Results."))
        Krita.instance().action("deselect").trigger()
        document.waitForDone()


def _add(document: Document, built: Node, placement: Placement, lowest: Layer) -> "Turns[Node]":
    """Add what was built to the document, and give what is there now.

    lowest: of its layers. A clone has ids of its own, and keeps them in the document.
    """
    place = placement.place
    beside = node_of(document, place.above or place.below)
    parent = (beside.parentNode() if beside is not None else None) or document.rootNode()
    above = beside
    if beside is not None and place.below:
        siblings = parent.childNodes()
        position = position_of(beside, siblings)
        if position > 0:
            above = siblings[position - 1]
        elif (dropped := add_lowest(document, parent)) is not None:
            # Krita's list of layers hears of it in a turn of its own, and before of no change.
            yield KRITA + "add it lowest"
            check_fits(document, placement)
            dropped.setName(built.name())
            # Krita can undo that a layer is converted: all but 8-bit sRGB takes a second step.
            fill(dropped, lowest, placement)
            document.refreshProjection()
            return dropped
        else:
            # Where it cannot lie below, it can still look as if it did.
            built.setBlendingMode("behind")
    added = built.clone()
    parent.addChildNode(added, above)
    return added
