"""Networks in the folders that diffusers writes, loaded whole or refused.

diffusers itself makes up weights that are missing and only warns of it; here that is an error.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import safetensors
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from diffusers.utils import logging

from layerpeel.backend.errors import ModelError
from layerpeel.backend.networks.checkpoint_folder import read_json
from layerpeel.backend.networks.latents import LATENT_CHANNELS, LATENT_STRIDE

# What diffusers raises when files are missing or damaged, or say what no network can be.
_LOADING_ERRORS = (
    OSError,
    ArithmeticError,
    KeyError,
    RuntimeError,
    TypeError,
    ValueError,
    safetensors.SafetensorError,
)


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
    with _quiet():
        try:
            network, loaded = architecture.from_pretrained(
                folder,
                torch_dtype=precision,
                use_safetensors=True,
                local_files_only=True,
                output_loading_info=True,
            )
        except _LOADING_ERRORS as error:
            reason = " ".join(str(error).split()).rstrip(".")
            raise ModelError(
                f"{folder} is incomplete or damaged ({reason}). Copy it again, all its files."
            ) from error
    astray = [*loaded["missing_keys"], *loaded["unexpected_keys"], *loaded["mismatched_keys"]]
    if astray:
        raise ModelError(
            f"The weights in {folder} do not fit its config.json: {len(astray)} tensors are "
            f"missing or too many, one is {min(map(str, astray))}. Copy it again, all its files."
        )
    # What is saved again is not to tell where it once lay.
    network.register_to_config(_name_or_path="")
    return network


@contextmanager
def _quiet() -> Iterator[None]:
    """Hold back what diffusers prints while it loads: what matters is raised."""
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity(logging.CRITICAL)
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
