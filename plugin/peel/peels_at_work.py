"""The peels that are at work, one for each document, and how those ended that nobody saw end."""

from typing import List, Optional, Tuple

from krita import Document

from layerpeel.plugin.canvas.finding import is_open
from layerpeel.plugin.peel.peel import Ending, Peel


class PeelsAtWork:
    """Peels by their documents."""

    def __init__(self) -> None:
        self._peels: List[Peel] = []
        self._unseen: List[Tuple[Peel, Ending]] = []

    def add(self, peel: Peel) -> None:
        """Take in one that has begun; what was not seen of an earlier one is of no interest now."""
        self._peels.append(peel)
        self.take_unseen(peel.document)

    def remove(self, peel: Peel) -> None:
        """Forget one that has ended."""
        self._peels.remove(peel)

    def of(self, document: Optional[Document]) -> Optional[Peel]:
        """Return the peel of a document; None where none is at work."""
        if document is None:
            return None
        return next((peel for peel in self._peels if peel.document == document), None)

    def keep_unseen(self, peel: Peel, how: Ending) -> None:
        """Keep how a peel ended until its document is seen again, or closed."""
        if is_open(peel.document):
            self._unseen.append((peel, how))

    def take_unseen(self, document: Optional[Document]) -> Optional[Tuple[Peel, Ending]]:
        """Return what is kept for a document, and keep it no longer, nor that of closed ones."""
        self._unseen = [each for each in self._unseen if is_open(each[0].document)]
        found = next((each for each in self._unseen if each[0].document == document), None)
        if found is not None:
            self._unseen.remove(found)
        return found
