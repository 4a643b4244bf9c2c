"""The list of engines in the settings, and a line on what the chosen one lacks."""

from typing import Optional

from layerpeel.plugin.backend.connection import Connection
from layerpeel.plugin.engine_names import (
    KNOWN_ENGINES,
    engine_title,
    find_engine,
    no_such_engine,
)
from layerpeel.plugin.qt import QComboBox, Qt, QVBoxLayout, QWidget, pyqtSignal
from layerpeel.plugin.stage_wishes import AUTOMATIC
from layerpeel.plugin.texts import i18n
from layerpeel.plugin.widgets.content_height import WrappedLabel


class EngineChoice(QWidget):
    """Lists the backend's engines; before a backend has answered, all known ones.

    The chosen engine stays chosen even when the backend does not have it.

    chosen_anew: emitted when another is chosen.
    """

    chosen_anew = pyqtSignal()

    def __init__(
        self, connection: Connection, chosen: str, parent: Optional[QWidget] = None
    ) -> None:
        super().__init__(parent)
        self._connection = connection
        self._list = QComboBox()
        self._list.setObjectName("layerpeel_engine")
        self._about = WrappedLabel("layerpeel_about_engine")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._list)
        layout.addWidget(self._about)
        self._offer(chosen)
        self._list.currentIndexChanged.connect(lambda _index: self._tell())
        self._list.currentIndexChanged.connect(lambda _index: self.chosen_anew.emit())
        connection.changed.connect(self._offer_anew)
        # Models may have been installed since the backend was asked last.
        connection.look()

    def chosen(self) -> str:
        """Return the name of the chosen engine."""
        name: str = self._list.currentData()
        return name

    def _offer_anew(self) -> None:
        self._offer(self.chosen())

    def _offer(self, chosen: str) -> None:
        """Fill the list; an unchanged list is left alone, since it may be open."""
        names = [engine.name for engine in self._connection.engines] or list(KNOWN_ENGINES)
        if chosen not in names:
            names.append(chosen)
        if names != [self._list.itemData(index) for index in range(self._list.count())]:
            self._list.blockSignals(True)
            self._list.clear()
            for name in names:
                self._list.addItem(engine_title(name), name)
            self._list.setCurrentIndex(names.index(chosen))
            self._list.blockSignals(False)
        for index, name in enumerate(names):
            title = engine_title(name)
            if self._is_unavailable(name):
                title = i18n("{name} (unavailable)").format(name=title)
            self._list.setItemText(index, title)
            self._list.setItemData(index, self._line_about(name), Qt.ItemDataRole.ToolTipRole)
        self._tell()

    def _is_unavailable(self, name: str) -> bool:
        engines = self._connection.engines
        return bool(engines) and find_engine(name, engines) is None

    def _tell(self) -> None:
        self._about.setText(self._line_about(self.chosen()))

    def _line_about(self, name: str) -> str:
        if not self._connection.engines:
            return i18n("What it needs is shown once the backend has answered.")
        engine = find_engine(name, self._connection.engines)
        if engine is None:
            return no_such_engine(name)
        if engine.missing:
            return engine.missing
        if name == AUTOMATIC:
            best = i18n("Uses the best that is installed and can run on this machine.")
            return f"{best} {self._connection.auto_info.about}".strip()
        return i18n("Ready.")
