"""Frames of an animation, of which a peel takes the one that is shown."""

from krita import Document

from layerpeel.plugin.canvas.finding import node_of, nodes_within


def is_animated(document: Document, layer: str) -> bool:
    """Whether anything moves in a layer, by its unique id, or with none in the whole picture."""
    source = (node_of(document, layer) if layer else None) or document.rootNode()
    return any(node.animated() for node in (source, *nodes_within(source)))
