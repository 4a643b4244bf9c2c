"""A model that can be added or removed, with all that is to be known before."""

from typing import Optional

from layerpeel.plugin.generators.offer import about, size_text
from layerpeel.plugin.qt import QFrame, QPushButton, QVBoxLayout, QWidget, pyqtSignal
from layerpeel.plugin.texts import i18n, translated
from layerpeel.plugin.widgets.content_height import WrappedLabel
from layerpeel.shared.model_offers import ModelOffer, Presence
from layerpeel.shared.translatable import Translatable

_PRESENCE = {
    Presence.PARTLY: Translatable(
        "Its download has stopped: go on from there, or remove what has come."
    ),
    Presence.INSTALLED: Translatable("Installed."),
    Presence.DAMAGED: Translatable("It is damaged: download it again, or remove it."),
    Presence.OWN: Translatable("Installed: weights of your own."),
}


class ModelRow(QFrame):
    """One model.

    wanted, unwanted: emitted with its id when it is to be downloaded, or removed after a question.
    """

    wanted = pyqtSignal(str)
    unwanted = pyqtSignal(str)

    def __init__(self, offer: ModelOffer, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        download, presence = offer.download, offer.presence
        name = download.model
        title = WrappedLabel(f"layerpeel_model_{name}")
        title.setText(download.title)
        font = title.font()
        font.setBold(True)
        title.setFont(font)
        told = WrappedLabel(f"layerpeel_about_model_{name}")
        is_there = presence in (Presence.INSTALLED, Presence.OWN)
        terms = about(download, names_it=False)
        state = translated(_PRESENCE[presence]) if presence in _PRESENCE else ""
        told.setText(f"{state} {terms}".strip())
        self._download = QPushButton(
            i18n("Download ({size})").format(size=size_text(download.bytes))
        )
        self._download.setObjectName(f"layerpeel_download_{name}")
        self._download.setVisible(not is_there)
        self._remove = QPushButton(i18n("Remove …"))
        self._remove.setObjectName(f"layerpeel_remove_{name}")
        self._sure = QPushButton(i18n("Remove for good"))
        self._sure.setObjectName(f"layerpeel_surely_remove_{name}")
        self._keep = QPushButton(i18n("Keep"))
        self._keep.setObjectName(f"layerpeel_keep_{name}")
        layout = QVBoxLayout(self)
        # Keep comes where Remove … was: a second click there must lose nothing.
        for widget in (title, told, self._download, self._remove, self._keep, self._sure):
            layout.addWidget(widget)
        self._can_be_removed = presence not in (Presence.MISSING, Presence.OWN)
        self._ask(False)
        self._download.clicked.connect(lambda _checked=False: self.wanted.emit(name))
        self._remove.clicked.connect(lambda _checked=False: self._ask(True))
        self._keep.clicked.connect(lambda _checked=False: self._ask(False))
        self._sure.clicked.connect(lambda _checked=False: self.unwanted.emit(name))

    def _ask(self, asks: bool) -> None:
        """Ask whether to remove it, or do not."""
        for button in (self._sure, self._keep):
            button.setVisible(asks)
        self._remove.setVisible(self._can_be_removed and not asks)
