"""Tiny FBDD, HFA and inpainting models of random weights, in the folders of the real ones."""

import json
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    PNDMScheduler,
    StableDiffusionInpaintPipeline,
    UNet2DConditionModel,
)
from safetensors.torch import load_file, save_file
from tokenizers.pre_tokenizers import ByteLevel
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from layerpeel.backend.networks.fbdd_folder import Fbdd, save_fbdd
from layerpeel.backend.networks.fbdd_start import v_prediction_scheduler
from layerpeel.backend.networks.hfa_folder import save_hfa
from layerpeel.backend.networks.high_frequency_alignment import HighFrequencyAlignment
from layerpeel.backend.networks.local_unet import UNetShape

TOKENS, WIDTH_OF_TEXT = 77, 16

# The stock scheduler of Stable Diffusion 2 inpainting, which predicts noise.
STOCK_SCHEDULE = {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
}


def tiny_unet(inputs: int, seed: int = 0) -> UNet2DConditionModel:
    """Two levels, one of them with attention, as Stable Diffusion 2 has it."""
    torch.manual_seed(seed)
    return UNet2DConditionModel(
        sample_size=8,
        in_channels=inputs,
        out_channels=4,
        block_out_channels=(8, 16),
        layers_per_block=1,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        attention_head_dim=(1, 2),
        cross_attention_dim=WIDTH_OF_TEXT,
        norm_num_groups=4,
        use_linear_projection=True,
    ).eval()


def tiny_vae(seed: int = 0) -> AutoencoderKL:
    """Latents of 4 channels at an eighth of the size."""
    torch.manual_seed(seed)
    return AutoencoderKL(
        block_out_channels=(8,) * 4,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=4,
    ).eval()


def tiny_fbdd(resolution: int = 64, steps: int = 3) -> Fbdd:
    """Two UNets that differ."""
    torch.manual_seed(2)
    return Fbdd(
        foreground=tiny_unet(72, seed=0),
        background=tiny_unet(72, seed=1),
        vae=tiny_vae(),
        scheduler_config=v_prediction_scheduler(STOCK_SCHEDULE),
        null_embedding=torch.randn(1, TOKENS, WIDTH_OF_TEXT),
        resolution=resolution,
        num_inference_steps=steps,
    )


def save_tiny_fbdd(folder: Path, resolution: int = 64, steps: int = 3) -> Path:
    """Save one into `folder`, and give it back."""
    save_fbdd(tiny_fbdd(resolution, steps), folder)
    return folder


def tiny_hfa(seed: int = 0) -> HighFrequencyAlignment:
    """FAN and BAN that differ, and whose last layers do not answer 0, as an untrained one does."""
    torch.manual_seed(seed)
    hfa = HighFrequencyAlignment(
        UNetShape(7, 3, (8, 12), 1, unshuffle=2), UNetShape(7, 3, (6, 8), 1)
    )
    for weights in hfa.parameters():
        nn.init.normal_(weights, std=0.05)
    return hfa


def save_tiny_hfa(folder: Path, seed: int = 0) -> Path:
    """Save one into `folder`, and give it back."""
    save_hfa(tiny_hfa(seed), folder)
    return folder


def save_tiny_inpainting(folder: Path) -> Path:
    """Save a Stable Diffusion inpainting model as the hub has it, and give its folder back."""
    torch.manual_seed(3)
    letters = sorted(ByteLevel.alphabet())
    words = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    text_encoder = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(words),
            hidden_size=WIDTH_OF_TEXT,
            intermediate_size=2 * WIDTH_OF_TEXT,
            projection_dim=WIDTH_OF_TEXT,
            num_hidden_layers=2,
            num_attention_heads=2,
            max_position_embeddings=TOKENS,
            bos_token_id=len(words) - 2,
            eos_token_id=len(words) - 1,
        )
    )
    StableDiffusionInpaintPipeline(
        vae=tiny_vae(),
        text_encoder=text_encoder,
        tokenizer=CLIPTokenizer(),
        unet=tiny_unet(9),
        scheduler=PNDMScheduler(**STOCK_SCHEDULE, skip_prk_steps=True, steps_offset=1),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder)
    _as_on_the_hub(folder / "text_encoder" / "model.safetensors")
    _write_tokenizer(folder / "tokenizer", words)
    return folder


def _as_on_the_hub(text_encoder: Path) -> None:
    """The hub's files were written when this network still had a name inside its own."""
    tensors = load_file(text_encoder)
    named = {f"text_model.{name}": tensor for name, tensor in tensors.items()}
    save_file(named, text_encoder, metadata={"format": "pt"})


def _write_tokenizer(folder: Path, words: list[str]) -> None:
    """One token a letter, in the files that the hub has, not those transformers writes today."""
    for file in folder.iterdir():
        file.unlink()
    start, end = words[-2:]
    special = {"bos_token": start, "eos_token": end, "unk_token": end, "pad_token": "!"}
    settings = {**special, "model_max_length": TOKENS, "tokenizer_class": "CLIPTokenizer"}
    vocabulary = {word: number for number, word in enumerate(words)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n", encoding="utf-8")
    (folder / "special_tokens_map.json").write_text(json.dumps(special), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
