"""A row of thumbnails of the layers that a peel brought; a click activates one in the document."""

from typing import List, Optional, Sequence

from krita import Document

from layerpeel.plugin.backend.client import Client
from layerpeel.plugin.canvas.finding import (
    activate,
    active_document,
    active_layer,
    is_open,
    names_by_id,
    node_of,
)
from layerpeel.plugin.qt import QIcon, QListWidget, QListWidgetItem, QSize, Qt, QWidget
from layerpeel.plugin.texts import i18n, tip_text
from layerpeel.plugin.widgets.drawn_thumbnails import draw_layer, draw_nothing
from layerpeel.shared.thumbnails import Thumbnails

SIDE = 48  # logical pixels
LONGEST_NAME = 110  # likewise; what is longer is cut off
_ROOM = 8


class LayersRow(QListWidget):
    """The layers of the last peel, front-most first, for as long as they are there."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setObjectName("layerpeel_layers_row")
        self._document: Optional[Document] = None
        self._ids: List[str] = []
        self.setViewMode(QListWidget.ViewMode.IconMode)
        self.setFlow(QListWidget.Flow.LeftToRight)
        self.setWrapping(False)
        self.setMovement(QListWidget.Movement.Static)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setIconSize(QSize(SIDE, SIDE))
        bar = self.horizontalScrollBar()
        scroll = bar.sizeHint().height() if bar is not None else 0
        self.setFixedHeight(SIDE + self.fontMetrics().height() + scroll + 2 * _ROOM)
        self.itemClicked.connect(self._activate)
        self.hide()

    def show_layers(
        self, client: Client, job: str, document: Document, layers: Sequence[str]
    ) -> None:
        """Show what a job has brought into a document. layers: their unique ids, bottom first."""
        self.clear()
        self._document = document
        self._ids = list(reversed(layers))
        ids, names = self._ids, names_by_id(document)
        for unique_id in ids:
            name = names.get(unique_id, "")
            item = QListWidgetItem(name)
            # It keeps the place until the thumbnail has come.
            item.setIcon(QIcon(draw_nothing(SIDE, self.devicePixelRatioF())))
            tip = i18n("{name}: click to work on this layer").format(name=name)
            item.setToolTip(tip_text(tip))
            letters = min(LONGEST_NAME, self.fontMetrics().horizontalAdvance(name))
            high = SIDE + self.fontMetrics().height() + _ROOM
            item.setSizeHint(QSize(max(SIDE, letters) + 2 * _ROOM, high))
            self.addItem(item)

        def draw(thumbnails: Thumbnails) -> None:
            front_first = list(reversed(thumbnails.layers))
            if self._ids is not ids or len(front_first) != len(ids):
                return  # Others have come meanwhile.
            for number, layer in enumerate(front_first):
                item = self.item(number)
                if item is not None:
                    item.setIcon(QIcon(draw_layer(layer, SIDE, self.devicePixelRatioF())))

        # Without them the names remain.
        client.thumbnails(job, draw, lambda _problem: None)
        self.follow_document()

    def follow_document(self) -> None:
        """Mark the active layer; hide where another document is seen, or the layers are gone."""
        document = self._document
        here = active_document()
        if document is None or not self._ids or here is None or not is_open(document):
            self.hide()
            return
        is_seen = here == document and node_of(document, self._ids[-1]) is not None
        self.setVisible(is_seen)
        active = active_layer(document) if is_seen else ""
        self.setCurrentRow(self._ids.index(active) if active in self._ids else -1)

    def _activate(self, item: QListWidgetItem) -> None:
        document, row = self._document, self.row(item)
        if document is not None and 0 <= row < len(self._ids) and is_open(document):
            activate(document, self._ids[row])
        self.follow_document()
