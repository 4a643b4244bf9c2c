"""An offer to download something, with all that the artist should know before."""

from typing import Iterable, List, Optional

from layerpeel.plugin.qt import QFrame, QPushButton, QVBoxLayout, QWidget, pyqtSignal
from layerpeel.plugin.texts import i18n, number_text
from layerpeel.plugin.widgets.content_height import WrappedLabel
from layerpeel.shared.generators import Download

_GIGABYTE = 1e9
_MEGABYTE = 1e6


class Offer(QFrame):
    """An offer, which may take several downloads.

    wanted: emitted with the ids of its models when the artist presses Download.
    """

    wanted = pyqtSignal(list)

    def __init__(
        self,
        name: str,
        title: str,
        lacks: str,
        downloads: Iterable[Download],
        parent: Optional[QWidget] = None,
    ) -> None:
        """name: of the offer, for object names. lacks: the line shown when there is no download."""
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        parts = list(downloads)
        layout = QVBoxLayout(self)
        heading = WrappedLabel(f"layerpeel_offer_{name}")
        heading.setText(title)
        font = heading.font()
        font.setBold(True)
        heading.setFont(font)
        layout.addWidget(heading)
        lines = [about(each, names_it=each.title != title) for each in parts]
        for line in lines or [lacks]:
            label = WrappedLabel("")
            label.setText(line)
            layout.addWidget(label)
        self._button = QPushButton()
        self._button.setObjectName(f"layerpeel_pull_{name}")
        self._button.setVisible(bool(parts))
        size = size_text(sum(each.bytes for each in parts))
        self._button.setText(i18n("Download ({size})").format(size=size))
        models = [each.model for each in parts]
        self._button.clicked.connect(lambda _checked=False: self.wanted.emit(models))
        layout.addWidget(self._button)


def about(download: Download, names_it: bool) -> str:
    """Describe a download: size, memory, licence, training data and source."""
    size = i18n("{size} to download").format(size=size_text(download.bytes))
    named = i18n("{title}: {size}").format(title=download.title, size=size)
    lines: List[str] = [named if names_it else size]
    if download.memory:
        lines.append(
            i18n("{size} of memory while it paints").format(size=size_text(download.memory))
        )
    lines.append(i18n("licence {licence}").format(licence=download.licence))
    if download.trained_on:
        lines.append(i18n("trained on {what}").format(what=download.trained_on))
    lines.append(i18n("from {source}").format(source=download.source))
    return "; ".join(lines) + "."


def size_text(size: int) -> str:
    """Return a number of bytes as text, in MB or GB."""
    if size >= _GIGABYTE:
        return i18n("{count} GB").format(count=number_text(size / _GIGABYTE))
    return i18n("{count} MB").format(count=max(1, round(size / _MEGABYTE)))
