"""Records in a document how its layers were made: engine, seed, models, licences, prompt."""

from dataclasses import dataclass, field, replace
from typing import Dict

from krita import Document, Node

from layerpeel.plugin.canvas.finding import id_of
from layerpeel.plugin.qt import QByteArray
from layerpeel.shared.protocol import MadeWith, ProtocolError
from layerpeel.shared.wire import from_text, to_text

_ANNOTATION = "layerpeel/made-with"


@dataclass(frozen=True)
class Provenance:
    """How groups and layers of a document were made, by their unique ids. Saved with it."""

    nodes: Dict[str, MadeWith] = field(default_factory=dict)


def note_made_with(document: Document, node: Node, made_with: MadeWith) -> None:
    """Record how a node was made, without the time it took, which is not a property of the node."""
    timeless = replace(made_with, seconds={})
    noted = Provenance({**made_with_of(document), id_of(node): timeless})
    text = to_text(noted).encode("utf-8")
    document.setAnnotation(_ANNOTATION, "Layerpeel: what made these layers", QByteArray(text))


def made_with_of(document: Document) -> Dict[str, MadeWith]:
    """Return the records by the nodes' unique ids; undo may have removed some of the nodes."""
    if _ANNOTATION not in document.annotationTypes():
        return {}
    try:
        noted: Provenance = from_text(Provenance, bytes(document.annotation(_ANNOTATION)))
    except ProtocolError:
        # Another version wrote it.
        return {}
    return noted.nodes
