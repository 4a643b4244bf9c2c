"""High-frequency alignment (HFA): what the diffusion has blurred, taken from the picture again.

Two small networks, FAN for the foreground and BAN for the background (paper, section 3.3). The
paper says “UNet”, random weights, and what goes in; everything else here is ours.
"""

import torch
from torch import Tensor, nn

from layerpeel.backend.networks.local_unet import LocalUNet, UNetShape

# C, α and the decoded layer go in, a layer comes out.
INPUTS, OUTPUTS = 3 + 1 + 3, 3

# 1.9 million weights, reach 96. What has to be learnt is local: where to take the picture's detail
# and where the decoded layer's, and how to take one layer's share out of the other's. So it is
# small enough for the 20,000 samples of the paper and for a processor: 512×512 pixels take 0.28 s
# on two cores. With `unshuffle` 1 and widths 32, 64, 128, 128 they take 0.83 s.
ALIGNMENT_SHAPE = UNetShape(INPUTS, OUTPUTS, widths=(48, 96, 160), blocks=2, unshuffle=2)


class AlignmentNetwork(nn.Module):
    """FAN or BAN: gives the decoded layer what a `LocalUNet` adds to it.

    Untrained it gives the decoded layer as it is. That layer is nearly right already, so training
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
        """How large its UNet is; also says stride and reach, for tiles."""
        return self.unet.shape

    def forward(self, composite: Tensor, alpha: Tensor, decoded: Tensor) -> Tensor:
        """Refine a layer. Any height and width; all RGB, 0–1, with straight alpha.

        composite, decoded: [N, 3, H, W], the picture and the layer that the diffusion made.
        alpha: [N, 1, H, W].
        Gives the refined layer, [N, 3, H, W], not clipped: a clipped one would not train.
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
