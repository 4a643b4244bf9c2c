"""Where training of FBDD starts: Stable Diffusion 2 inpainting, in the layout of the model hub."""

import copy
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import CLIPTextModel, CLIPTokenizer

from layerpeel.backend.errors import ModelError
from layerpeel.backend.networks.checkpoint_folder import read_json
from layerpeel.backend.networks.diffusers_parts import load_unet, load_vae
from layerpeel.backend.networks.fbdd_folder import Fbdd
from layerpeel.backend.networks.layer_unet import INPAINTING_INPUTS, widen_for_alpha
from layerpeel.backend.networks.pretrained import (
    LOADING_ERRORS,
    NotWholeError,
    first_line_of,
    load_whole,
)

# The noise schedule is the pretrained network's; how to step through it is chosen anew.
NOISE_SCHEDULE = (
    "num_train_timesteps",
    "beta_start",
    "beta_end",
    "beta_schedule",
    "trained_betas",
    "rescale_betas_zero_snr",
)

DEFAULT_STEPS = 20


def fbdd_from_inpainting(
    folder: Path, resolution: int, num_inference_steps: int = DEFAULT_STEPS
) -> Fbdd:
    """Make an untrained FBDD of an inpainting model's `unet`, `vae`, `text_encoder`, `tokenizer`
    and `scheduler`, in float32; the text encoder is used once and not kept.

    resolution: the long side that it will be trained at, a multiple of 64.

    Raises ModelError when a part is missing, damaged, or of another kind of model.
    """
    foreground = load_unet(folder / "unet", INPAINTING_INPUTS, torch.float32)
    widen_for_alpha(foreground)
    stock = read_json(folder / "scheduler" / "scheduler_config.json")
    return Fbdd(
        foreground=foreground,
        background=copy.deepcopy(foreground),
        vae=load_vae(folder / "vae", torch.float32),
        scheduler_config=v_prediction_scheduler(stock),
        null_embedding=null_embedding(folder),
        resolution=resolution,
        num_inference_steps=num_inference_steps,
    )


def v_prediction_scheduler(stock: dict[str, Any]) -> dict[str, Any]:
    """Configure DPM-Solver++ for v-prediction over the noise schedule of a stock scheduler."""
    schedule = {name: stock[name] for name in NOISE_SCHEDULE if name in stock}
    return {
        "_class_name": "DPMSolverMultistepScheduler",
        "algorithm_type": "dpmsolver++",
        "prediction_type": "v_prediction",
        # The first step is taken at the noisiest time, where there is nothing but noise to begin
        # with (Lin et al., “Common Diffusion Noise Schedules and Sample Steps are Flawed”, 2023).
        "timestep_spacing": "trailing",
        **schedule,
    }


def null_embedding(folder: Path) -> Tensor:
    """Compute what a model's text encoder says to no words, [1, tokens, width] in float32.

    Raises ModelError when text encoder or tokenizer are missing or damaged.
    """
    # Checked here: the libraries take a missing folder for a name on the hub.
    read_json(folder / "tokenizer" / "vocab.json")
    read_json(folder / "text_encoder" / "config.json")
    try:
        tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer", local_files_only=True)
    except LOADING_ERRORS as error:
        raise _not_loaded(folder, first_line_of(error)) from error
    try:
        encoder = load_whole(
            CLIPTextModel.from_pretrained, folder / "text_encoder", dtype=torch.float32
        )
    except NotWholeError as error:
        missing = f"{len(error.astray)} of its tensors are missing"
        raise _not_loaded(folder, missing if error.astray else str(error)) from error
    tokens = tokenizer(
        "",
        padding="max_length",
        max_length=encoder.config.max_position_embeddings,
        return_tensors="pt",
    )
    with torch.inference_mode():
        embedding: Tensor = encoder(tokens.input_ids).last_hidden_state
    return embedding


def _not_loaded(folder: Path, reason: str) -> ModelError:
    return ModelError(
        f"Text encoder or tokenizer in {folder} cannot be loaded ({reason}). Copy the folder "
        "again, all its files."
    )
