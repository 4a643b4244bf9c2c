"""Thumbnails of variants, which show their progress; a click inserts one into the picture."""

from typing import List, Optional, Sequence, Tuple

from layerpeel.plugin.qt import (
    QByteArray,
    QGridLayout,
    QIcon,
    QPainter,
    QPixmap,
    QResizeEvent,
    QSize,
    Qt,
    QToolButton,
    QWidget,
)
from layerpeel.plugin.scenes.variant import Variant
from layerpeel.plugin.texts import i18n
from layerpeel.plugin.widgets.segments import SHOW_CHECKED

SIDE = 72  # logical pixels
MOST_SHOWN = 16
_GAP = 4


class Thumbnail(QToolButton):
    """One variant."""

    def __init__(self, variant: Variant, parent: QWidget) -> None:
        super().__init__(parent)
        self.variant = variant
        self._images: Sequence[bytes] = ()
        self.setObjectName(f"layerpeel_variant_{variant.seed}")
        self.setCheckable(True)
        self.setStyleSheet(SHOW_CHECKED)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        self.setIconSize(QSize(SIDE, SIDE))
        self.setText(str(variant.seed))
        self.setFixedWidth(SIDE + 2 * _GAP)
        self.setMinimumHeight(SIDE + self.fontMetrics().height() + 3 * _GAP)
        variant.changed.connect(self._show)
        self.clicked.connect(self._clicked)
        self._show()

    def _clicked(self, _checked: bool) -> None:
        self.setChecked(self.variant.is_in)
        self.variant.insert()

    def _show(self) -> None:
        variant = self.variant
        self.setEnabled(variant.is_ready and not variant.is_working)
        self.setChecked(variant.is_in)
        seed = i18n("Seed {seed}").format(seed=variant.seed)
        if not variant.is_ready:
            tip = variant.stage
        elif variant.is_in:
            tip = i18n("It is in the picture. Click to insert it again.")
        else:
            tip = i18n("Click to put it into the picture.")
        self.setToolTip(f"{seed}. {tip}")
        if variant.images != self._images:
            self._images = variant.images
            self._draw()

    def _draw(self) -> None:
        pixmap = _flattened(self._images)
        if pixmap.isNull():
            return
        ratio = self.devicePixelRatioF()
        pixmap = pixmap.scaled(
            QSize(SIDE, SIDE) * ratio,
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        pixmap.setDevicePixelRatio(ratio)
        icon = QIcon()
        # Previews of unfinished variants must not be greyed out.
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Disabled):
            icon.addPixmap(pixmap, mode)
        self.setIcon(icon)


def _flattened(images: Sequence[bytes]) -> QPixmap:
    """Draw PNGs of one size over each other, the lowest first; null where that can't be read."""
    flat = QPixmap()
    if not images or not flat.loadFromData(QByteArray(images[0]), "PNG"):
        return QPixmap()
    painter = QPainter(flat)
    for png in images[1:]:
        layer = QPixmap()
        if layer.loadFromData(QByteArray(png), "PNG"):
            painter.drawPixmap(0, 0, layer)
    painter.end()
    return flat


class VariantStrip(QWidget):
    """Thumbnails in as many columns as fit, the latest press first."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._thumbnails: List[Thumbnail] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(_GAP)
        self._grid.setAlignment(Qt.AlignmentFlag.AlignLeft)
        self.setObjectName("layerpeel_strip")
        self._placed: Tuple[int, int] = (0, 0)
        self.hide()

    def add(self, variants: List[Variant]) -> None:
        """Show the variants of a press; one that ends without a result is removed."""
        self._thumbnails[:0] = [Thumbnail(variant, self) for variant in variants]
        for variant in variants:
            variant.settled.connect(lambda _line, _cause: self.tidy())
        self._drop_oldest()
        self._placed = (0, 0)
        self._place()

    def tidy(self) -> None:
        """Drop variants without a result, and those of closed documents (they wait in Results)."""
        for thumbnail in list(self._thumbnails):
            variant = thumbnail.variant
            can_be_inserted = variant.is_ready and variant.has_document()
            if not (variant.is_working or can_be_inserted):
                self._drop(thumbnail)
        self._place()

    def resizeEvent(self, event: Optional[QResizeEvent]) -> None:  # noqa: N802  (Qt calls it so)
        """Arrange the thumbnails in as many columns as fit."""
        if event is not None:
            super().resizeEvent(event)
        self._place()

    def _drop_oldest(self) -> None:
        idle = [each for each in self._thumbnails if not each.variant.is_working]
        too_many = max(0, len(self._thumbnails) - MOST_SHOWN)
        for thumbnail in idle[len(idle) - min(too_many, len(idle)) :]:
            self._drop(thumbnail)

    def _drop(self, thumbnail: Thumbnail) -> None:
        self._thumbnails.remove(thumbnail)
        self._grid.removeWidget(thumbnail)
        thumbnail.hide()
        thumbnail.deleteLater()
        self._placed = (0, 0)

    def _place(self) -> None:
        columns = max(1, (self.width() + _GAP) // (SIDE + 3 * _GAP))
        self.setVisible(bool(self._thumbnails))
        if self._placed == (len(self._thumbnails), columns):
            return
        self._placed = (len(self._thumbnails), columns)
        for index, thumbnail in enumerate(self._thumbnails):
            self._grid.addWidget(thumbnail, index // columns, index % columns)
            thumbnail.show()
