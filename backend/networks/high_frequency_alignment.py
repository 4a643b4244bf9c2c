"""High-frequency alignment (HFA): what the diffusion has blurred, taken from the picture again.

Two small networks, FAN for the foreground and BAN for the background (paper, section 3.3). The
paper says “UNet”, random weights, and what goes in; everything else here is ours.
"""

import torch
from torch import Tensor, nn

from layerpeel.backend.networks.local_unet import LocalUNet, UNetShape

# C, α and the decoded layer go in, a layer comes out.
INPUTS, OUTPUTS = 3 + 1 + 3, 3

# 1.9 million weights, reach 96. The task is local: where to take the picture's detail and where the
# decoded layer's, and how to separate one layer's share from the other's. So a small network does,
# for the 20,000 samples of the paper and for a processor (docs/decisions.md).
ALIGNMENT_SHAPE = UNetShape(INPUTS, OUTPUTS, widths=(48, 96, 160), blocks=2, unshuffle=2)


class AlignmentNetwork(nn.Module):
    """FAN or BAN: a `LocalUNet` whose answer is added to the decoded layer.

    Untrained it returns the decoded layer as it is. That layer is nearly right already, so training
    starts from it and need not first learn to copy; and where nothing is known, as behind an opaque
    object, adding nothing is the right answer.
    """

    def __init__(self, shape: UNetShape = ALIGNMENT_SHAPE) -> None:
        super().__init__()
        if (shape.inputs, shape.outputs) != (INPUTS, OUTPUTS):
            raise ValueError(f"an alignment network has {INPUTS} inputs and {OUTPUTS} outputs")
        self.unet = LocalUNet(shape)

    @property
    def shape(self) -> UNetShape:
        """The shape of its UNet, with stride and reach for tiles."""
        return self.unet.shape

    def forward(self, composite: Tensor, alpha: Tensor, decoded: Tensor) -> Tensor:
        """Refine a layer. Any height and width; all RGB, 0–1, with straight alpha.

        composite, decoded: [N, 3, H, W], the picture and the layer that the diffusion made.
        alpha: [N, 1, H, W].
        Returns the refined layer, [N, 3, H, W], not clipped: a clipped one would not train.
        """
        refined: Tensor = decoded + self.unet(torch.cat([composite, alpha, decoded], dim=1))
        return refined


class HighFrequencyAlignment(nn.Module):
    """FAN and BAN, which are trained independently and kept together.

    foreground: FAN. background: BAN.
    """

    def __init__(
        self, foreground: UNetShape = ALIGNMENT_SHAPE, background: UNetShape = ALIGNMENT_SHAPE
    ) -> None:
        super().__init__()
        self.foreground = AlignmentNetwork(foreground)
        self.background = AlignmentNetwork(background)
