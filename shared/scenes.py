"""What a generator is asked for: a scene, an object into a picture, a background behind a layer.

Each comes with a picture (`layerpeel.shared.jobs.SubmitJob`): the canvas, or the layer that the
request speaks of. It says how large the result is, its depth and its profile.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Optional

from layerpeel.shared.protocol import Coverage


@dataclass(frozen=True)
class Painting:
    """How it is painted. None leaves a choice to the style.

    style: name of a style; empty for the first one that can be used.
    negative: what is not to be in the picture.
    """

    seed: int = 0
    style: str = ""
    steps: Optional[int] = None
    guidance: Optional[float] = None
    negative: str = ""


class GuideKind(str, Enum):
    """What the picture that guides a scene is.

    LINES: line art. SCRIBBLE: rough strokes. DEPTH: near is light. SKETCH: a rough sketch in
    colours, to be painted over.
    """

    LINES = "lines"
    SCRIBBLE = "scribble"
    DEPTH = "depth"
    SKETCH = "sketch"


@dataclass(frozen=True)
class Guide:
    """How the picture that comes with a scene guides it.

    strength: how closely it is followed, 0–1; None leaves it to the style.
    """

    kind: GuideKind
    strength: Optional[float] = None


@dataclass(frozen=True)
class SceneRequest:
    """Paint a scene, and take the foregrounds of its prompt off as layers.

    prompt: `layerpeel.shared.scene_prompt` says how it is written.
    guide: None when the picture only says the size.
    engine: who peels.
    """

    prompt: str
    painting: Painting = field(default_factory=Painting)
    guide: Optional[Guide] = None
    engine: str = "auto"


@dataclass(frozen=True)
class ObjectRequest:
    """Paint what a prompt names into the picture within a selection; only that comes back."""

    prompt: str
    within: Coverage
    painting: Painting = field(default_factory=Painting)


@dataclass(frozen=True)
class BackgroundRequest:
    """Paint a scene round the picture, a layer with clear surroundings; it comes back as a layer.

    engine: who fills in what the layer hides.
    """

    prompt: str
    painting: Painting = field(default_factory=Painting)
    engine: str = "auto"
