"""Documents, layers and pixels, as plain values for JSON."""

import base64

from krita import Krita


def open_picture(path):
    """Open a file in a view, as File > Open does."""
    document = Krita.instance().openDocument(path)
    if document is None:
        raise ValueError(f"Krita cannot open {path}")
    _show(document)


def create(width, height, name, model, depth, profile, resolution):
    """Create a document and show it; it has the one layer that Krita gives it."""
    document = Krita.instance().createDocument(
        width, height, name, model, depth, profile, resolution
    )
    _show(document)


def save(path):
    """Save the active document under another name, without a question."""
    document = active()
    document.waitForDone()
    document.setBatchmode(True)
    is_saved = document.saveAs(path)
    document.setBatchmode(False)
    if not is_saved:
        raise ValueError(f"Krita cannot save {path}")


def close_all():
    """Close every document; none asks to be saved."""
    for document in Krita.instance().documents():
        document.waitForDone()
        document.setModified(False)
        document.close()


def tree():
    """Return the active document's layers, bottom to top, without the selection among them."""
    nodes = active().rootNode().childNodes()
    return [_describe(node) for node in nodes if node.type() != "selectionmask"]


def pixels(layer, area, is_projected):
    """Return the raw pixels of a layer, by name or id, or of the picture when `layer` is None."""
    document = active()
    document.waitForDone()
    node = None if layer is None else find(layer)
    bounds = document.bounds()
    place = area or [bounds.x(), bounds.y(), bounds.width(), bounds.height()]
    source = node or document
    read = node.projectionPixelData if node and is_projected else source.pixelData
    return {
        "data": base64.b64encode(bytes(read(*place))).decode("ascii"),
        "width": place[2],
        "height": place[3],
        "model": source.colorModel(),
        "depth": source.colorDepth(),
    }


def find(layer):
    """Return the active document's node of this name or id; LookupError unless there is one."""
    found = [node for node in _below(active().rootNode()) if layer in (node.name(), _id(node))]
    if len(found) != 1:
        raise LookupError(f"{len(found)} layers are named {layer!r}")
    return found[0]


def step(action):
    """Undo or redo one step once nothing is being drawn, and wait until all is redrawn."""
    document = active()
    document.waitForDone()
    Krita.instance().action(action).trigger()
    document.waitForDone()
    document.refreshProjection()
    document.waitForDone()


def active():
    """Return the active document; LookupError when none is open."""
    document = Krita.instance().activeDocument()
    if document is None:
        raise LookupError("no document is open")
    return document


def _show(document):
    Krita.instance().activeWindow().addView(document)
    document.waitForDone()


def _below(node):
    for child in node.childNodes():
        yield child
        yield from _below(child)


def _id(node):
    return node.uniqueId().toString()


def _describe(node):
    bounds = node.bounds()
    return {
        "name": node.name(),
        "id": _id(node),
        "type": node.type(),
        "opacity": node.opacity(),
        "blending_mode": node.blendingMode(),
        "visible": node.visible(),
        "bounds": [bounds.x(), bounds.y(), bounds.width(), bounds.height()],
        "children": [_describe(child) for child in node.childNodes()],
    }
