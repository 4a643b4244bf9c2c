"""What guides a scene: nothing, or what is on canvas or layer, as line art, a sketch and others."""

from typing import Iterable, Optional, Tuple

from layerpeel.plugin.qt import (
    QHBoxLayout,
    QLabel,
    QObject,
    QSlider,
    Qt,
    QWidget,
    pyqtSignal,
)
from layerpeel.plugin.scenes.scene_choice import GuideSource, SceneChoice
from layerpeel.plugin.texts import i18n, translated
from layerpeel.plugin.widgets.rows import Rows, combo_of, enable_item
from layerpeel.shared.scenes import GuideKind
from layerpeel.shared.translatable import Translatable

_KINDS = (
    (GuideKind.LINES, Translatable("Line art")),
    (GuideKind.SCRIBBLE, Translatable("Scribble")),
    (GuideKind.DEPTH, Translatable("Depth: near is light")),
    (GuideKind.SKETCH, Translatable("Sketch in colours")),
    (GuideKind.EDIT, Translatable("Picture to change")),
)
_NONE = ""
_STEP = 5  # percent
_AS_THE_STYLE_SAYS = -_STEP


class GuideChoice(QObject):
    """Three rows of a form: kind, source and strength of the guide."""

    changed = pyqtSignal()

    def __init__(self, kept: SceneChoice, rows: Rows, parent: QWidget) -> None:
        super().__init__(parent)
        self._kind = combo_of(
            "layerpeel_guide",
            i18n("What the scene follows"),
            (_NONE, i18n("None")),
            *((kind.value, translated(text)) for kind, text in _KINDS),
        )
        self._source = combo_of(
            "layerpeel_guide_source",
            i18n("Where the guide is"),
            (GuideSource.CANVAS.value, i18n("Canvas")),
            (GuideSource.LAYER.value, i18n("Active layer")),
        )
        self._strength = QSlider(Qt.Orientation.Horizontal)
        self._strength.setObjectName("layerpeel_strength")
        self._strength.setRange(_AS_THE_STYLE_SAYS // _STEP, 100 // _STEP)
        self._strength.setToolTip(
            i18n("How closely to follow the guide; leftmost, the style decides")
        )
        self._shown_strength = QLabel()
        self._shown_strength.setObjectName("layerpeel_shown_strength")
        # A fixed width, so that the slider does not move while it is dragged.
        self._shown_strength.setMinimumWidth(
            self._shown_strength.fontMetrics().horizontalAdvance("100 %")
        )
        sliding = QWidget()
        line = QHBoxLayout(sliding)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self._strength)
        line.addWidget(self._shown_strength)
        for text, field in (
            (i18n("Guide:"), self._kind),
            (i18n("From:"), self._source),
            (i18n("Strength:"), sliding),
        ):
            rows.add(text, field)
        self._fields = (self._kind, self._source, sliding)
        self._rows = rows
        self._restore(kept)
        self._kind.currentIndexChanged.connect(lambda _index: self.changed.emit())
        self._strength.valueChanged.connect(lambda _value: self._show_strength())
        self._show_strength()

    def value(self) -> "Tuple[Optional[GuideKind], GuideSource, Optional[float]]":
        """Return kind (None for no guide), source, and strength (0–1, None for the style's own)."""
        chosen = self._kind.currentData()
        return (
            GuideKind(chosen) if chosen != _NONE else None,
            GuideSource(self._source.currentData()),
            None if self._strength.value() < 0 else self._strength.value() * _STEP / 100,
        )

    def show_for(self, is_scene: bool) -> None:
        """Show the rows that apply now."""
        chosen = self._kind.currentData()
        guided = is_scene and chosen != _NONE
        followed = guided and chosen != GuideKind.EDIT.value
        for field, visible in zip(self._fields, (is_scene, guided, followed)):
            self._rows.show_row(field, visible)

    def offer(self, kinds: Iterable[GuideKind]) -> None:
        """Enable the kinds of guide that the chosen style can follow."""
        can = {kind.value for kind in kinds}
        for index in range(1, self._kind.count()):
            possible = self._kind.itemData(index) in can
            enable_item(
                self._kind,
                index,
                "" if possible else i18n("The chosen style cannot follow this kind of guide."),
            )
        if self._kind.currentData() not in {_NONE, *can}:
            self._kind.setCurrentIndex(0)

    def _restore(self, kept: SceneChoice) -> None:
        kind = _NONE if kept.guide is None else kept.guide.value
        for combo, value in ((self._kind, kind), (self._source, kept.guided_by.value)):
            combo.setCurrentIndex(max(0, combo.findData(value)))
        strength = kept.strength
        self._strength.setValue(-1 if strength is None else round(strength * 100 / _STEP))

    def _show_strength(self) -> None:
        value = self._strength.value() * _STEP
        self._shown_strength.setText(i18n("auto") if value < 0 else f"{value} %")
