"""Draws a row of the list of results."""

import time
from typing import Dict, Optional

from layerpeel.plugin.qt import (
    QFont,
    QFontMetrics,
    QModelIndex,
    QObject,
    QPainter,
    QPalette,
    QPixmap,
    QRect,
    QSize,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    Qt,
)
from layerpeel.plugin.results.listed_result import ListedResult
from layerpeel.plugin.results.results_model import ResultsModel
from layerpeel.plugin.results.thumbnail_cache import ThumbnailCache
from layerpeel.plugin.widgets.drawn_thumbnails import GAP, draw_apart

SIDE = 48  # logical pixels, of a thumbnail
_MARGIN = 4


class ResultDelegate(QStyledItemDelegate):
    """Draws thumbnails and three lines; only what is drawn has its thumbnails fetched."""

    def __init__(
        self, model: ResultsModel, cache: ThumbnailCache, parent: Optional[QObject] = None
    ) -> None:
        super().__init__(parent)
        self._model, self._cache = model, cache
        self._drawn: Dict[str, QPixmap] = {}
        cache.arrived.connect(self._draw_anew)

    def _draw_anew(self, job: str) -> None:
        self._drawn.pop(job, None)

    def sizeHint(  # noqa: N802  (Qt calls it so)
        self, option: QStyleOptionViewItem, index: QModelIndex
    ) -> QSize:
        """Return the height of a row; its width is that of the list."""
        line = option.fontMetrics.height()
        if self._model.result_at(index) is None:
            return QSize(0, line + 2 * _MARGIN)
        return QSize(0, max(SIDE, 3 * line) + 2 * _MARGIN)

    def paint(
        self,
        painter: Optional[QPainter],
        option: QStyleOptionViewItem,
        index: QModelIndex,
    ) -> None:
        """Draw a heading or a result."""
        if painter is None:
            return
        result = self._model.result_at(index)
        painter.save()
        if result is None:
            heading = self._model.data(index, Qt.ItemDataRole.DisplayRole)
            self._draw_heading(painter, option, str(heading))
        else:
            self._draw_result(painter, option, result)
        painter.restore()

    def _draw_heading(self, painter: QPainter, option: QStyleOptionViewItem, text: str) -> None:
        room = option.rect.adjusted(_MARGIN, 0, -_MARGIN, 0)
        painter.setPen(option.palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text))
        _draw_line(painter, room, text, option.font)

    def _draw_result(
        self, painter: QPainter, option: QStyleOptionViewItem, result: ListedResult
    ) -> None:
        is_chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        colours = option.palette
        if is_chosen:
            painter.fillRect(option.rect, colours.color(QPalette.ColorRole.Highlight))
        room = option.rect.adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        pixmap = self._pixmap_of(result.job.id, painter)
        wide = 2 * SIDE + GAP
        if pixmap is not None:
            ratio = pixmap.devicePixelRatio()
            left = room.left() + (wide - pixmap.width() / ratio) / 2
            painter.drawPixmap(round(left), room.top() + (room.height() - SIDE) // 2, pixmap)
        elif self._cache.is_known(result.job.id):
            # Nothing is known of how it looks.
            painter.setPen(colours.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text))
            painter.drawRect(room.left(), room.top(), wide - 1, SIDE - 1)
        room.setLeft(room.left() + wide + 2 * _MARGIN)
        role = QPalette.ColorRole.HighlightedText if is_chosen else QPalette.ColorRole.Text
        painter.setPen(colours.color(role))
        bold = QFont(option.font)
        bold.setBold(True)
        line = option.fontMetrics.height()
        top = room.top() + (room.height() - 3 * line) // 2
        texts = (result.title, result.origin, result.when(time.time()))
        for number, text in enumerate(texts):
            place = QRect(room.left(), top + number * line, room.width(), line)
            _draw_line(painter, place, text, option.font if number else bold)

    def _pixmap_of(self, job: str, painter: QPainter) -> Optional[QPixmap]:
        if job not in self._drawn:
            thumbnails = self._cache.look_at(job)
            if thumbnails is None:
                return None
            device = painter.device()
            ratio = 1.0 if device is None else device.devicePixelRatioF()
            self._drawn[job] = draw_apart(thumbnails, SIDE, ratio)
        return self._drawn[job]


def _draw_line(painter: QPainter, place: QRect, text: str, font: QFont) -> None:
    painter.setFont(font)
    shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, place.width())
    painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
