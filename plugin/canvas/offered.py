"""What a document offers to the docker, read so fast that it can be read again and again."""

from dataclasses import dataclass
from typing import Optional

from krita import Document

from layerpeel.plugin.canvas.finding import peeled_groups
from layerpeel.plugin.canvas.peelable import called, layer_to_peel


@dataclass(frozen=True)
class Offered:
    """What the docker shows of a document.

    document: None when none is open. has_selection: whether something is selected.
    layer: what the active layer is called, by its kind.
    result, result_name: unique id of the background of the last result, and its name; empty when
        there is none.
    """

    document: Optional[Document] = None
    has_selection: bool = False
    layer: str = ""
    result: str = ""
    result_name: str = ""

    def has_results_of(self, other: "Offered") -> bool:
        """Whether it is the same document with the same last result."""
        return (self.document, self.result) == (other.document, other.result)


def offered_by(document: Optional[Document]) -> Offered:
    """Look at a document; None where none is open."""
    if document is None:
        return Offered(layer=called(None))
    groups = peeled_groups(document)
    return Offered(
        document,
        document.selection() is not None,
        called(layer_to_peel(document)),
        groups[-1].background if groups else "",
        groups[-1].name if groups else "",
    )
