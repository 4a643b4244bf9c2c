"""Networks in the folders that diffusers writes, loaded whole or refused."""

from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel

from layerpeel.backend.errors import ModelError
from layerpeel.backend.networks.checkpoint_folder import read_json
from layerpeel.backend.networks.latents import LATENT_CHANNELS, LATENT_STRIDE
from layerpeel.backend.networks.pretrained import NotWholeError, load_whole


def load_unet(folder: Path, inputs: int, precision: torch.dtype) -> UNet2DConditionModel:
    """Load a diffusion UNet that takes `inputs` channels, into main memory.

    Raises ModelError when it is another network, incomplete or damaged.
    """
    config = _config(folder, "UNet2DConditionModel")
    channels = config.get("in_channels"), config.get("out_channels")
    if channels != (inputs, LATENT_CHANNELS):
        raise ModelError(
            f"The UNet in {folder} takes {channels[0]} channels and gives {channels[1]}; wanted is "
            f"one that takes {inputs} and gives {LATENT_CHANNELS}. Choose another folder."
        )
    return _load(UNet2DConditionModel, folder, precision)


def load_vae(folder: Path, precision: torch.dtype) -> AutoencoderKL:
    """Load an autoencoder with the latents that FBDD works on, into main memory.

    Raises ModelError when it is another network, incomplete or damaged.
    """
    config = _config(folder, "AutoencoderKL")
    widths = config.get("block_out_channels")
    stride = 2 ** (len(widths) - 1) if isinstance(widths, list) else None
    channels = config.get("latent_channels")
    if (stride, channels) != (LATENT_STRIDE, LATENT_CHANNELS):
        raise ModelError(
            f"The autoencoder in {folder} has latents of {channels} channels at 1/{stride} of the "
            f"size; wanted are {LATENT_CHANNELS} at 1/{LATENT_STRIDE}. Choose another folder."
        )
    return _load(AutoencoderKL, folder, precision)


def _config(folder: Path, architecture: str) -> dict[str, object]:
    config = read_json(folder / "config.json")
    if config.get("_class_name") != architecture:
        raise ModelError(
            f"{folder} holds a {config.get('_class_name')}, not a {architecture}. "
            "Choose another folder."
        )
    return config


def _load(architecture: Any, folder: Path, precision: torch.dtype) -> Any:  # noqa: ANN401
    try:
        network = load_whole(
            architecture.from_pretrained, folder, surplus_allowed=False, torch_dtype=precision
        )
    except NotWholeError as error:
        if error.astray:
            raise ModelError(
                f"The weights in {folder} do not fit its config.json: {len(error.astray)} tensors "
                f"are missing or too many, one is {error.astray[0]}. Copy it again, all its files."
            ) from error
        raise ModelError(
            f"{folder} is incomplete or damaged ({error}). Copy it again, all its files."
        ) from error
    # Saved again, it should not name this folder.
    network.register_to_config(_name_or_path="")
    return network
