"""The layers as small pictures embedded in the page."""

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from PIL import Image as PillowImage

from layerpeel.backend.composites.composite import Composite
from layerpeel.backend.evaluation.evaluate import TRUTH
from layerpeel.backend.image import Float32, from_float
from layerpeel.backend.separation import Separation
from layerpeel.shared.protocol import Depth

# Compression errors are too small to see (docs/decisions.md).
QUALITY = 90
LONGEST_SIDE = 512


@dataclass(frozen=True)
class Thumbnails:
    """Data URIs of one composite: the picture, and both layers by method and of the truth."""

    picture: str
    foregrounds: dict[str, str] = field(default_factory=dict)
    backgrounds: dict[str, str] = field(default_factory=dict)


def thumbnails_of(composite: Composite, layers: Mapping[str, Separation]) -> Thumbnails:
    """Encode a composite, its true layers, and the layers of each method."""
    all_layers = {TRUTH: composite, **layers}
    return Thumbnails(
        data_uri(composite.picture),
        {
            name: data_uri(np.dstack([made.foreground, made.alpha]))
            for name, made in all_layers.items()
        },
        {name: data_uri(made.background) for name, made in all_layers.items()},
    )


def data_uri(pixels: Float32) -> str:
    """Encode H×W×3 (RGB) or H×W×4 (RGB, straight alpha), 0–1, as a WebP data URI."""
    image = PillowImage.fromarray(from_float(pixels, Depth.U8))
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), PillowImage.Resampling.LANCZOS)
    encoded = io.BytesIO()
    image.save(encoded, "webp", quality=QUALITY, method=2)
    return f"data:image/webp;base64,{base64.b64encode(encoded.getvalue()).decode('ascii')}"
