"""Finds documents, layers, and the results of earlier peels in them."""

from contextlib import contextmanager
from dataclasses import replace
from pathlib import PurePath
from typing import Dict, Iterator, List, Optional, Tuple

from krita import Document, Krita, Node

from layerpeel.plugin.canvas.placement import PeeledGroup, PeeledGroups
from layerpeel.plugin.qt import QByteArray
from layerpeel.shared.protocol import ProtocolError
from layerpeel.shared.wire import from_text, to_text

_ANNOTATION = "layerpeel/peeled-groups"


def active_document() -> Optional[Document]:
    """Return the document that the artist sees, None without one."""
    return Krita.instance().activeDocument()


def is_active(document: Document) -> bool:
    """Whether it is the document that the artist sees."""
    here = active_document()
    return here is not None and here == document


@contextmanager
def in_front(document: Document) -> Iterator[bool]:
    """Show a document inside the `with`, then the one the artist saw; yield whether that worked.

    Krita's actions apply to the document that is shown.
    """
    window = Krita.instance().activeWindow()
    seen = window.activeView() if window is not None else None
    if window is None or seen is None:
        yield False
    elif active_document() == document:
        yield True
    else:
        for view in window.views():
            if view.document() == document:
                view.setVisible()
                break
        try:
            yield active_document() == document
        finally:
            seen.setVisible()


def is_open(document: Document) -> bool:
    """Whether the document is still open."""
    return any(document == other for other in Krita.instance().documents())


def size_of(document: Document) -> Tuple[int, int]:
    """Return the canvas's width and height."""
    return document.width(), document.height()


def name_of(document: Document) -> str:
    """Return a document's name for people: of its file, once it has one."""
    return PurePath(document.fileName()).name or document.name()


def id_of(node: Node) -> str:
    """Return a node's unique id, which survives undo and redo, saving, and copies."""
    return node.uniqueId().toString()


def node_of(document: Document, unique_id: str) -> Optional[Node]:
    """Find a node; None when it is no longer there."""
    for node in nodes_within(document.rootNode()):
        if id_of(node) == unique_id:
            return node
    return None


def active_layer(document: Document) -> str:
    """Return the unique id of the active layer or mask; empty without one."""
    node: Optional[Node] = document.activeNode()
    return "" if node is None else id_of(node)


def activate(document: Document, unique_id: str) -> None:
    """Make a layer the active one, if it is still there."""
    node = node_of(document, unique_id)
    if node is not None:
        document.setActiveNode(node)


def names_by_id(document: Document) -> Dict[str, str]:
    """Return the names of all layers, by their unique ids."""
    return {id_of(node): node.name() for node in nodes_within(document.rootNode())}


def layer_names(document: Document) -> List[str]:
    """List the names of all layers."""
    return [node.name() for node in nodes_within(document.rootNode())]


def free_name(name: str, taken: List[str]) -> str:
    """Return a name that is not `taken`, numbered from the second on."""
    number, numbered = 1, name
    while numbered in taken:
        number += 1
        numbered = f"{name} {number}"
    return numbered


def is_mask(node: Node) -> bool:
    """Whether a node is a mask of its parent rather than a layer (the selection is one, too)."""
    return node.type().endswith("mask")


def around(layer: Node) -> Iterator[Node]:
    """Yield the groups around a layer, innermost first, without the root."""
    group = layer.parentNode()
    while group is not None and group.parentNode() is not None:
        yield group
        group = group.parentNode()


def position_of(node: Node, siblings: List[Node]) -> int:
    """Return a node's position among its siblings, 0 for the lowest."""
    return [id_of(each) for each in siblings].index(id_of(node))


def peeled_groups(document: Document) -> List[PeeledGroup]:
    """List the results that still exist (undo may have removed some), oldest first."""
    noted = _noted_groups(document)
    if not noted:
        return []
    here = {id_of(node) for node in nodes_within(document.rootNode())}
    return [group for group in noted if group.background in here]


def note_group(document: Document, group: PeeledGroup) -> None:
    """Record a result in the document itself."""
    _write_groups(document, [*_noted_groups(document), group])


def _write_groups(document: Document, groups: List[PeeledGroup]) -> None:
    text = to_text(PeeledGroups(tuple(groups))).encode("utf-8")
    document.setAnnotation(_ANNOTATION, "Layerpeel: what was peeled", QByteArray(text))


def group_with(document: Document, background: str) -> Optional[PeeledGroup]:
    """Find the result of which this is, or was, a background, by its unique id."""
    noted = _noted_groups(document)
    return next((group for group in noted if group.background == background), None)


def note_background(document: Document, group: PeeledGroup, now: str) -> None:
    """Record that a result has another background, by its unique id.

    The result stays the last one only if it was: another may have been peeled from it meanwhile.
    """
    refills = refills_of(document, group) + 1
    noted = list(_noted_groups(document))
    last = max(place for place, each in enumerate(noted) if each.group == group.group)
    noted.insert(last + 1, replace(group, background=now, refills=refills))
    _write_groups(document, noted)


def first_background_of(document: Document, group: PeeledGroup) -> str:
    """Return the unique id of the background that a result came with, whether it is still there.

    The others lie over it, and are clear where it shows.
    """
    noted = _noted_groups(document)
    return next(each.background for each in noted if each.group == group.group)


def latest_background(document: Document, background: str) -> str:
    """Return the newest that still exists of the backgrounds of a result, by one of them.

    Where none does, or its result is not known, it is that one.
    """
    group = group_with(document, background)
    here = [each for each in peeled_groups(document) if group and each.group == group.group]
    return here[-1].background if here else background


def refills_of(document: Document, group: PeeledGroup) -> int:
    """Return how many other backgrounds a result has had, those that were undone included."""
    return max(each.refills for each in _noted_groups(document) if each.group == group.group)


def _noted_groups(document: Document) -> Tuple[PeeledGroup, ...]:
    if _ANNOTATION not in document.annotationTypes():
        return ()
    try:
        noted: PeeledGroups = from_text(PeeledGroups, bytes(document.annotation(_ANNOTATION)))
    except ProtocolError:
        # Another version wrote it. Results forgotten here can still be peeled as layers.
        return ()
    return noted.groups


def nodes_within(node: Node) -> Iterator[Node]:
    """Yield all layers and masks within a node, however deep."""
    for child in node.childNodes():
        yield child
        yield from nodes_within(child)
