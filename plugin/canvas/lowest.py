"""Adds a layer below all others of its parent, in one undo step.

Krita 5.1's `addChildNode` cannot do that: it adds above a given child, or above all of them. But a
picture dropped into the Layers docker can land anywhere.
"""

from typing import List, Optional

from krita import Document, Krita, Node

from layerpeel.plugin.canvas.finding import id_of, in_front, position_of
from layerpeel.plugin.qt import (
    QAbstractItemModel,
    QAbstractProxyModel,
    QImage,
    QMimeData,
    QModelIndex,
    Qt,
    QTreeView,
)

_LIST_OF_LAYERS = "listLayers"
_CLEAR = 0


def add_lowest(document: Document, parent: Node) -> Optional[Node]:
    """Add an empty paint layer, 8-bit sRGB, below all children of `parent`; None if not possible.

    It is not when the document is not shown, or Krita's list of layers does not show it.
    """
    with in_front(document) as is_seen:
        layers = _list_of_layers() if is_seen else None
        if layers is None:
            return None
        place = _index_of(layers, document.rootNode(), parent)
        if place is None or not _shows(layers, place, parent):
            return None
        picture = QImage(1, 1, QImage.Format.Format_ARGB32)
        picture.fill(_CLEAR)
        dropped = QMimeData()
        dropped.setImageData(picture)
        before = {id_of(child) for child in parent.childNodes()}
        lowest_row = layers.rowCount(place)
        layers.dropMimeData(dropped, Qt.DropAction.CopyAction, lowest_row, 0, place)
        document.waitForDone()
    added = [child for child in parent.childNodes() if id_of(child) not in before]
    return added[0] if added else None


def _list_of_layers() -> Optional[QAbstractItemModel]:
    window = Krita.instance().activeWindow()
    view = window.qwindow().findChild(QTreeView, _LIST_OF_LAYERS) if window is not None else None
    model = view.model() if view is not None else None
    # Layers that the artist filters out of the list are only in the model behind it.
    return model.sourceModel() if isinstance(model, QAbstractProxyModel) else model


def _index_of(layers: QAbstractItemModel, root: Node, node: Node) -> Optional[QModelIndex]:
    """Find a group in the list, whose rows begin with the topmost layer; the root is all of it."""
    if id_of(node) == id_of(root):
        return QModelIndex()
    parent = node.parentNode()
    around = _index_of(layers, root, parent) if parent is not None else None
    if parent is None or around is None or not _shows(layers, around, parent):
        return None
    row = layers.rowCount(around) - 1 - position_of(node, parent.childNodes())
    return layers.index(row, 0, around)


def _shows(layers: QAbstractItemModel, place: QModelIndex, parent: Node) -> bool:
    """Whether the list is up to date with `parent` (it follows changes a moment later)."""
    rows = [layers.index(row, 0, place).data() for row in range(layers.rowCount(place))]
    return rows == _names_from_top(parent)


def _names_from_top(parent: Node) -> List[str]:
    # The artist's selection, which lies on top of everything, is not listed.
    listed = [
        child
        for child in parent.childNodes()
        if parent.parentNode() is not None or child.type() != "selectionmask"
    ]
    return [child.name() for child in reversed(listed)]
