"""The list of files found in folders of other programs, with buttons to make styles of them."""

from pathlib import PurePath
from typing import Optional

from layerpeel.plugin.generators.offer import size_text
from layerpeel.plugin.qt import QHBoxLayout, QPushButton, QVBoxLayout, QWidget, pyqtSignal
from layerpeel.plugin.texts import i18n, translated
from layerpeel.plugin.widgets.content_height import WrappedLabel
from layerpeel.shared.generators import FoundFile, FoundFiles, FoundKind
from layerpeel.shared.translatable import Translatable

_KINDS = {
    FoundKind.CHECKPOINT: Translatable("checkpoint"),
    FoundKind.INPAINTING: Translatable("inpainting checkpoint"),
    FoundKind.LORA: Translatable("LoRA"),
    FoundKind.CONTROLNET: Translatable("ControlNet"),
    FoundKind.OTHER: Translatable("other weights"),
}


class FoundList(QWidget):
    """Lists files, those that can be used first.

    wanted: emitted with the path of the one that the artist wants to use.
    """

    wanted = pyqtSignal(str)

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._shown: Optional[QWidget] = None

    def show_files(self, found: FoundFiles) -> None:
        """Show what was found, in place of what was found before."""
        if self._shown is not None:
            self._shown.hide()
            self._shown.deleteLater()
        self._shown = QWidget()
        lines = QVBoxLayout(self._shown)
        lines.setContentsMargins(0, 0, 0, 0)
        usable = [file for file in found.files if not file.why_not]
        others = [file for file in found.files if file.why_not]
        if not usable:
            lines.addWidget(_line(i18n("No file was found that can be used to paint."), "nothing"))
        for index, file in enumerate(usable):
            lines.addWidget(self._usable(index, file))
        for index, file in enumerate(others):
            text = i18n("{what}: {why}").format(what=_about(file), why=file.why_not)
            lines.addWidget(_line(text, f"unusable_{index}", tip=file.path))
        for index, note in enumerate(found.notes):
            lines.addWidget(_line(note, f"note_{index}"))
        self._layout.addWidget(self._shown)

    def _usable(self, index: int, file: FoundFile) -> QWidget:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(_line(_about(file), f"usable_{index}", tip=file.path), 1)
        button = QPushButton(i18n("Use"))
        button.setObjectName(f"layerpeel_use_{index}")
        button.clicked.connect(lambda _checked=False: self.wanted.emit(file.path))
        layout.addWidget(button)
        return row


def _about(file: FoundFile) -> str:
    # The backend may run on another operating system, with another path separator.
    name = PurePath(file.path.replace("\\", "/")).name
    return i18n("{name} ({kind}, {size})").format(
        name=name, kind=translated(_KINDS[file.kind]), size=size_text(file.bytes)
    )


def _line(text: str, name: str, tip: str = "") -> WrappedLabel:
    label = WrappedLabel(f"layerpeel_found_{name}")
    label.setText(text)
    label.setToolTip(tip)
    return label
