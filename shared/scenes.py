"""Requests to a generator: a scene, an object in a picture, a background behind a layer.

Each comes with a picture (`layerpeel.shared.jobs.SubmitJob`), the canvas or a layer, which sets the
result's size, depth and profile.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Optional, Tuple

from layerpeel.shared.protocol import Coverage, Picture


@dataclass(frozen=True)
class Painting:
    """How to paint. None leaves a setting to the style.

    style: name of a style; empty for the first one that can be used.
    negative: the negative prompt, what should not be in the picture.
    """

    seed: int = 0
    style: str = ""
    steps: Optional[int] = None
    guidance: Optional[float] = None
    negative: str = ""


class GuideKind(str, Enum):
    """The kind of picture that guides a scene.

    LINES: line art. SCRIBBLE: rough strokes. DEPTH: near is light. SKETCH: a rough sketch in
    colours, to be painted over. EDIT: a picture in which the prompt says what is to change.
    """

    LINES = "lines"
    SCRIBBLE = "scribble"
    DEPTH = "depth"
    SKETCH = "sketch"
    EDIT = "edit"


@dataclass(frozen=True)
class Guide:
    """How the picture of a scene request guides it.

    strength: how closely to follow it, 0–1; None leaves it to the style. None of EDIT.
    references: of EDIT, further pictures that the prompt may speak of, as image 2, image 3 ….
    within: of EDIT, where it is changed; None changes all of it.
    """

    kind: GuideKind
    strength: Optional[float] = None
    references: Tuple[Picture, ...] = ()
    within: Optional[Coverage] = None


@dataclass(frozen=True)
class SceneRequest:
    """Paint a scene, and lift the foregrounds of its prompt off as layers.

    prompt: in the syntax of `layerpeel.shared.scene_prompt`.
    guide: None when the picture only sets the size.
    engine: the engine that peels.
    """

    prompt: str
    painting: Painting = field(default_factory=Painting)
    guide: Optional[Guide] = None
    engine: str = "auto"


@dataclass(frozen=True)
class ObjectRequest:
    """Paint what a prompt names into a selection of the picture; only the object is returned."""

    prompt: str
    within: Coverage
    painting: Painting = field(default_factory=Painting)


@dataclass(frozen=True)
class BackgroundRequest:
    """Paint a scene around the picture, a partly transparent layer; returns it as a layer.

    engine: the engine that fills in what the layer hides.
    """

    prompt: str
    painting: Painting = field(default_factory=Painting)
    engine: str = "auto"
