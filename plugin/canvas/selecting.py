"""Makes a result the document's selection, in a way that can be undone in every Krita."""

from pathlib import Path
from typing import Tuple

from krita import Document, Krita, Selection

from layerpeel.plugin.canvas import CanvasError
from layerpeel.plugin.canvas.building import copy_from
from layerpeel.plugin.canvas.finding import in_front
from layerpeel.plugin.qt import QByteArray
from layerpeel.plugin.texts import i18n
from layerpeel.shared.protocol import Coverage

# Krita 5.1 draws no outline for a selection mask made by its API, but for a copy of a loaded one.
_SELECTION = Path(__file__).with_name("selection.kra")

# From here on `Document.setSelection` is an undo step of its own.
_UNDOES_SELECTIONS = (5, 3)


def select(document: Document, selection: Coverage) -> None:
    """Make `selection` the document's selection, undoably.

    Raises CanvasError where an earlier selection cannot be replaced.
    """
    if _version() >= _UNDOES_SELECTIONS:
        chosen = Selection()
        chosen.setPixelData(QByteArray(selection.data), 0, 0, selection.width, selection.height)
        document.setSelection(chosen)
    else:
        _select_by_mask(document, selection)


def _select_by_mask(document: Document, selection: Coverage) -> None:
    """Make `selection` the document's selection where `Document.setSelection` cannot be undone.

    Changing the pixels of an existing selection corrupts its history, which crashes Krita later.
    But a selection is a mask of the root node, and adding one can be undone. An earlier selection
    takes a step of its own: Deselect.
    """
    mask = copy_from(_SELECTION, lambda root: root.childNodes()[-1])
    mask.setPixelData(QByteArray(selection.data), 0, 0, selection.width, selection.height)
    if document.selection() is not None:
        _deselect(document)
    document.rootNode().addChildNode(mask, None)
    document.waitForDone()
    # This sets the same selection again, which makes Krita draw its outline.
    document.setSelection(document.selection())


def _deselect(document: Document) -> None:
    with in_front(document) as is_seen:
        if not is_seen:
            raise CanvasError(i18n("The document cannot be shown. The result waits under Results."))
        Krita.instance().action("deselect").trigger()
        document.waitForDone()


def _version() -> Tuple[int, int]:
    """Return the first two numbers of Krita's version, which may go on in words."""
    major, minor = Krita.instance().version().split(".")[:2]
    return int(major), int(minor)
