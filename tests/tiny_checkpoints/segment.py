"""A tiny SAM of random weights: as transformers keeps it, and the same weights as Meta does."""

import re
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import (
    SamConfig,
    SamMaskDecoderConfig,
    SamModel,
    SamPromptEncoderConfig,
    SamVisionConfig,
)

SIDE = 128  # of the square that it sees
PATCH = 16
CHANNELS = 32

# From transformers' names to Meta's, in this order, each wherever it fits.
META_NAMES = (
    (r"^vision_encoder\.layers\.", "image_encoder.blocks."),
    (r"^vision_encoder\.patch_embed\.projection\.", "image_encoder.patch_embed.proj."),
    (r"^vision_encoder\.neck\.conv1\.", "image_encoder.neck.0."),
    (r"^vision_encoder\.neck\.layer_norm1\.", "image_encoder.neck.1."),
    (r"^vision_encoder\.neck\.conv2\.", "image_encoder.neck.2."),
    (r"^vision_encoder\.neck\.layer_norm2\.", "image_encoder.neck.3."),
    (r"^vision_encoder\.", "image_encoder."),
    (
        r"^prompt_encoder\.shared_embedding\.positional_embedding$",
        "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix",
    ),
    (r"^prompt_encoder\.point_embed\.", "prompt_encoder.point_embeddings."),
    (r"\.mask_embed\.conv1\.", ".mask_downscaling.0."),
    (r"\.mask_embed\.layer_norm1\.", ".mask_downscaling.1."),
    (r"\.mask_embed\.conv2\.", ".mask_downscaling.3."),
    (r"\.mask_embed\.layer_norm2\.", ".mask_downscaling.4."),
    (r"\.mask_embed\.conv3\.", ".mask_downscaling.6."),
    (r"\.upscale_conv1\.", ".output_upscaling.0."),
    (r"\.upscale_layer_norm\.", ".output_upscaling.1."),
    (r"\.upscale_conv2\.", ".output_upscaling.3."),
    (r"\.layer_norm_final_attn\.", ".norm_final_attn."),
    (r"\.layer_norm(\d)\.", r".norm\1."),
    # Meta counts the layers of a small perceptron, transformers names the first and the last.
    (r"(_mlps\.\d+|iou_prediction_head)\.layers\.0\.", r"\1.layers.1."),
    (r"(_mlps\.\d+|iou_prediction_head)\.proj_in\.", r"\1.layers.0."),
    (r"(_mlps\.\d+|iou_prediction_head)\.proj_out\.", r"\1.layers.2."),
)


def tiny_sam(seed: int = 0) -> SamModel:
    """Two blocks with windows that do not divide the picture, one that sees all of it."""
    torch.manual_seed(seed)
    sam = SamModel(
        SamConfig(
            vision_config=SamVisionConfig(
                hidden_size=CHANNELS,
                output_channels=CHANNELS,
                num_hidden_layers=3,
                num_attention_heads=2,
                image_size=SIDE,
                patch_size=PATCH,
                window_size=3,
                global_attn_indexes=[1],
                num_pos_feats=CHANNELS // 2,
                mlp_dim=2 * CHANNELS,
                mlp_ratio=2.0,
            ),
            prompt_encoder_config=SamPromptEncoderConfig(
                hidden_size=CHANNELS, image_size=SIDE, patch_size=PATCH, mask_input_channels=8
            ),
            mask_decoder_config=SamMaskDecoderConfig(
                hidden_size=CHANNELS,
                mlp_dim=CHANNELS,
                iou_head_hidden_dim=CHANNELS,
                layer_norm_eps=1e-5,  # Meta's; files on the hub say 1e-6
            ),
        )
    ).eval()
    # As they are made, weights are so small that every prompt has the same answer, 0 everywhere.
    for weights in sam.parameters():
        if weights.ndim > 1:
            nn.init.normal_(weights, std=0.3)
    for mlp in sam.mask_decoder.output_hypernetworks_mlps:
        nn.init.normal_(mlp.proj_out.weight, std=1)
    return sam


def save_tiny_sam(folder: Path, seed: int = 0) -> Path:
    """Save one as transformers does into `folder`, and give it back."""
    tiny_sam(seed).save_pretrained(folder)
    return folder


def meta_tensors(sam: SamModel) -> dict[str, Tensor]:
    """Give its weights the names and shapes that they have in Meta's files."""
    tensors = {}
    for name, tensor in sam.state_dict().items():
        if name == "shared_image_embedding.positional_embedding":
            continue  # the same as the prompt encoder's
        for pattern, meta in META_NAMES:
            name = re.sub(pattern, meta, name)
        tensors[name] = tensor.detach().clone()
    return tensors


def save_tiny_meta_sam(folder: Path, seed: int = 0) -> Path:
    """Save the weights of `tiny_sam(seed)` as Meta does, into sam.pth in `folder`; give it back."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(meta_tensors(tiny_sam(seed)), folder / "sam.pth")
    return folder
