"""Which layers can be peeled, and how the docker calls the active one."""

from typing import Optional

from krita import Document, Node

from layerpeel.plugin.canvas.finding import is_mask
from layerpeel.plugin.texts import i18n, translated
from layerpeel.shared.translatable import Translatable

PAINT, GROUP = "paintlayer", "grouplayer"

# By Krita's names of the kinds of layers that have a picture of their own.
_CALLED = {
    PAINT: Translatable("Active layer"),
    GROUP: Translatable("Active group"),
    "vectorlayer": Translatable("Active vector layer"),
    "filelayer": Translatable("Active file layer"),
    "filllayer": Translatable("Active fill layer"),
    "clonelayer": Translatable("Active clone layer"),
}


def layer_to_peel(document: Document) -> Optional[Node]:
    """Return the active layer, or the one whose mask is active; None when there is none."""
    node = document.activeNode()
    while node is not None and is_mask(node):
        node = node.parentNode()
    return node if node is not None and node.parentNode() is not None else None


def called(layer: Optional[Node]) -> str:
    """Return what the docker calls an active layer, by its kind."""
    return translated(_CALLED.get(PAINT if layer is None else layer.type(), _CALLED[PAINT]))


def why_not(layer: Node) -> str:
    """Return why a layer cannot be peeled, for the artist; empty where it can."""
    named = {"name": layer.name()}
    if layer.type() not in _CALLED:
        return i18n(
            "“{name}” has no picture of its own: choose another layer, or peel the whole picture."
        ).format(**named)
    if layer.type() == GROUP and layer.passThroughMode():
        return i18n(
            "“{name}” passes through, so it has no picture of its own: turn that off, or peel the "
            "whole picture."
        ).format(**named)
    return ""
