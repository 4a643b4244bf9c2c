"""Inserts a result into a document: one group or one layer, one undo step.

Each node added is an undo step of its own. The result is therefore built in a hidden copy of the
document, and a clone of it is added to the document itself.
"""

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Callable, Optional, Tuple

from krita import Document, Node

from layerpeel.plugin.canvas import CanvasError
from layerpeel.plugin.canvas.active_layer import remember_active
from layerpeel.plugin.canvas.building import build_group, build_layer, fill, name_after
from layerpeel.plugin.canvas.finding import (
    around,
    group_with,
    id_of,
    is_open,
    latest_background,
    node_of,
    note_background,
    note_group,
    position_of,
    size_of,
)
from layerpeel.plugin.canvas.hiding import hidden_by_layers, read_hidden
from layerpeel.plugin.canvas.idle import until_idle
from layerpeel.plugin.canvas.lowest import add_lowest
from layerpeel.plugin.canvas.made_with_notes import note_made_with
from layerpeel.plugin.canvas.meanwhile import (
    Before,
    Painted,
    added_on_top,
    below_what_was_added,
    read_painted,
    seen_of,
)
from layerpeel.plugin.canvas.own_values import Originals, read_originals
from layerpeel.plugin.canvas.pixels import SourceKind
from layerpeel.plugin.canvas.placement import PeeledGroup, Place, Placement, ResultForm
from layerpeel.plugin.canvas.selecting import select
from layerpeel.plugin.canvas.source_reading import close_copy, while_open
from layerpeel.plugin.texts import i18n
from layerpeel.plugin.turns import KRITA, Turns
from layerpeel.shared.protocol import Layer, LayerStack

# The forms that are one layer, without a group.
_SINGLE = (ResultForm.LAYER, ResultForm.BACKGROUND)
# Those that can be peeled again.
_GROUPS = (ResultForm.LAYERS, ResultForm.MASKS)


@dataclass(frozen=True)
class Placed:
    """What is in the document now.

    layers: the unique ids of a result's layers, bottom first; painted: what lies over them.
    """

    layers: Tuple[str, ...] = ()
    painted: Painted = field(default_factory=Painted)


def insert(
    document: Document,
    stack: LayerStack,
    placement: Placement,
    wanted: Callable[[], bool],
    writes_down: bool,
    before: Optional[Before] = None,
    tell: Callable[[str], None] = lambda _line: None,
) -> "Turns[Placed]":
    """Insert a result where it belongs, once no stroke is under way.

    wanted: asked again just before the document is changed.
    writes_down: whether to record in the document how it was made.
    before: what the result was made from; what has been painted since stays in sight. None where
        that is not known any more.
    tell: shows a line while the artist has to do something first.

    Raises CanvasError, and changes nothing, when the document has been closed or resized, the
    layer that it belongs to is no longer there, or the result is no longer wanted.
    """
    turns = _insert(document, stack, placement, wanted, writes_down, before, tell)
    return (yield from while_open(document, turns, _closed()))


def _insert(
    document: Document,
    stack: LayerStack,
    placement: Placement,
    wanted: Callable[[], bool],
    writes_down: bool,
    before: Optional[Before],
    tell: Callable[[str], None],
) -> "Turns[Placed]":
    def check() -> None:
        check_fits(document, placement)
        _check_wanted(wanted)

    def idle() -> "Turns[None]":
        line = i18n("The layers come once the stroke is done, or the transformation (Enter)")
        yield from until_idle(document, check, lambda: tell(line))

    yield from idle()
    if placement.form is ResultForm.SELECTION:
        if stack.selection is None:
            raise CanvasError(i18n("The backend sent no selection."))
        select(document, stack.selection)
        return Placed()
    if not stack.layers:
        raise CanvasError(i18n("The backend sent no layers."))
    scratch, painted = document.clone(), Painted()
    try:
        # Krita redraws the whole picture for each node added over others.
        for node in scratch.rootNode().childNodes():
            node.remove()
        yield KRITA + "copy the document"
        above = node_of(document, placement.place.above)
        originals = yield from read_originals(document, above)
        built, hidden = yield from _build(scratch, stack, placement, originals)
        if placement.form is ResultForm.BACKGROUND:
            # The artist may have gone on painting on what was lifted off.
            behind = _group_behind(document, placement)
            yield from read_hidden(document, behind)
        yield from idle()
        if before is not None and placement.form in _GROUPS:
            build = partial(build_layer, scratch, placement=placement, originals=originals)
            painted = yield from _keep_in_sight(
                document, built, placement, before, build, idle, tell
            )
        active: Optional[Node] = document.activeNode()
        remember_active(document)
        added = yield from _add(document, built, placement, stack.layers[0], before)
        # In the same turn: a document saved or closed next has both nodes and notes, or neither.
        if placement.form is ResultForm.BACKGROUND:
            note_background(document, behind, id_of(added))
        elif placement.form in _GROUPS:
            note_group(document, _group_of(added, stack, placement, hidden))
        if writes_down:
            note_made_with(document, added, stack.made_with)
        nodes = [added] if placement.form in _SINGLE else added.childNodes()
        layers = tuple(map(id_of, nodes[: len(stack.layers)]))
        yield KRITA + "add it"
    finally:
        close_copy(scratch)
    if placement.form not in _SINGLE and not _goes_on_elsewhere(document, before, active):
        active = added.childNodes()[-1 if painted.painted else len(stack.layers) - 1]
    # Krita activates the added node itself.
    if active is not None:
        document.setActiveNode(active)
    yield "choose the active layer"
    return Placed(layers, painted)


def check_fits(document: Document, placement: Placement) -> None:
    """Check that a result can still be inserted into the document.

    Raises CanvasError, saying what the artist can do, when it cannot.
    """
    if not is_open(document):
        raise CanvasError(_closed())
    if size_of(document) != placement.size:
        raise CanvasError(
            i18n(
                "The result needs a canvas of {width}×{height} pixels. It waits under Results."
            ).format(width=placement.size[0], height=placement.size[1])
        )
    beside = placement.place.above or placement.place.below
    if beside and node_of(document, beside) is None:
        if placement.form in _SINGLE:
            message = i18n("The layer next to which it belongs is gone. It waits under Results.")
        else:
            message = i18n("The layer that was peeled is gone. The result waits under Results.")
        raise CanvasError(message)


def _closed() -> str:
    return i18n("The document was closed. The result waits under Results.")


def placed_anew(document: Document, placement: Placement) -> Placement:
    """Return where to insert an older result: its own place if it still exists, else the top.

    At the top it blends normally, since what it was blended with is not below it there. Another
    background has no place but over those that the result already has.
    """
    place = placement.place
    if placement.form is ResultForm.BACKGROUND:
        newest = latest_background(document, place.above)
        return replace(placement, place=replace(place, above=newest))
    beside = place.above or place.below
    if not beside or node_of(document, beside) is not None:
        return placement
    return replace(placement, place=Place(patch=place.patch))


def _group_behind(document: Document, placement: Placement) -> PeeledGroup:
    check_fits(document, placement)
    group = group_with(document, placement.place.above)
    if group is None:
        # Only in a copy that lacks the notes.
        raise CanvasError(i18n("It is not known any more what hides this background."))
    return group


def _build(
    scratch: Document, stack: LayerStack, placement: Placement, originals: Originals
) -> "Turns[Tuple[Node, str]]":
    """Build the one node of a result; return it with the fingerprint of what it hides."""
    if placement.form in _SINGLE:
        name = name_after(stack.layers[0].phrase) or placement.name
        return (yield from build_layer(scratch, stack.layers[0], name, placement, originals)), ""
    group = yield from build_group(scratch, stack, placement, originals)
    return group, (yield from hidden_by_layers(stack))


def _keep_in_sight(
    document: Document,
    group: Node,
    placement: Placement,
    before: Before,
    build: "Callable[[Layer, str], Turns[Node]]",
    idle: Callable[[], "Turns[None]"],
    tell: Callable[[str], None],
) -> "Turns[Painted]":
    """Lay what was painted meanwhile over the built group, and return it.

    Whatever follows in the same turn finds the document as it was looked at.
    """
    place = placement.place
    shows_through = place.blending_mode == "normal" and place.covers_original
    while True:
        seen = seen_of(document, before)
        yield KRITA + "read the picture again"
        painted = yield from read_painted(document, before, shows_through)
        over = []
        for layer, mode in ((painted.erased, "erase"), (painted.painted, "normal")):
            if layer is not None:
                node = yield from build(layer, layer.name)
                node.setBlendingMode(mode)
                group.addChildNode(node, None)
                over.append(node)
                yield KRITA + "add what was painted meanwhile"
        yield from idle()
        if seen_of(document, before) == seen:
            return painted
        for node in over:
            node.remove()
        # Looking takes longer than some artists lift the brush for, on a large canvas.
        tell(i18n("Stop painting for a moment: the layers come then"))


def _goes_on_elsewhere(
    document: Document, before: Optional[Before], active: Optional[Node]
) -> bool:
    """Whether the artist has turned to another layer since, which the result does not hide."""
    if before is None or active is None or id_of(active) == before.arrangement.active:
        return False
    if before.kind is not SourceKind.PICTURE:
        return id_of(active) != before.source
    on_top = {id_of(node) for node in added_on_top(document, before)}
    return any(id_of(node) in on_top for node in (active, *around(active)))


def _group_of(added: Node, stack: LayerStack, placement: Placement, hidden: str) -> PeeledGroup:
    # What was painted meanwhile lies above them.
    background, *foregrounds = (id_of(node) for node in added.childNodes()[: len(stack.layers)])
    return PeeledGroup(
        placement.name,
        id_of(added),
        background,
        placement.place.patch,
        tuple(foregrounds),
        hidden,
    )


def _check_wanted(wanted: Callable[[], bool]) -> None:
    if not wanted():
        raise CanvasError(i18n("Cancelled."))


def _add(
    document: Document, built: Node, placement: Placement, lowest: Layer, before: Optional[Before]
) -> "Turns[Node]":
    """Add the built node to the document and return the node that is there now.

    lowest: the lowest of its layers. A clone gets new ids, which it keeps in the document.
    """
    place = placement.place
    beside = node_of(document, place.above or place.below)
    if beside is None and before is not None:
        beside = below_what_was_added(document, before)
    parent = (beside.parentNode() if beside is not None else None) or document.rootNode()
    above = beside
    if beside is not None and place.below:
        siblings = parent.childNodes()
        position = position_of(beside, siblings)
        if position > 0:
            above = siblings[position - 1]
        elif (dropped := add_lowest(document, parent)) is not None:
            # The Layers docker needs a turn of its own to notice the layer before it is changed.
            yield KRITA + "add it lowest"
            check_fits(document, placement)
            dropped.setName(built.name())
            # Converting a layer is an undo step: anything but 8-bit sRGB takes a second one.
            fill(dropped, lowest, placement)
            document.refreshProjection()
            return dropped
        else:
            # It cannot be added below, but it can be made to look as if it were.
            built.setBlendingMode("behind")
    added = built.clone()
    parent.addChildNode(added, above)
    return added
