"""CLIP score of layers against words: the paper's Table 1.

Hessel et al. 2021: 100 times the cosine of what CLIP makes of picture and words, and 0 below that.
torchmetrics' own fails with the transformers that the full install has (`docs/decisions.md`). The
foreground is shown over white. Captions of composites come with the art.
"""

import warnings

from layerpeel.backend.composites.composite import Composite
from layerpeel.backend.evaluation.network_figure import Captions, Meter
from layerpeel.backend.evaluation.networks.parts import (
    batch_of,
    device,
    missing_hub_model,
    missing_packages,
    painted,
)
from layerpeel.backend.image import Float32
from layerpeel.backend.separation import Separation

MODEL = "openai/clip-vit-base-patch16"
# What picture and words become there: as many numbers each.
_PUBLISHED_WIDTH = 512


class TextAlignment:
    """See `NetworkFigure`."""

    title = "CLIP score"

    def lacks(self, captions: Captions) -> str | None:
        """Look for packages, weights, then captions."""
        missing = missing_packages("torch", "transformers") or missing_hub_model(MODEL)
        return missing or (None if captions else "the art has no captions.csv")

    def doubt(self) -> str | None:
        """Look whether CLIP is as large as the published one."""
        from transformers import CLIPConfig

        width = CLIPConfig.from_pretrained(MODEL, local_files_only=True).projection_dim
        if width == _PUBLISHED_WIDTH:
            return None
        return f"{MODEL} is not what was published by that name: its figures mean nothing"

    def meter(self, captions: Captions) -> Meter:
        """Load CLIP."""
        return TextAlignmentMeter(captions)


class TextScore:
    """Says how well words tell of pictures."""

    def __init__(self) -> None:
        from transformers import CLIPModel, CLIPProcessor

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._processor = CLIPProcessor.from_pretrained(MODEL, local_files_only=True)
        self._network = CLIPModel.from_pretrained(MODEL, local_files_only=True).to(device()).eval()

    def of(self, picture: Float32, words: str) -> float:
        """Score a picture, H×W×3 (RGB, 0–1), 0–100. Words beyond what CLIP takes are left out."""
        import torch

        pixels = (batch_of(picture) * 255).round().byte()
        given = self._processor(
            text=[words], images=list(pixels), return_tensors="pt", padding=True, truncation=True
        )
        with torch.no_grad():
            seen = self._network(**given.to(device()))
        cosine = torch.nn.functional.cosine_similarity(seen.image_embeds, seen.text_embeds)
        return max(0.0, float(cosine) * 100)


class TextAlignmentMeter:
    """See `Meter`: F_clip and B_clip (0–100) of each picture whose parts have captions."""

    def __init__(self, captions: Captions) -> None:
        self._captions = captions
        self._score = TextScore()

    def add(self, _method: str, composite: Composite, separation: Separation) -> dict[str, float]:
        """Score each layer against the caption of the file it was made from."""
        layers = {
            "F_clip": (composite.cut_out, painted(separation.alpha, separation.foreground, 1.0)),
            "B_clip": (composite.backdrop, separation.background),
        }
        return {
            name: self._score.of(layer, words)
            for name, (file, layer) in layers.items()
            if (words := self._captions.get(file))
        }

    def totals(self, _method: str) -> dict[str, float]:
        """Return nothing: every figure is of one picture."""
        return {}
