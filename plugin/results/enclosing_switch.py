"""The switch by which a document carries its results along, and how much that makes."""

from typing import Callable, Optional

from layerpeel.plugin.canvas.enclosed_results import (
    enclosed_in,
    keeps_results,
    megabytes,
    start_keeping,
    stop_keeping,
)
from layerpeel.plugin.canvas.finding import active_document
from layerpeel.plugin.qt import QCheckBox, QWidget, pyqtSignal
from layerpeel.plugin.texts import i18n


class EnclosingSwitch(QCheckBox):
    """Shows the active document's choice.

    wanted: emitted when results are to be kept from now on. told: emitted with a line for the
    artist.

    is_listed: whether the backend has the result of a job.
    """

    wanted = pyqtSignal()
    told = pyqtSignal(str)

    def __init__(self, is_listed: Callable[[str], bool], parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._is_listed = is_listed
        self.setObjectName("layerpeel_keep_in_document")
        self.setToolTip(
            i18n(
                "Saved with the picture, its results are listed wherever it is opened, also on "
                "another machine. Whoever gets the .kra gets them too."
            )
        )
        self.clicked.connect(self._choose)
        self.show_document()

    def show_document(self) -> None:
        """Show what the active document carries; nothing can be chosen without one."""
        document = active_document()
        self.setEnabled(document is not None)
        self.setChecked(document is not None and keeps_results(document))
        sizes = enclosed_in(document).values() if document is not None else ()
        text = i18n("Keep results in the .kra")
        if sizes:
            text += f" ({megabytes(sum(sizes))} MB)"
        if text != self.text():
            self.setText(text)

    def _choose(self, is_wanted: bool) -> None:
        document = active_document()
        if document is None:
            return
        if is_wanted:
            start_keeping(document)
            self.told.emit("")
            self.wanted.emit()
        else:
            number = len(enclosed_in(document))
            stay = stop_keeping(document, self._is_listed)
            if number:
                self.told.emit(_said_of(stay))
        self.show_document()


def _said_of(stay: int) -> str:
    """Say what has become of the results in a document. stay: how many of them it still has."""
    if not stay:
        return i18n("The .kra keeps no results any more; this list still does.")
    if stay == 1:
        return i18n("1 result stays in the .kra: it is not in this list.")
    return i18n("{count} results stay in the .kra: they are not in this list.").format(count=stay)
