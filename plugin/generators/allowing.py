"""The dialog that asks which folders to search for checkpoints of other programs."""

from typing import Iterable, List, Optional, Tuple

from layerpeel.plugin.qt import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from layerpeel.plugin.texts import i18n
from layerpeel.shared.generators import ProgramFolder


class AllowDialog(QDialog):
    """Lists folders with a tick box each. None is opened before the artist agrees."""

    def __init__(self, folders: Iterable[ProgramFolder], parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setObjectName("layerpeel_allow")
        self.setWindowTitle(i18n("Look for checkpoints"))
        self._boxes: List[Tuple[QCheckBox, str]] = []
        self._list = QVBoxLayout()
        explained = QLabel(
            i18n(
                "Layerpeel looks into the folders that you tick and says which files it can paint "
                "with. They stay where they are; nothing is copied or changed."
            )
        )
        explained.setWordWrap(True)
        other = QPushButton(i18n("Another folder …"))
        other.setObjectName("layerpeel_other_folder")
        other.clicked.connect(lambda _checked=False: self._ask_for_folder())
        buttons = QDialogButtonBox()
        look = buttons.addButton(i18n("Look into these"), QDialogButtonBox.ButtonRole.AcceptRole)
        no = buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        self._look = look
        for button, name in ((look, "layerpeel_allow_look"), (no, "layerpeel_allow_cancel")):
            if button is not None:
                button.setObjectName(name)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(explained)
        layout.addLayout(self._list)
        layout.addWidget(other)
        layout.addWidget(buttons)
        self.setMinimumWidth(480)
        for folder in folders:
            self._add(folder.path, i18n("{program}: {path}").format(**vars(folder)))
        self._update()

    def allowed(self) -> Tuple[str, ...]:
        """Return the ticked folders."""
        return tuple(path for box, path in self._boxes if box.isChecked())

    def _add(self, path: str, text: str) -> None:
        # A single ampersand would mark a shortcut.
        box = QCheckBox(text.replace("&", "&&"))
        box.setObjectName(f"layerpeel_folder_{len(self._boxes)}")
        box.setChecked(True)
        box.toggled.connect(lambda _on: self._update())
        self._boxes.append((box, path))
        self._list.addWidget(box)

    def _ask_for_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(self, i18n("Choose a folder to look into"))
        if path and path not in [each for _box, each in self._boxes]:
            self._add(path, path)
            self._update()

    def _update(self) -> None:
        if self._look is not None:
            self._look.setEnabled(bool(self.allowed()))
