"""Waits until no stroke is half painted, and no transformation half done."""

from typing import Callable

from krita import Document

from layerpeel.plugin.turns import PAUSE, Turns

# So long a stroke is nothing to talk about: in moments of `turns.PAUSE`. The Transform tool holds
# one until Enter.
_PATIENCE = 20


def is_idle(document: Document) -> bool:
    """Whether no stroke, and nothing else that changes the picture, is under way."""
    # An artist cannot begin a stroke before this function returns.
    if not document.tryBarrierLock():
        return False
    document.unlock()
    return True


def until_idle(
    document: Document, check: Callable[[], None], tell: Callable[[], None]
) -> "Turns[None]":
    """Wait until the document is idle; whatever follows in the same turn finds it so.

    check: called before each look; raises to end the waiting. tell: called once if it takes long.
    """
    moments = 0
    while True:
        check()
        if is_idle(document):
            return
        moments += 1
        if moments == _PATIENCE:
            tell()
        yield PAUSE
