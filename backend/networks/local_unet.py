"""A convolutional UNet whose receptive field is known and finite.

It has no norms over space and no attention, so in tiles that overlap by its reach it gives the
same as on the whole picture.
"""

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class UNetShape:
    """The size of a `LocalUNet`.

    inputs, outputs: channels. widths: channels of each level, finest first.
    blocks: residual blocks at each level, on the way down and again on the way up.
    unshuffle: factor of the pixel-unshuffle before the first level: 1 works at every pixel, 2
        takes a quarter of the time and loses nothing of the input.
    """

    inputs: int
    outputs: int
    widths: tuple[int, ...]
    blocks: int
    unshuffle: int = 1

    @property
    def stride(self) -> int:
        """Pixels to a side that become one pixel of the coarsest level."""
        return self.unshuffle << (len(self.widths) - 1)

    @property
    def reach(self) -> int:
        """The radius of the receptive field in pixels, rounded up to a multiple of the stride.

        Two 3×3 convolutions a block, once more at either end, each as wide as its level's pixels;
        on top of that the pixels which share one coarse pixel.
        """
        levels = len(self.widths)
        scales = [self.unshuffle << level for level in range(levels)]
        rounds = [2] * (levels - 1) + [1]
        convolutions = sum(
            2 * self.blocks * times * scale for times, scale in zip(rounds, scales, strict=True)
        )
        ends = 2 * self.unshuffle
        needed = convolutions + ends + self.stride
        return -(-needed // self.stride) * self.stride


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions beside an identity; at the beginning of training it is the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(_bias(self.second))

    def forward(self, features: Tensor) -> Tensor:
        """Map [N, width, h, w] to the same shape."""
        inner = self.first(functional.relu(features))
        refined: Tensor = self.second(functional.relu(inner))
        return features + refined


class LocalUNet(nn.Module):
    """Down and up again over `shape.widths`, skips added. Any height and width, 1 pixel and up.

    Its last layer starts at zero: an untrained network answers 0 everywhere.
    """

    def __init__(self, shape: UNetShape) -> None:
        super().__init__()
        self.shape = shape
        fold, widths = shape.unshuffle**2, shape.widths
        self.entry = nn.Conv2d(shape.inputs * fold, widths[0], 3, padding=1)
        self.down_blocks = nn.ModuleList(_blocks(width, shape.blocks) for width in widths[:-1])
        self.downs = nn.ModuleList(
            nn.Conv2d(fine, coarse, 2, stride=2) for fine, coarse in pairwise(widths)
        )
        self.middle = _blocks(widths[-1], shape.blocks)
        self.ups = nn.ModuleList(
            nn.ConvTranspose2d(coarse, fine, 2, stride=2) for fine, coarse in pairwise(widths)
        )
        self.up_blocks = nn.ModuleList(_blocks(width, shape.blocks) for width in widths[:-1])
        self.exit = nn.Conv2d(widths[0], shape.outputs * fold, 3, padding=1)
        nn.init.zeros_(self.exit.weight)
        nn.init.zeros_(_bias(self.exit))

    def forward(self, planes: Tensor) -> Tensor:
        """Map [N, inputs, H, W] to [N, outputs, H, W]."""
        height, width = planes.shape[-2:]
        stride = self.shape.stride
        beyond = (0, -width % stride, 0, -height % stride)
        padded = functional.pad(planes, beyond, mode="replicate") if any(beyond) else planes
        return self.answer(padded)[..., :height, :width]

    def answer(self, planes: Tensor) -> Tensor:
        """Map as `forward` does, for height and width that are multiples of the stride."""
        folded = functional.pixel_unshuffle(planes, self.shape.unshuffle)
        features = self.entry(folded)  # [N, widths[0], h, w]
        skips: list[Tensor] = []
        for blocks, down in zip(self.down_blocks, self.downs, strict=True):
            features = blocks(features)
            skips.append(features)
            features = down(features)
        features = self.middle(features)  # [N, widths[-1], h/2ⁿ, w/2ⁿ]
        finest_last = list(zip(self.ups, self.up_blocks, skips, strict=True))[::-1]
        for up, blocks, skip in finest_last:
            features = blocks(up(features) + skip)
        return functional.pixel_shuffle(self.exit(features), self.shape.unshuffle)


@torch.no_grad()
def he_initialise(network: LocalUNet) -> None:
    """Draw the weights of a new network so that each layer passes on the variance it receives.

    torch's own choice takes away two thirds of it at each layer: what comes back from the coarsest
    level is then too faint to be learned from. Layers that begin at zero stay so.
    After He, Zhang, Ren and Sun, "Delving Deep into Rectifiers", 2015, eq. 10: twice the variance
    where the input has gone through a ReLU, which halves it.
    """
    rectified = {block.first for block in network.modules() if isinstance(block, ResidualBlock)}
    for layer in network.modules():
        if not isinstance(layer, nn.Conv2d | nn.ConvTranspose2d) or not layer.weight.any():
            continue
        # A transposed convolution of stride 2 by 2 sees each of its inputs once.
        seen = layer.weight[0].numel() if isinstance(layer, nn.Conv2d) else layer.in_channels
        gain = 2 if layer in rectified else 1
        nn.init.normal_(layer.weight, std=(gain / seen) ** 0.5)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def _blocks(width: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(ResidualBlock(width) for _ in range(count)))


def _bias(layer: nn.Conv2d) -> Tensor:
    """Return the bias of a layer that was made with one."""
    return torch.as_tensor(layer.bias)
