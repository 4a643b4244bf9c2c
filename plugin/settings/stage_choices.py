"""What the engine Automatic takes for each stage, if it is not to choose by itself."""

from typing import Dict, List, Optional

from layerpeel.plugin.backend.connection import Connection
from layerpeel.plugin.qt import QComboBox, QFormLayout, QWidget
from layerpeel.plugin.stage_wishes import AUTOMATIC, read_wishes, write_wishes
from layerpeel.plugin.texts import i18n, translated
from layerpeel.plugin.widgets.rows import combo_of, enable_item
from layerpeel.shared.jobs import StageMeans
from layerpeel.shared.translatable import Translatable

# As the backend names them, in their order; those that are unknown here keep their names.
_TITLES = {
    "words": Translatable("Words to boxes:"),
    "subject": Translatable("Subject:"),
    "pointing": Translatable("Pointing to mask:"),
    "edge": Translatable("Edge:"),
    "layers": Translatable("Colours and filling in:"),
}


class StageChoices(QWidget):
    """A list for each stage. What is not installed cannot be chosen, and says why in its tip.

    What was chosen stays so even when the backend does not have it: a peel then says what it lacks.
    """

    def __init__(
        self, connection: Connection, chosen: str, parent: Optional[QWidget] = None
    ) -> None:
        """chosen: as `DockerSettings.stages`."""
        super().__init__(parent)
        self.setObjectName("layerpeel_stages")
        self._connection = connection
        self._lists: Dict[str, QComboBox] = {}
        self._rows = QFormLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._show(read_wishes(chosen))
        connection.changed.connect(self._show_anew)

    def chosen(self) -> str:
        """Return what is chosen."""
        return write_wishes({stage: str(each.currentData()) for stage, each in self._lists.items()})

    def _show_anew(self) -> None:
        self._show(read_wishes(self.chosen()))

    def _show(self, chosen: Dict[str, str]) -> None:
        known = {stage.name: stage.choices for stage in self._connection.auto_info.stages}
        for stage in dict.fromkeys([*_TITLES, *known, *chosen]):
            if stage not in self._lists:
                self._add(stage)
            _fill(self._lists[stage], list(known.get(stage, ())), chosen.get(stage, AUTOMATIC))

    def _add(self, stage: str) -> None:
        title = translated(_TITLES[stage]) if stage in _TITLES else f"{stage}:"
        combo = combo_of(f"layerpeel_stage_{stage}", i18n("What the engine Automatic takes here"))
        self._lists[stage] = combo
        self._rows.addRow(title, combo)


def _fill(combo: QComboBox, choices: List[StageMeans], chosen: str) -> None:
    """Fill a list; an unchanged one is left alone, since it may be open."""
    known = {each.name: each for each in choices}
    names = list(dict.fromkeys([AUTOMATIC, *known, chosen]))
    if names != [combo.itemData(index) for index in range(combo.count())]:
        combo.clear()
        for name in names:
            combo.addItem(name, name)
        combo.setCurrentIndex(names.index(chosen))
    combo.setItemText(0, i18n("Automatic"))
    for index, name in enumerate(names[1:], start=1):
        if name in known:
            combo.setItemText(index, known[name].title)
            enable_item(combo, index, known[name].missing)
        elif choices:
            combo.setItemText(index, i18n("{name} (unavailable)").format(name=name))
            enable_item(combo, index, i18n("This backend does not have it."))
