"""The seed: a number, and a die that rolls a new one each time."""

import random
from typing import Optional

from layerpeel.plugin.qt import QHBoxLayout, QSizePolicy, QSpinBox, QToolButton, QWidget
from layerpeel.plugin.scenes.scene_choice import MOST_SEED
from layerpeel.plugin.texts import i18n
from layerpeel.plugin.widgets.segments import SHOW_CHECKED

# Short enough for a person to read and copy.
THROWN_SEEDS = 1_000_000


class SeedChoice(QWidget):
    """While the die is on, each press rolls a new seed and shows it; otherwise the number stays."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._seed = QSpinBox()
        self._seed.setObjectName("layerpeel_seed")
        self._seed.setRange(0, MOST_SEED)
        self._seed.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._seed.setToolTip(
            i18n("The same seed, prompt and settings give the same picture again.")
        )
        self.die = QToolButton()
        self.die.setObjectName("layerpeel_die")
        self.die.setCheckable(True)
        self.die.setChecked(True)
        self.die.setStyleSheet(SHOW_CHECKED)
        self.die.setToolTip(i18n("A new seed each time"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._seed)
        layout.addWidget(self.die)
        self._seed.valueChanged.connect(self._chosen)
        self._throws = False

    def next(self) -> int:
        """Return the seed for this press of Generate."""
        if self.die.isChecked():
            self._throws = True
            self._seed.setValue(random.randrange(THROWN_SEEDS))  # noqa: S311  (no secret)
            self._throws = False
        return self._seed.value()

    def _chosen(self, _value: int) -> None:
        # An artist who sets a seed wants to keep it.
        if not self._throws:
            self.die.setChecked(False)
