"""Thumbnails of the things that were found: ticked ones are lifted off."""

from typing import List, Optional

from layerpeel.plugin.pointing.pointed_picture import Pointing
from layerpeel.plugin.pointing.seen_picture import SeenPicture
from layerpeel.plugin.pointing.things_choice import OfferedThing, ThingsChoice
from layerpeel.plugin.qt import (
    QEvent,
    QIcon,
    QImage,
    QListWidget,
    QListWidgetItem,
    QPainter,
    QPixmap,
    QRectF,
    QSize,
    Qt,
    QWidget,
    pyqtSignal,
)
from layerpeel.plugin.texts import i18n, tip_text
from layerpeel.shared.protocol import Thing

SIDE = 56  # logical pixels
_ROOM = 8


class ThingsRow(QListWidget):
    """The things of a `Pointing`, which follow ticks here; hovering shows an outline there.

    picked: emitted when the artist has picked others to be merged.
    """

    picked = pyqtSignal()

    def __init__(self, pointing: Pointing, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._pointing = pointing
        self._shown: Optional[ThingsChoice] = None
        self.setViewMode(QListWidget.ViewMode.IconMode)
        self.setFlow(QListWidget.Flow.LeftToRight)
        self.setWrapping(False)
        self.setMovement(QListWidget.Movement.Static)
        self.setSelectionMode(QListWidget.SelectionMode.MultiSelection)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setIconSize(QSize(SIDE, SIDE))
        self.setMouseTracking(True)
        bar = self.horizontalScrollBar()
        scroll = bar.sizeHint().height() if bar is not None else 0
        self.setFixedHeight(SIDE + self.fontMetrics().height() + scroll + 2 * _ROOM)
        self.itemEntered.connect(lambda item: pointing.hover(self.row(item)))
        self.itemChanged.connect(self._ticked)
        self.itemSelectionChanged.connect(self.picked)
        pointing.changed.connect(self._show)
        self._show()

    def picked_rows(self) -> List[int]:
        """Return the things that are picked, the front-most first."""
        return sorted(self.row(item) for item in self.selectedItems())

    def leaveEvent(self, event: Optional[QEvent]) -> None:  # noqa: N802  (Qt calls it so)
        """Show the outline of all that is ticked again."""
        if event is not None:
            super().leaveEvent(event)
        self._pointing.hover(None)

    def _show(self) -> None:
        choice, picture = self._pointing.things, self._pointing.picture
        if choice is self._shown:
            return
        before, self._shown = self._shown, choice
        self.blockSignals(True)
        if choice is None or picture is None:
            self.clear()
        elif before is None or len(before.things) != len(choice.things):
            self.clear()
            for each in choice.things:
                self.addItem(self._item_of(each, picture))
        if choice is not None:
            for row, each in enumerate(choice.things):
                item = self.item(row)
                if item is not None:
                    item.setCheckState(_TICKED if each.is_wanted else _NOT_TICKED)
        self.blockSignals(False)
        self.picked.emit()

    def _item_of(self, each: OfferedThing, picture: SeenPicture) -> QListWidgetItem:
        item = QListWidgetItem(each.thing.name)
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap.fromImage(cut_out(each.thing, picture, round(SIDE * ratio)))
        pixmap.setDevicePixelRatio(ratio)
        icon = QIcon(pixmap)
        icon.addPixmap(pixmap, QIcon.Mode.Selected)
        item.setIcon(icon)
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        tip = i18n("{name}: tick it to lift it off. Click two to merge them.")
        item.setToolTip(tip_text(tip.format(name=each.thing.name)))
        return item

    def _ticked(self, item: QListWidgetItem) -> None:
        self._pointing.want(self.row(item), item.checkState() == _TICKED)


_TICKED, _NOT_TICKED = Qt.CheckState.Checked, Qt.CheckState.Unchecked


def cut_out(thing: Thing, picture: SeenPicture, side: int) -> QImage:
    """Draw a thing alone, in the middle of a clear square."""
    left = min(part.offset[0] for part in thing.parts)
    top = min(part.offset[1] for part in thing.parts)
    right = max(part.offset[0] + part.coverage.width for part in thing.parts)
    bottom = max(part.offset[1] + part.coverage.height for part in thing.parts)
    scale = side / max(right - left, bottom - top)
    width, height = (right - left) * scale, (bottom - top) * scale
    drawn = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    drawn.fill(0)
    painter = QPainter(drawn)
    painter.translate((side - width) / 2, (side - height) / 2)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    for part in thing.parts:
        wide, high = part.coverage.width, part.coverage.height
        alpha = QImage(part.coverage.data, wide, high, wide, QImage.Format.Format_Alpha8)
        x, y = (part.offset[0] - left) * scale, (part.offset[1] - top) * scale
        painter.drawImage(QRectF(x, y, wide * scale, high * scale), alpha)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    image = picture.image_for(scale)
    share = image.width() / picture.size[0]
    source = QRectF(left * share, top * share, (right - left) * share, (bottom - top) * share)
    painter.drawImage(QRectF(0, 0, width, height), image, source)
    painter.end()
    return drawn
