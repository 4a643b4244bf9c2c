"""Keeps a layer active where undo leaves none.

Where the active layer lies within a group, and undo removes the group, Krita activates nothing: the
next stroke would go nowhere.
"""

from typing import Dict

from krita import Document

from layerpeel.plugin.canvas.finding import id_of, is_mask, node_of

_BEFORE: Dict[str, str] = {}
"""What was active before the last result came, by the unique id of the document's root."""


def remember_active(document: Document) -> None:
    """Remember the active layer: a result is about to come, after which another one will be."""
    active = document.activeNode()
    if active is not None:
        _BEFORE[id_of(document.rootNode())] = id_of(active)


def activate_if_none_is(document: Document) -> None:
    """Activate what was active before the last result, or else the topmost layer."""
    if document.activeNode() is not None:
        return
    root = document.rootNode()
    node = node_of(document, _BEFORE.get(id_of(root), ""))
    if node is None:
        node = next((each for each in reversed(root.childNodes()) if not is_mask(each)), None)
    if node is not None:
        document.setActiveNode(node)
