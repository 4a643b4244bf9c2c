"""The form of the page that peels."""

from typing import Optional

from layerpeel.plugin.canvas.pixels import SourceKind
from layerpeel.plugin.canvas.placement import ResultForm
from layerpeel.plugin.peel.peel_choice import Choice, LiftOff
from layerpeel.plugin.pointing.pointed_picture import Pointing
from layerpeel.plugin.pointing.pointing_panel import PointingPanel
from layerpeel.plugin.qt import (
    QCheckBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
    pyqtSignal,
)
from layerpeel.plugin.stage_wishes import is_automatic, read_wishes
from layerpeel.plugin.stored_settings import DockerSettings
from layerpeel.plugin.texts import i18n, translated
from layerpeel.plugin.widgets.content_height import WrappedLabel
from layerpeel.plugin.widgets.rows import combo_of
from layerpeel.plugin.widgets.segments import Segments
from layerpeel.shared.presets import MOST_LAYERS, Preset, PresetLift, PresetResult
from layerpeel.shared.translatable import Translatable

# Looked for unless the artist wants more, or fewer.
MOST_THINGS = 8


class PeelForm(QWidget):
    """What to lift off, from where, how many layers, and in which form to return them.

    hint: what is left to do, or goes without saying, in a line to be shown below all that is chosen
        here: where it comes and goes, no choice moves under the pointer.
    changed: emitted when a choice has changed.
    larger_wanted: emitted when the artist wants a larger picture to point at.
    """

    changed = pyqtSignal()
    larger_wanted = pyqtSignal()

    def __init__(self, pointing: Pointing, parent: Optional[QWidget] = None) -> None:
        """pointing: the picture to point at."""
        super().__init__(parent)
        self._pointing = pointing
        self._panel = PointingPanel(pointing, in_docker=True)
        self._panel.larger_wanted.connect(self.larger_wanted)
        self._has_selection = False
        self._words_hint = ""
        self._are_things, self._other_layers = False, MOST_THINGS
        self._source_before = SourceKind.PICTURE
        self._lifts = Segments(
            "layerpeel_lift",
            [(lift.value, translated(text), translated(tip)) for lift, text, tip in _LIFTS],
        )
        self._words = QLineEdit()
        self._words.setObjectName("layerpeel_words")
        self._words.setPlaceholderText(i18n("a bird, the red car …"))
        self._exact = QCheckBox(i18n("Exact edge"))
        self._exact.setObjectName("layerpeel_exact_edge")
        self._exact.setToolTip(
            i18n("Use the selection's edge as it is. Otherwise Layerpeel looks for the edge.")
        )
        self.hint = WrappedLabel("layerpeel_hint")
        self._source = combo_of(
            "layerpeel_source",
            i18n("What to peel"),
            (SourceKind.PICTURE.value, i18n("Whole picture")),
            (SourceKind.LAYER.value, i18n("Active layer")),
        )
        self._form = combo_of(
            "layerpeel_form",
            i18n("What you get back"),
            (ResultForm.LAYERS.value, i18n("Layers")),
            (ResultForm.MASKS.value, i18n("Layers with masks")),
            (ResultForm.SELECTION.value, i18n("Selection only")),
        )
        self._layers = QSpinBox()
        self._layers.setObjectName("layerpeel_layers")
        self._layers.setRange(1, MOST_LAYERS)
        self._layers.setToolTip(i18n("How many things to lift off at most, one behind the other"))
        self._layers.setKeyboardTracking(False)
        self._arrange()
        self._update()

    def choice(self) -> Choice:
        """Return the current choices."""
        return Choice(
            lift=self._lift(),
            words=self._words.text(),
            exact_edge=self._exact.isChecked(),
            layers=self._layers.value(),
            source=self.source(),
            form=ResultForm(self._form.currentData()),
            pointed_at=self._pointing.pointed_at() if self._lift().uses_picture else None,
        )

    def as_preset(self, settings: DockerSettings) -> Preset:
        """Return the current choices, and those of the settings, as a preset without a title."""
        words = self._words.text().strip() if self._lift() is LiftOff.WORDS else ""
        return Preset(
            "",
            PresetLift(self._lift().value),
            words,
            self._exact.isChecked(),
            self._layers.value(),
            PresetResult(self._form.currentData()),
            settings.patches,
            settings.engine,
            read_wishes(settings.stages) if is_automatic(settings.engine) else {},
        )

    def take_on(self, preset: Preset) -> None:
        """Choose what a preset says; what was pointed at stays."""
        self._lifts.choose(preset.lift.value)
        if preset.lift is PresetLift.WORDS:
            self._words.setText(preset.words)
        self._exact.setChecked(preset.exact_edge)
        self._layers.setValue(preset.layers)
        self._form.setCurrentIndex(max(0, self._form.findData(preset.result.value)))

    def source(self) -> SourceKind:
        """Return what would be peeled."""
        return SourceKind(self._source.currentData())

    def uses_picture(self) -> bool:
        """Whether the artist points, or chooses things, in a picture."""
        return self._lift().uses_picture

    def is_pointing(self) -> bool:
        """Whether the artist points at what to lift off."""
        return self._lift() is LiftOff.POINT

    def point(self) -> None:
        """Let the artist point at what to lift off."""
        self._lifts.choose(LiftOff.POINT.value)

    def most_things(self) -> Optional[int]:
        """Return how many things to look for at most; None where none are looked for."""
        return self._layers.value() if self._lift() is LiftOff.THINGS else None

    def show_document(self, has_selection: bool, layer: str, left_of: str) -> None:
        """Show what the document offers.

        layer: what the active layer is called, by its kind.
        left_of: name of the last result; empty when there is none.
        """
        self._has_selection = has_selection
        self._source.setItemText(self._source.findData(SourceKind.LAYER.value), layer)
        index = self._source.findData(SourceKind.LEFT.value)
        if left_of:
            text = i18n("What “{name}” left").format(name=left_of)
            if index < 0:
                self._source.addItem(text, SourceKind.LEFT.value)
            else:
                self._source.setItemText(index, text)
        elif index >= 0:
            if self._source.currentIndex() == index:
                self._choose_source(self._source_before)
            self._source.removeItem(index)
        self._update()

    def choose_what_is_left(self) -> None:
        """Let the next peel go on where the last one ended, if that is offered.

        It is not if the artist has switched to another document.
        """
        if self._source.findData(SourceKind.LEFT.value) < 0:
            return
        if self._source.currentData() != SourceKind.LEFT.value:
            self._source_before = SourceKind(self._source.currentData())
        self._choose_source(SourceKind.LEFT)

    def draw_icons(self) -> None:
        """Draw the icons in the colours of the theme."""
        self._panel.draw_icons()

    def offer_words(self, possible: bool, hint: str) -> None:
        """Show whether things can be named, and what to do when they cannot."""
        self._words_hint = "" if possible else hint
        button = self._lifts.button(LiftOff.WORDS.value)
        button.setEnabled(possible)
        button.setToolTip(i18n("Lift off what you name in a few words") if possible else hint)
        self._update()

    def _choose_source(self, kind: SourceKind) -> None:
        self._source.setCurrentIndex(max(0, self._source.findData(kind.value)))

    def _lift(self) -> LiftOff:
        return LiftOff(self._lifts.value())

    def _suggest_layers(self, lift: LiftOff) -> None:
        """Keep one number of layers for all that stands out, and one for anything else."""
        are_things = lift is LiftOff.THINGS
        if are_things != self._are_things:
            self._are_things = are_things
            shown, self._other_layers = self._other_layers, self._layers.value()
            self._layers.setValue(shown)

    def _arrange(self) -> None:
        self._lifts.button(LiftOff.WORDS.value).setEnabled(False)
        self._lifts.chosen.connect(self._update)
        self._layers.valueChanged.connect(lambda _value: self._update())
        for combo in (self._source, self._form):
            combo.currentIndexChanged.connect(lambda _index: self._update())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(QLabel(i18n("Lift off")))
        layout.addWidget(self._lifts)
        layout.addWidget(self._panel)
        layout.addWidget(self._words)
        layout.addWidget(self._exact)
        rows = QFormLayout()
        rows.addRow(i18n("From:"), self._source)
        rows.addRow(i18n("Layers:"), self._layers)
        rows.addRow(i18n("Result:"), self._form)
        layout.addLayout(rows)

    def _update(self) -> None:
        lift = self._lift()
        self._panel.setVisible(lift.uses_picture)
        self._suggest_layers(lift)
        self._words.setVisible(lift is LiftOff.WORDS)
        self._exact.setVisible(lift is LiftOff.SELECTION)
        selection_only = self._form.currentData() == ResultForm.SELECTION.value
        self._layers.setEnabled(not selection_only)
        hint = ""
        if lift is LiftOff.SUBJECT and self._has_selection:
            hint = i18n("The subject is looked for inside the selection.")
        elif lift is LiftOff.SELECTION and not self._has_selection:
            hint = i18n("Select what to lift off: a rough selection is enough.")
        elif lift is LiftOff.WORDS:
            hint = self._words_hint
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        self.changed.emit()


_LIFTS = (
    (
        LiftOff.SUBJECT,
        Translatable("Subject"),
        Translatable("Lift off the main subject of the picture"),
    ),
    (
        LiftOff.POINT,
        Translatable("Point"),
        Translatable("Lift off what you point at in a picture here"),
    ),
    (
        LiftOff.THINGS,
        Translatable("Each thing"),
        Translatable("Lift everything that stands out off, each on a layer"),
    ),
    (
        LiftOff.SELECTION,
        Translatable("Selection"),
        Translatable("Lift off what you selected; in a rectangle, its subject"),
    ),
    (
        LiftOff.WORDS,
        Translatable("Words"),
        Translatable("Needs an engine that finds things by name"),
    ),
)
