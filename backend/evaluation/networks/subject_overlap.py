"""FG-MIoU: whether the object that a phrase names lies in the foreground layer, and only there.

The paper's own score (section 4.1): IoU of the mask that a detector finds in a layer for the
foreground's phrase with the layer's alpha; high is good on the foreground, low on the background.
Detector and segmenter are the best of those that are installed. Layers are shown over grey.
"""

import numpy as np

from layerpeel.backend.composites.composite import Composite
from layerpeel.backend.engines.engine import Engine
from layerpeel.backend.engines.engine_registry import best_engine
from layerpeel.backend.errors import ModelError, NothingFoundError
from layerpeel.backend.evaluation.network_figure import Captions, Meter
from layerpeel.backend.evaluation.networks.parts import painted
from layerpeel.backend.image import Bool, Float32, Image
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.progress import say_no_fraction
from layerpeel.backend.separation import Separation
from layerpeel.shared.protocol import Depth, Outcome, PeelRequest, Words

GREY = 0.5
SOLID = 0.5

NO_ENGINE = "nothing here can find things by words"


class SubjectOverlap:
    """See `NetworkFigure`."""

    title = "FG-MIoU"

    def lacks(self, captions: Captions) -> str | None:
        """Look for a detector and a segmenter, then for captions."""
        try:
            engine_for_words(ModelStore())
        except ModelError as error:
            return str(error)
        return None if captions else "the art has no captions.csv"

    def doubt(self) -> str | None:
        """Have none: which detector and segmenter found things is told with the figures."""
        return None

    def meter(self, captions: Captions) -> Meter:
        """Take the best detector and segmenter. Raises ModelError where they lack something."""
        return SubjectOverlapMeter(engine_for_words(ModelStore())[0], captions)


class SubjectOverlapMeter:
    """See `Meter`: F_miou and B_miou (0–1) of each picture whose cut-out has a caption."""

    def __init__(self, engine: Engine, captions: Captions) -> None:
        self._engine = engine
        self._captions = captions

    def add(self, _method: str, composite: Composite, separation: Separation) -> dict[str, float]:
        """Look for the foreground's phrase in both layers."""
        words = self._captions.get(composite.cut_out)
        if not words:
            return {}
        layer = separation.alpha > SOLID
        front = painted(separation.alpha, separation.foreground, GREY)
        return {
            "F_miou": overlap(mask_of_words(self._engine, front, words), layer),
            "B_miou": overlap(mask_of_words(self._engine, separation.background, words), layer),
        }

    def totals(self, _method: str) -> dict[str, float]:
        """Return nothing: every figure is of one picture."""
        return {}


def mask_of_words(engine: Engine, picture: Float32, words: str) -> Bool:
    """Where words are found in a picture (H×W×3, RGB, 0–1): H×W; nowhere if nothing is found."""
    opaque = np.ones(picture.shape[:2], np.float32)
    image = Image(picture, opaque, picture, Depth.U8)
    try:
        found = engine.find_words(image, words, say_no_fraction)
    except NothingFoundError:
        return np.zeros(picture.shape[:2], np.bool_)
    return np.asarray(found > SOLID, np.bool_)


def overlap(mask: Bool, layer: Bool) -> float:
    """Intersection over union of two H×W masks, 0–1; 0 where both are empty."""
    union = np.count_nonzero(mask | layer)
    return float(np.count_nonzero(mask & layer) / union) if union else 0.0


def engine_for_words(store: ModelStore) -> tuple[Engine, str]:
    """Return the engine of the best detector and segmenter there are, and who they are, in words.

    Raises ModelError, which says what they lack.
    """
    asked = PeelRequest(Words("a thing"), outcome=Outcome.SELECTION)
    engine, notes = best_engine(asked, store)
    try:
        engine.check(asked)
    except ModelError as error:
        raise ModelError(f"{NO_ENGINE}: {error}") from error
    return engine, " ".join(notes) or engine.name
