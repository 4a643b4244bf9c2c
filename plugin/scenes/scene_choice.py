"""The artist's choices on the page that generates, and which of them are kept for next time."""

from dataclasses import dataclass, replace
from enum import Enum
from typing import Optional

from layerpeel.plugin.stored_settings import read_text, write_text
from layerpeel.shared.protocol import Coverage, ProtocolError
from layerpeel.shared.scene_prompt import read_scene_prompt
from layerpeel.shared.scenes import Guide, GuideKind, Painting
from layerpeel.shared.wire import from_text, to_text

MOST_SEED = 2_000_000_000
MOST_VARIANTS = 8
LONGEST_NAME = 36  # characters

_KEPT = "scene"


class Mode(str, Enum):
    """What is generated."""

    SCENE = "scene"
    OBJECT = "object"
    BACKGROUND = "background"


class GuideSource(str, Enum):
    """Where the picture that guides a scene comes from."""

    CANVAS = "canvas"
    LAYER = "layer"


@dataclass(frozen=True)
class SceneChoice:
    """The form's settings at the moment Generate was pressed.

    guide: None when nothing guides the scene. strength: of the guide, 0–1.
    style: name of a style; empty for the first one that can be used.
    seed: of the first variant; each further one has the next.
    strength, steps, guidance: None leaves them to the style.
    """

    mode: Mode = Mode.SCENE
    prompt: str = ""
    guide: Optional[GuideKind] = None
    guided_by: GuideSource = GuideSource.CANVAS
    strength: Optional[float] = None
    style: str = ""
    seed: int = 0
    variants: int = 1
    steps: Optional[int] = None
    guidance: Optional[float] = None
    negative: str = ""

    def painting(self, variant: int) -> Painting:
        """Return how to paint a variant, counted from 0."""
        return Painting(
            self.seed + variant, self.style, self.steps, self.guidance, self.negative.strip()
        )

    def scene_guide(self, within: Optional[Coverage] = None) -> Optional[Guide]:
        """Return how the picture guides the scene; None when it does not.

        within: what is selected, where alone a picture is changed.
        """
        if self.guide is None:
            return None
        if self.is_edit():
            return Guide(self.guide, within=within)
        return Guide(self.guide, self.strength)

    def is_edit(self) -> bool:
        """Whether a picture is changed by words."""
        return self.mode is Mode.SCENE and self.guide is GuideKind.EDIT

    def is_one_layer(self) -> bool:
        """Whether the result is a single layer, without a group.

        Raises PromptError when the prompt cannot be read.
        """
        if self.mode is not Mode.SCENE:
            return True
        return self.is_edit() and not read_scene_prompt(self.prompt).foregrounds

    def short_name(self) -> str:
        """Return a name for the result: the prompt, cut at a word where it is long.

        Raises PromptError when the prompt cannot be read.
        """
        words = read_scene_prompt(self.prompt).words
        if len(words) <= LONGEST_NAME:
            return words
        whole = words[:LONGEST_NAME].rpartition(" ")[0] or words[:LONGEST_NAME]
        return whole.rstrip(" ,.;:") + "…"


def read_kept_choice() -> SceneChoice:
    """Read the last choices; prompt and seed are not kept."""
    try:
        kept: SceneChoice = from_text(SceneChoice, read_text(_KEPT))
    except ProtocolError:
        # Nothing was stored, or by another version.
        return SceneChoice()
    return kept


def keep_choice(choice: SceneChoice) -> None:
    """Store the choices for the next start of Krita."""
    write_text(_KEPT, to_text(replace(choice, prompt="", seed=0)))
