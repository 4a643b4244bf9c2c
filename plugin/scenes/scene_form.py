"""The form of the page that generates."""

from typing import Optional, Tuple

from layerpeel.plugin.qt import (
    QHBoxLayout,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
    pyqtSignal,
)
from layerpeel.plugin.scenes.guide_choice import GuideChoice
from layerpeel.plugin.scenes.more_choices import MoreChoices
from layerpeel.plugin.scenes.prompt_edit import PromptEdit
from layerpeel.plugin.scenes.scene_choice import MOST_VARIANTS, Mode, SceneChoice, read_kept_choice
from layerpeel.plugin.scenes.seed_choice import SeedChoice
from layerpeel.plugin.texts import i18n, translated
from layerpeel.plugin.widgets.content_height import WrappedLabel
from layerpeel.plugin.widgets.icons import themed_icon
from layerpeel.plugin.widgets.rows import Rows, combo_of, enable_item
from layerpeel.plugin.widgets.segments import Segments
from layerpeel.shared.generators import StyleInfo
from layerpeel.shared.scenes import GuideKind
from layerpeel.shared.translatable import Translatable

_MODES = (
    (Mode.SCENE, Translatable("Scene"), Translatable("A whole picture, as a group of layers")),
    (
        Mode.OBJECT,
        Translatable("Object"),
        Translatable("One thing inside the selection, as a layer"),
    ),
    (
        Mode.BACKGROUND,
        Translatable("Background"),
        Translatable("A scene behind the active layer, as a layer below it"),
    ),
)
_PLACEHOLDERS = {
    Mode.SCENE: Translatable("[a bird flying] at sunset over the mountains"),
    Mode.OBJECT: Translatable("a red kite with a long tail"),
    Mode.BACKGROUND: Translatable("a quiet street after the rain"),
}
_CHANGE = Translatable("make it night, with lights in the windows")
_BRACKETS = Translatable(
    "Each thing in brackets becomes a layer of its own, the front-most first; "
    "the rest is the scene behind. To write a bracket itself, use \\[ or \\]."
)
_WORDS = Translatable("Describe what should be seen.")


class SceneForm(QWidget):
    """What to generate, in which style, and how many variants.

    more_styles: emitted when the artist wants to get more styles.
    """

    more_styles = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        kept = read_kept_choice()
        self._styles: Tuple[StyleInfo, ...] = ()
        self._wanted_style = kept.style
        self._has_selection = False
        self._modes = Segments(
            "layerpeel_mode",
            [(mode.value, translated(text), translated(tip)) for mode, text, tip in _MODES],
        )
        self._prompt = PromptEdit()
        self._hint = WrappedLabel("layerpeel_scene_hint")
        rows = Rows()
        self._guide = GuideChoice(kept, rows, self)
        self._style = combo_of(
            "layerpeel_style", i18n("What to paint with"), ("", i18n("Automatic"))
        )
        self._other_styles = QToolButton()
        self._other_styles.setObjectName("layerpeel_more_styles")
        self._other_styles.setToolTip(i18n("Get more styles"))
        self._seed = SeedChoice()
        self._variants = QSpinBox()
        self._variants.setObjectName("layerpeel_variants")
        self._variants.setRange(1, MOST_VARIANTS)
        self._variants.setValue(kept.variants)
        self._variants.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._variants.setToolTip(i18n("With several, you choose which go into the picture."))
        self._arrange(rows)
        self._more = MoreChoices(kept, rows, self)
        self._modes.chosen.connect(self._update)
        self._guide.changed.connect(self._update)
        self._style.currentIndexChanged.connect(self._style_chosen)
        self._other_styles.clicked.connect(lambda _checked=False: self.more_styles.emit())
        self._update()

    def choice(self) -> SceneChoice:
        """Return the current choices, with a new random seed if the die is on."""
        guide, guided_by, strength = self._guide.value()
        steps, guidance, negative = self._more.value()
        return SceneChoice(
            mode=self._mode(),
            prompt=self._prompt.text(),
            guide=guide,
            guided_by=guided_by,
            strength=strength,
            style=self._style.currentData() or "",
            seed=self._seed.next(),
            variants=self._variants.value(),
            steps=steps,
            guidance=guidance,
            negative=negative,
        )

    def shows_problem(self) -> bool:
        """Show why the prompt cannot be read; return False when it can."""
        return self._prompt.show_problem()

    def show_document(self, has_selection: bool) -> None:
        """Show what the document offers."""
        self._has_selection = has_selection
        self._update()

    def offer_styles(self, styles: "Tuple[StyleInfo, ...]") -> None:
        """List the styles; those that lack something cannot be chosen."""
        self._styles = styles
        self._style.blockSignals(True)
        self._style.clear()
        for index, style in enumerate(styles):
            self._style.addItem(style.title, style.name)
            enable_item(self._style, index, style.missing)
        usable = [style.name for style in styles if not style.missing]
        wanted = self._wanted_style if self._wanted_style in usable else next(iter(usable), "")
        self._style.setCurrentIndex(self._style.findData(wanted))
        self._style.blockSignals(False)
        self._offer_guides()

    def choose_style(self, name: str) -> None:
        """Choose a style, now or as soon as it can be used."""
        self._wanted_style = name
        self.offer_styles(self._styles)

    def draw_icons(self) -> None:
        """Draw the icons in the colours of the theme."""
        self._seed.die.setIcon(themed_icon("die", self))
        self._other_styles.setIcon(themed_icon("more-styles", self))

    def _mode(self) -> Mode:
        return Mode(self._modes.value())

    def _style_chosen(self, _index: int) -> None:
        self._wanted_style = self._style.currentData() or ""
        self._offer_guides()

    def _offer_guides(self) -> None:
        chosen = self._style.currentData()
        for style in self._styles:
            if style.name == chosen:
                self._guide.offer(style.guides)

    def _arrange(self, rows: Rows) -> None:
        styles, line = QWidget(), QHBoxLayout()
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self._style)
        line.addWidget(self._other_styles)
        styles.setLayout(line)
        rows.add(i18n("Style:"), styles)
        rows.add(i18n("Seed:"), self._seed)
        rows.add(i18n("Variants:"), self._variants)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self._modes, self._prompt, self._hint):
            layout.addWidget(widget)
        layout.addLayout(rows)

    def _update(self) -> None:
        mode = self._mode()
        tip = translated(_BRACKETS) if mode is Mode.SCENE else translated(_WORDS)
        edits = mode is Mode.SCENE and self._guide.value()[0] is GuideKind.EDIT
        self._prompt.explain(translated(_CHANGE if edits else _PLACEHOLDERS[mode]), tip)
        self._guide.show_for(mode is Mode.SCENE)
        hint = ""
        if mode is Mode.OBJECT and not self._has_selection:
            hint = i18n("Select where the object should go: a rough selection is enough.")
        elif mode is Mode.BACKGROUND:
            hint = i18n("It goes behind what is on the active layer.")
        elif edits:
            hint = (
                i18n("Say what is to change in the selection. It comes as a layer above.")
                if self._has_selection
                else i18n(
                    "Say what is to change. It comes as an opaque layer above, the rest much alike."
                )
            )
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
