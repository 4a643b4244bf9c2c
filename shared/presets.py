"""Presets: how to peel, under a name; kept by the backend as TOML files, which people share."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Dict, Tuple

MOST_LAYERS = 32

MOST_BYTES = 64 << 10
"""Of one file; one that is longer is none of ours."""


class PresetLift(str, Enum):
    """What is lifted off: as the docker's buttons say."""

    SUBJECT = "subject"
    POINT = "point"
    THINGS = "things"
    SELECTION = "selection"
    WORDS = "words"


class PresetResult(str, Enum):
    """What comes of it: layers, layers with masks, or a selection."""

    LAYERS = "layers"
    MASKS = "masks"
    SELECTION = "selection"


@dataclass(frozen=True)
class Preset:
    """How to peel.

    title: for people. words: what is named, where that is lifted off. layers: how many at most,
    1–`MOST_LAYERS`. patches: whether a background is only a patch, where that will do. engine, and
    stages, by stage: see `PeelRequest.engine`.
    """

    title: str
    lift: PresetLift = PresetLift.SUBJECT
    words: str = ""
    exact_edge: bool = False
    layers: int = 1
    result: PresetResult = PresetResult.LAYERS
    patches: bool = False
    engine: str = "auto"
    stages: Dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class KeptPreset:
    """A preset that the backend keeps. name: of its file, without the ending."""

    name: str
    preset: Preset


@dataclass(frozen=True)
class Presets:
    """All presets, by their titles. faults: of each file that cannot be read, why, in one line."""

    kept: Tuple[KeptPreset, ...] = ()
    faults: Tuple[str, ...] = ()


@dataclass(frozen=True)
class PresetFile:
    """A file as people share it. name: without the ending. text: TOML."""

    name: str
    text: str
