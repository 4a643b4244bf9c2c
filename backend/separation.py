"""What C = αF + (1−α)B speaks of: a matte, and a matte with the colours of both layers."""

from dataclasses import dataclass

from layerpeel.backend.image import Float32


@dataclass(frozen=True)
class Matte:
    """α of what is lifted off: H×W, 0–1."""

    alpha: Float32


@dataclass(frozen=True)
class Separation(Matte):
    """α, F and B of a picture: straight colours, H×W×C.

    In 0–1 (RGB, display-referred sRGB) where nothing else is said.
    """

    foreground: Float32
    background: Float32
