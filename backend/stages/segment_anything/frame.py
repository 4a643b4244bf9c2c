"""Between a picture and the square that SAM sees: where things lie in the one and in the other.

The picture's long side becomes the square's; what is left of the square, at the bottom or on the
right, stays empty. That is Meta's `ResizeLongestSide` and `postprocess_masks`, and what the
processor in transformers does. Both round the pixels to 8 bits on the way, which is left out here,
and either format of SAM gets the same.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from layerpeel.backend.image import Float32
from layerpeel.backend.stages.segment_anything.sam import PIXEL_DEVIATION, PIXEL_MEAN


@dataclass(frozen=True)
class Frame:
    """How a picture of height × width lies in a square of `side` pixels."""

    height: int
    width: int
    side: int

    @property
    def seen(self) -> tuple[int, int]:
        """Height and width of the picture within the square."""
        scale = self.side / max(self.height, self.width)
        # A very long and thin picture keeps a pixel of its short side.
        return max(1, int(self.height * scale + 0.5)), max(1, int(self.width * scale + 0.5))

    def pixels(self, proxy: Float32) -> Tensor:
        """Turn H×W×3 (RGB, 0–1) into the normalised [1, 3, side, side] that SAM sees."""
        planes = torch.from_numpy(np.ascontiguousarray(proxy)).permute(2, 0, 1)[None]
        resized = functional.interpolate(planes, self.seen, mode="bilinear", antialias=True)
        mean, deviation = (
            torch.tensor(values).reshape(1, 3, 1, 1) for values in (PIXEL_MEAN, PIXEL_DEVIATION)
        )
        return self._filled((resized - mean) / deviation)

    def places(self, places: Tensor) -> Tensor:
        """Bring places, [..., 2] of x and y in the picture's pixels, into the square."""
        height, width = self.seen
        return places * places.new_tensor([width / self.width, height / self.height])

    def upscaled(self, logits: Tensor) -> Tensor:
        """Bring logits [mask_side, mask_side] to the picture's own pixels, [H, W]."""
        square = functional.interpolate(
            logits[None, None], (self.side, self.side), mode="bilinear", align_corners=False
        )
        height, width = self.seen
        full = functional.interpolate(
            square[..., :height, :width],
            (self.height, self.width),
            mode="bilinear",
            align_corners=False,
        )
        return full[0, 0]

    def _filled(self, planes: Tensor) -> Tensor:
        height, width = self.seen
        return functional.pad(planes, (0, self.side - width, 0, self.side - height))
