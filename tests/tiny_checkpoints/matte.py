"""Tiny ViTMattes as transformers keeps them: one of random weights, one whose answer is known."""

from pathlib import Path

import torch
from torch import nn
from transformers import (
    VitDetConfig,
    VitMatteConfig,
    VitMatteForImageMatting,
    VitMatteImageProcessor,
)

# How steeply the answer of `tiny_vitmatte_of_red` goes from 0 to 1.
STEEPNESS = 8.0


def tiny_vitmatte(seed: int = 0) -> VitMatteForImageMatting:
    """One block with windows, one that sees all."""
    torch.manual_seed(seed)
    network = VitMatteForImageMatting(
        VitMatteConfig(
            backbone_config=VitDetConfig(
                hidden_size=16,
                num_hidden_layers=2,
                num_attention_heads=2,
                num_channels=4,
                image_size=64,
                pretrain_image_size=64,
                window_block_indices=[0],
                residual_block_indices=[1],
                window_size=3,
                use_relative_position_embeddings=True,
                out_features=["stage2"],
            ),
            hidden_size=16,
            convstream_hidden_sizes=[8, 8, 8],
            fusion_hidden_sizes=[16, 8, 8, 8],
        )
    ).eval()
    # As they are made, weights are so small that the answer is 0.5 everywhere.
    for weights in network.parameters():
        if weights.ndim > 1:
            nn.init.normal_(weights, std=0.3)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.ones_(layer.weight)
    return network


def tiny_vitmatte_of_red() -> VitMatteForImageMatting:
    """One that answers sigmoid(8 · (2 · red - 1)) at each pixel, whatever the trimap."""
    network = tiny_vitmatte()
    last, head = network.decoder.fusion_blocks[-1], network.decoder.matting_head.matting_convs
    for layer in (last.conv, head[0], head[3]):
        for weights in layer.parameters():
            nn.init.zeros_(weights)
    with torch.no_grad():
        # What comes in is the picture, -1 to 1; one more, and no ReLU on the way cuts it.
        last.conv.conv.weight[0, 0, 1, 1] = 1
        last.conv.batch_norm.weight[0] = 1
        last.conv.batch_norm.bias[0] = 1
        head[0].weight[0, 0, 1, 1] = 1
        head[3].weight[0, 0, 0, 0] = STEEPNESS
        head[3].bias[0] = -STEEPNESS
    return network


def save_tiny_vitmatte(folder: Path, seed: int = 0) -> Path:
    """Save `tiny_vitmatte` and its processor into `folder`, and give it back."""
    return _save(tiny_vitmatte(seed), folder)


def save_tiny_vitmatte_of_red(folder: Path) -> Path:
    """Save `tiny_vitmatte_of_red` and its processor into `folder`, and give it back."""
    return _save(tiny_vitmatte_of_red(), folder)


def _save(network: VitMatteForImageMatting, folder: Path) -> Path:
    network.save_pretrained(folder)
    VitMatteImageProcessor().save_pretrained(folder)
    return folder
