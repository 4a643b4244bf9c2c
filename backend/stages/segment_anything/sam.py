"""What a SAM is asked and answers, in either format."""

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

# Meta's own, of 0–1 (there of 0–255); transformers' files say the same.
PIXEL_MEAN = (123.675 / 255, 116.28 / 255, 103.53 / 255)
PIXEL_DEVIATION = (58.395 / 255, 57.12 / 255, 57.375 / 255)


@dataclass(frozen=True)
class Prompt:
    """What is pointed at, in pixels of the square that the network sees. All on its device.

    box: [1, 4], left, top, right, bottom; None without.
    points: [1, N, 2], x and y; labels: [1, N], 1 where the thing is, 0 where it is not. Both or
        neither.
    mask: [1, 1, m, m], logits of an earlier mask, `Sam.mask_side` to a side; None without.
    several: whether three masks are wanted to choose from (whole, part, part of a part), or one.
    """

    box: Tensor | None = None
    points: Tensor | None = None
    labels: Tensor | None = None
    mask: Tensor | None = None
    several: bool = False


class Sam(Protocol):
    """A SAM network; also an `nn.Module`.

    side: of the square that it sees, in pixels. mask_side: of the masks that it takes and gives.
    """

    side: int
    mask_side: int

    def encode(self, pixels: Tensor) -> Tensor:
        """Turn normalised pixels [1, 3, side, side] into an embedding [1, C, h, w]."""

    def decode(self, embedding: Tensor, prompt: Prompt) -> tuple[Tensor, Tensor]:
        """Return masks as logits, [masks, mask_side, mask_side], and how good each is, [masks]."""
