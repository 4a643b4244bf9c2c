"""Settings that few artists change: steps, guidance, negative prompt."""

from typing import Optional, Tuple

from layerpeel.plugin.qt import (
    QDoubleSpinBox,
    QLineEdit,
    QObject,
    QSizePolicy,
    QSpinBox,
    Qt,
    QToolButton,
    QWidget,
)
from layerpeel.plugin.scenes.scene_choice import SceneChoice
from layerpeel.plugin.texts import i18n
from layerpeel.plugin.widgets.rows import Rows

MOST_STEPS = 150
MOST_GUIDANCE = 30.0


class MoreChoices(QObject):
    """Rows of a form, folded away until the artist opens them.

    Values that are not set are left to the style.
    """

    def __init__(self, kept: SceneChoice, rows: Rows, parent: QWidget) -> None:
        super().__init__(parent)
        self._rows = rows
        self._steps = QSpinBox()
        self._steps.setObjectName("layerpeel_steps")
        self._steps.setRange(0, MOST_STEPS)
        self._steps.setValue(kept.steps or 0)
        self._steps.setToolTip(i18n("More steps take longer and give finer detail, up to a point."))
        self._guidance = QDoubleSpinBox()
        self._guidance.setObjectName("layerpeel_guidance")
        self._guidance.setRange(0.0, MOST_GUIDANCE)
        self._guidance.setSingleStep(0.5)
        self._guidance.setDecimals(1)
        self._guidance.setValue(kept.guidance or 0.0)
        self._guidance.setToolTip(i18n("How closely to follow the prompt"))
        self._negative = QLineEdit(kept.negative)
        self._negative.setObjectName("layerpeel_negative")
        self._negative.setPlaceholderText(i18n("blurry, text …"))
        self._negative.setToolTip(i18n("What should not be in the picture"))
        for spin in (self._steps, self._guidance):
            spin.setSpecialValueText(i18n("set by the style"))
            spin.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._fold = QToolButton()
        self._fold.setObjectName("layerpeel_more")
        self._fold.setText(i18n("More"))
        self._fold.setCheckable(True)
        self._fold.setAutoRaise(True)
        self._fold.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        rows.add_wide(self._fold)
        rows.add(i18n("Steps:"), self._steps)
        rows.add(i18n("Guidance:"), self._guidance)
        rows.add(i18n("Without:"), self._negative)
        self._fold.toggled.connect(self._show)
        # Open it where something is set, so that the artist sees it.
        self._fold.setChecked(self.value() != (None, None, ""))
        self._show(self._fold.isChecked())

    def value(self) -> "Tuple[Optional[int], Optional[float], str]":
        """Return steps and guidance (None for the style's own), and the negative prompt."""
        return (
            self._steps.value() or None,
            self._guidance.value() or None,
            self._negative.text(),
        )

    def _show(self, is_open: bool) -> None:
        arrow = Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow
        self._fold.setArrowType(arrow)
        for field in (self._steps, self._guidance, self._negative):
            self._rows.show_row(field, is_open)
