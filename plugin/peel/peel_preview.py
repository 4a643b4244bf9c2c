"""What a peel that is at work will lift off, as soon as the backend knows."""

from typing import Optional

from layerpeel.plugin.qt import QByteArray, QLabel, QPixmap, Qt, QWidget

HEIGHT = 96  # logical pixels


class PeelPreview(QLabel):
    """Shows a small picture, and itself while there is one."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setObjectName("layerpeel_preview")
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._png = b""
        self.hide()

    def show_png(self, png: bytes) -> None:
        """Show a PNG; nothing where it is empty, or cannot be read."""
        if png == self._png:
            return  # It is told with each step of the progress.
        self._png = png
        pixmap = QPixmap()
        if not png or not pixmap.loadFromData(QByteArray(png), "PNG"):
            self.hide()
            self.clear()
            return
        ratio = self.devicePixelRatioF()
        pixmap = pixmap.scaledToHeight(
            round(HEIGHT * ratio), Qt.TransformationMode.SmoothTransformation
        )
        pixmap.setDevicePixelRatio(ratio)
        self.setPixmap(pixmap)
        self.show()
