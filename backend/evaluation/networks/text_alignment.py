"""CLIP score of both layers against their captions: the paper's Table 1.

Hessel et al. 2021, by torchmetrics. The foreground is shown over white. Captions come with the art.
"""

from layerpeel.backend.composites.composite import Composite
from layerpeel.backend.evaluation.network_figure import Captions, Meter
from layerpeel.backend.evaluation.networks.parts import (
    batch_of,
    device,
    missing_hub_model,
    missing_packages,
    painted,
)
from layerpeel.backend.separation import Separation

MODEL = "openai/clip-vit-base-patch16"


class TextAlignment:
    """See `NetworkFigure`."""

    title = "CLIP score"

    def lacks(self, captions: Captions) -> str | None:
        """Look for packages, weights, then captions."""
        missing = missing_packages("torch", "torchmetrics", "transformers")
        missing = missing or missing_hub_model(MODEL)
        return missing or (None if captions else "the art has no captions.csv")

    def meter(self, captions: Captions) -> Meter:
        """Load CLIP."""
        return TextAlignmentMeter(captions)


class TextAlignmentMeter:
    """See `Meter`: F_clip and B_clip (0–100) of each picture whose parts have captions."""

    def __init__(self, captions: Captions) -> None:
        from torchmetrics.multimodal.clip_score import CLIPScore

        self._captions = captions
        self._score = CLIPScore(model_name_or_path=MODEL).to(device())

    def add(self, _method: str, composite: Composite, separation: Separation) -> dict[str, float]:
        """Score each layer against the caption of the file it was made from."""
        layers = {
            "F_clip": (composite.cut_out, painted(separation.alpha, separation.foreground, 1.0)),
            "B_clip": (composite.backdrop, separation.background),
        }
        return {
            name: float(self._score((batch_of(layer) * 255).round().byte(), [words]))
            for name, (file, layer) in layers.items()
            if (words := self._captions.get(file))
        }

    def totals(self, _method: str) -> dict[str, float]:
        """Return nothing: every figure is of one picture."""
        return {}
