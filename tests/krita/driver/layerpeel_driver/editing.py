"""Draws, selects and arranges layers, as an artist would before a peel."""

import base64

from krita import Krita, Selection

from . import documents
from .qt import QByteArray


def paint(layer, data, place):
    """Fill a layer, by name or id (None: the active one), with pixels in its own colour space."""
    document = documents.active()
    node = document.activeNode() if layer is None else documents.find(layer)
    node.setPixelData(QByteArray(base64.b64decode(data)), *place)
    document.waitForDone()
    document.refreshProjection()
    document.waitForDone()


def add(name, kind, parent, above):
    """Add a layer of Krita's `kind`, at the top of its parent or directly above another."""
    document = documents.active()
    node = document.createNode(name, kind)
    around = document.rootNode() if parent is None else documents.find(parent)
    around.addChildNode(node, None if above is None else documents.find(above))
    document.waitForDone()


def remove(layer):
    """Remove a layer."""
    documents.find(layer).remove()
    documents.active().waitForDone()


def change(layer, opacity, blending_mode, visible):
    """Set the values that are not None."""
    node = documents.find(layer)
    for value, write in (
        (opacity, node.setOpacity),
        (blending_mode, node.setBlendingMode),
        (visible, node.setVisible),
    ):
        if value is not None:
            write(value)
    documents.active().refreshProjection()
    documents.active().waitForDone()


def move(layer, left, top):
    """Move a layer by so many pixels, which is no undo step."""
    documents.find(layer).move(left, top)
    documents.active().refreshProjection()
    documents.active().waitForDone()


def activate(layer):
    """Make a layer the active one."""
    documents.active().setActiveNode(documents.find(layer))
    documents.active().waitForDone()


def active_layer():
    """Id of the active layer."""
    return documents.active().activeNode().uniqueId().toString()


def select(data, place):
    """Set the selection from one byte a pixel; None removes it."""
    document = documents.active()
    selection = None
    if data is not None:
        selection = Selection()
        selection.setPixelData(QByteArray(base64.b64decode(data)), *place)
    document.setSelection(selection)
    document.waitForDone()


def selection():
    """Return one byte a pixel of the canvas, or None without a selection."""
    document = documents.active()
    document.waitForDone()
    selected = document.selection()
    if selected is None:
        return None
    data = selected.pixelData(0, 0, document.width(), document.height())
    return base64.b64encode(bytes(data)).decode("ascii")


def resize(width, height):
    """Resize the canvas; its top left corner stays where it is."""
    documents.active().resizeImage(0, 0, width, height)
    documents.active().waitForDone()


def bring_to_front(name):
    """Show the view of the document of this name."""
    window = Krita.instance().activeWindow()
    (view,) = [view for view in window.views() if view.document().name() == name]
    window.activate()
    view.setVisible()


def close(name):
    """Close one document, without a question."""
    (document,) = [each for each in Krita.instance().documents() if each.name() == name]
    document.waitForDone()
    document.setModified(False)
    document.close()
