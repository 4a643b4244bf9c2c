"""Figures of generated scenes: the paper's Table 1, and where foregrounds lie (Table 2)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from layerpeel.backend.engines.engine import Engine
from layerpeel.backend.errors import ModelError
from layerpeel.backend.evaluation.generated_scenes.painted_scenes import SceneLayers
from layerpeel.backend.evaluation.generated_scenes.reference_pictures import ReferencePictures
from layerpeel.backend.evaluation.network_figure import NetworkFigure
from layerpeel.backend.evaluation.networks import DISTRIBUTIONS, SUBJECT_OVERLAP, TEXT_ALIGNMENT
from layerpeel.backend.evaluation.networks.distributions import Distance, load_inception
from layerpeel.backend.evaluation.networks.parts import painted
from layerpeel.backend.evaluation.networks.subject_overlap import (
    GREY,
    SOLID,
    engine_for_words,
    mask_of_words,
    overlap,
)
from layerpeel.backend.evaluation.networks.text_alignment import TextScore
from layerpeel.backend.evaluation.placement_figures import NAMES as PLACEMENTS
from layerpeel.backend.evaluation.placement_figures import placement_of
from layerpeel.backend.evaluation.summary import spread_of
from layerpeel.backend.image import Float32
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.progress import ReportProgress

FOREGROUND, BACKGROUND, COMPOSITE = LAYERS = ("foreground", "background", "composite")

# Below so many scenes FID says nothing, by those who proposed it.
_MANY = 2048

# Any words do to ask what is lacking: scenes bring their own.
_WORDS = {"": "a thing"}


@dataclass
class SceneFigures:
    """What was measured.

    scenes: figures of each by name, in order. found: how many had a foreground. distances: FID and
    KID by layer. lacking: what could not be
    measured, and why. doubts: why figures that were measured mean little or nothing. found_by: who
    looked for the foregrounds' phrases in the layers.
    """

    scenes: list[dict[str, float]] = field(default_factory=list)
    found: int = 0
    distances: dict[str, dict[str, float]] = field(default_factory=dict)
    lacking: dict[str, str] = field(default_factory=dict)
    doubts: dict[str, str] = field(default_factory=dict)
    found_by: str = ""

    def mean(self, name: str) -> float:
        """Mean of a figure over the scenes that have it; NaN where none has."""
        spread = spread_of([scene.get(name, math.nan) for scene in self.scenes])
        return math.nan if spread is None else spread.mean

    def table_1(self) -> dict[str, dict[str, float]]:
        """The paper's Table 1, by layer; NaN for what was not measured, or is not asked of it."""
        return {
            layer: {
                "fid": self.distances.get(layer, {}).get("fid", math.nan),
                "kid": self.distances.get(layer, {}).get("kid", math.nan),
                "clip": self.mean(f"{layer}_clip"),
                "miou": self.mean(f"{layer}_miou"),
            }
            for layer in LAYERS
        }

    def table_2(self) -> dict[str, tuple[float, float]]:
        """The paper's Table 2: mean and deviation of where foregrounds lie, 0–100."""
        spreads = {
            name: spread_of([scene.get(name, math.nan) for scene in self.scenes])
            for name in PLACEMENTS
        }
        return {
            name: (math.nan, math.nan) if spread is None else (spread.mean, spread.deviation)
            for name, spread in spreads.items()
        }


class SceneMeter:
    """Measures scenes one by one.

    references: folders to compare with, by layer; a layer without one has no FID and KID.
    store: where detector and segmenter are.
    """

    def __init__(self, references: Mapping[str, ReferencePictures], store: ModelStore) -> None:
        self.figures = SceneFigures()
        self._references = references
        for layer in LAYERS:
            if layer not in references:
                self.figures.lacking[_distance_of(layer)] = "no folder was named to compare it with"
        compares = bool(references) and self._can(DISTRIBUTIONS)
        inception = load_inception() if compares else None
        self._distances = (
            {} if inception is None else {layer: Distance(inception) for layer in references}
        )
        self._score = TextScore() if self._can(TEXT_ALIGNMENT) else None
        self._engine: Engine | None = None
        try:
            self._engine, self.figures.found_by = engine_for_words(store)
        except ModelError as error:
            self.figures.lacking[SUBJECT_OVERLAP.title] = str(error)

    def _can(self, figure: NetworkFigure) -> bool:
        lacks = figure.lacks(_WORDS)
        if lacks is not None:
            self.figures.lacking[figure.title] = lacks
        elif (doubt := figure.doubt()) is not None:
            self.figures.doubts[figure.title] = doubt
        return lacks is None

    def add(self, scene: SceneLayers) -> None:
        """Measure a scene."""
        shown = _shown(scene)
        for layer, distance in self._distances.items():
            if layer in shown:
                distance.add(shown[layer], true=False)
        alpha = None if scene.foreground is None else scene.foreground[..., 3]
        own = {} if alpha is None else placement_of(alpha)
        if self._score is not None:
            words = scene.prompts
            told = (words.foreground, words.background, words.scene)
            for layer, said in zip(LAYERS, told, strict=True):
                if layer in shown:
                    own[f"{layer}_clip"] = self._score.of(shown[layer], said)
        if alpha is not None and self._engine is not None:
            over_grey = _over(scene, GREY)
            for layer, picture in ((FOREGROUND, over_grey), (BACKGROUND, scene.background)):
                mask = mask_of_words(self._engine, picture, scene.prompts.foreground)
                own[f"{layer}_miou"] = overlap(mask, alpha > SOLID)
        self.figures.scenes.append(own)
        self.figures.found += alpha is not None

    def finish(self, report: ReportProgress) -> SceneFigures:
        """Compare with the folders that were named, and return all figures."""
        for number, (layer, distance) in enumerate(self._distances.items()):
            reference = self._references[layer]
            for index, picture in enumerate(reference.pictures()):
                done = (number + index / len(reference.files)) / len(self._distances)
                report(f"Comparing with {reference.folder.name}", done)
                distance.add(picture, true=True)
            figures = distance.figures()
            if figures:
                self.figures.distances[layer] = figures
            else:
                self.figures.lacking[_distance_of(layer)] = "too few pictures"
        if not self.figures.found:
            self.figures.lacking.setdefault(SUBJECT_OVERLAP.title, "no scene has a foreground")
        if self.figures.distances and self.figures.found < _MANY:
            few = f"of {self.figures.found} scenes FID is far too high, and KID noisy"
            self.figures.doubts.setdefault("FID, KID", few)
        return self.figures


def _distance_of(layer: str) -> str:
    return f"{DISTRIBUTIONS.title} of the {layer}"


def _shown(scene: SceneLayers) -> dict[str, Float32]:
    """Pictures of the layers there are, H×W×3; the foreground over white."""
    shown = {BACKGROUND: scene.background, COMPOSITE: scene.composite}
    return shown if scene.foreground is None else {FOREGROUND: _over(scene, 1.0), **shown}


def _over(scene: SceneLayers, ground: float) -> Float32:
    if scene.foreground is None:
        raise ValueError("this scene has no foreground")
    return painted(scene.foreground[..., 3], scene.foreground[..., :3], ground)
