"""Weights to begin with, so that a signal is as strong at the coarsest level as at the finest."""

import torch
from torch import nn

from layerpeel.backend.networks.local_unet import LocalUNet, ResidualBlock


@torch.no_grad()
def keep_signals_even(network: LocalUNet) -> None:
    """Draw the weights of a new network so that each layer gives on the variance it gets.

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
