"""Frames of an animation, of which a peel takes the one that is shown."""

from typing import Optional

from krita import Document, Node

from layerpeel.plugin.canvas.finding import nodes_within


def frame_shown(document: Document, layer: Optional[Node]) -> Optional[int]:
    """Return the number of the frame that is shown of a layer; None where nothing in it moves.

    layer: None for the whole picture.
    """
    source = document.rootNode() if layer is None else layer
    is_animated = any(node.animated() for node in (source, *nodes_within(source)))
    return document.currentTime() if is_animated else None
