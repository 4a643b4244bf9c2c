"""What is shown of questions and answers, as small pictures embedded in the page."""

import base64
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from PIL import Image as PillowImage

from layerpeel.backend.evaluation.evaluate import TRUTH
from layerpeel.backend.evaluation.track import Pictures, Question
from layerpeel.backend.image import Float32, from_float
from layerpeel.shared.protocol import Depth

# Compression errors are too small to see (docs/decisions.md).
QUALITY = 90
LONGEST_SIDE = 512


@dataclass(frozen=True)
class Thumbnails:
    """Data URIs of one question: its picture, and what is shown, by kind and method.

    layers: as `Track.kinds`; the truth comes first, a method that has no picture is left out.
    """

    picture: str
    layers: dict[str, dict[str, str]] = field(default_factory=dict)


def thumbnails_of(
    question: Question, pictures: Mapping[str, Pictures], kinds: Iterable[str]
) -> Thumbnails:
    """Encode a question, its right answer, and the answers of each method."""
    all_pictures = {TRUTH: question.true_pictures(), **pictures}
    return Thumbnails(
        data_uri(question.shown),
        {
            kind: {name: data_uri(own[kind]) for name, own in all_pictures.items() if kind in own}
            for kind in kinds
        },
    )


def data_uri(pixels: Float32) -> str:
    """Encode H×W×3 (RGB) or H×W×4 (RGB, straight alpha), 0–1, as a WebP data URI."""
    image = PillowImage.fromarray(from_float(pixels, Depth.U8))
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), PillowImage.Resampling.LANCZOS)
    encoded = io.BytesIO()
    image.save(encoded, "webp", quality=QUALITY, method=2)
    return f"data:image/webp;base64,{base64.b64encode(encoded.getvalue()).decode('ascii')}"
