"""FBDD on disk: two diffusion UNets, their VAE and scheduler, and the embedding of an empty prompt.

fbdd.json                          format, version, resolution, steps
foreground/, background/           UNet2DConditionModel, as diffusers writes it
vae/                               AutoencoderKL, likewise
scheduler/scheduler_config.json    scheduler, with the noise schedule
null_embedding.safetensors         `null_embedding`, [1, tokens, width]
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import safetensors.torch
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from torch import Tensor

from layerpeel.backend.errors import ModelError
from layerpeel.backend.files.disk import write_new_file
from layerpeel.backend.formats.destination import new_folder
from layerpeel.backend.networks.checkpoint_folder import (
    description_bytes,
    read_description,
    read_json,
    read_tensors,
)
from layerpeel.backend.networks.denoising import Scheduler, scheduler_from
from layerpeel.backend.networks.diffusers_parts import load_unet, load_vae
from layerpeel.backend.networks.layer_unet import INPUTS

FORMAT, VERSION = "layerpeel-fbdd", 1
DESCRIPTION = "fbdd.json"
NULL_EMBEDDING = "null_embedding"

# UNets of four levels halve a latent, an eighth of the picture, three times.
SIDE_MULTIPLE = 64

LayerName = Literal["foreground", "background"]


@dataclass(frozen=True)
class Fbdd:
    """The contents of an FBDD folder, in memory.

    resolution: the picture's long side at which it works best, in pixels, a multiple of 64.
    num_inference_steps: of the scheduler.
    scheduler_config: the scheduler's, with its `_class_name`.
    null_embedding: [1, tokens, width].
    Raises ValueError for a resolution, num_inference_steps or scheduler_config with which its
    folder could not be opened.
    """

    foreground: UNet2DConditionModel
    background: UNet2DConditionModel
    vae: AutoencoderKL
    scheduler_config: dict[str, Any]
    null_embedding: Tensor
    resolution: int
    num_inference_steps: int

    def __post_init__(self) -> None:
        if self.resolution <= 0 or self.resolution % SIDE_MULTIPLE or self.num_inference_steps < 1:
            raise ValueError(
                f"the resolution is a multiple of {SIDE_MULTIPLE} above 0, and there is a step at "
                f"least: not {self.resolution} and {self.num_inference_steps}"
            )
        scheduler_from(self.scheduler_config)


class FbddFolder:
    """An FBDD folder: its small parts are read at once, its networks when needed."""

    def __init__(self, folder: Path) -> None:
        """Open and check it.

        Raises ModelError when this is no FBDD folder, is of another version, or lacks something;
        about the networks themselves, loading them does.
        """
        description = read_description(folder / DESCRIPTION, FORMAT, VERSION)
        self.folder = folder
        self.resolution = _whole_number(description, "resolution", SIDE_MULTIPLE, folder)
        self.num_inference_steps = _whole_number(description, "steps", 1, folder)
        self.scheduler_config = read_json(folder / "scheduler" / "scheduler_config.json")
        times = self.new_scheduler().config.num_train_timesteps
        if self.num_inference_steps > times:
            raise ModelError(
                f"{folder / DESCRIPTION} gives {self.num_inference_steps} as steps; the scheduler "
                f"in its folder knows {times} at most."
            )
        self.null_embedding = _null_embedding(folder)

    def new_scheduler(self) -> Scheduler:
        """Make a new scheduler: each remembers the steps of one layer.

        Raises ModelError when FBDD cannot use it.
        """
        try:
            return scheduler_from(self.scheduler_config)
        except (ValueError, TypeError, NotImplementedError) as error:
            raise ModelError(
                f"The scheduler in {self.folder} is none for FBDD: {error}. Change its "
                "scheduler_config.json, or copy the folder again."
            ) from error

    def unet(self, layer: LayerName, precision: torch.dtype) -> UNet2DConditionModel:
        """Load the UNet of a layer into main memory.

        Raises ModelError when it is another network, incomplete or damaged.
        """
        unet = load_unet(self.folder / layer, INPUTS, precision)
        width = self.null_embedding.shape[-1]
        if unet.config.cross_attention_dim != width:
            raise ModelError(
                f"The UNet in {self.folder / layer} reads embeddings of "
                f"{unet.config.cross_attention_dim} numbers, but {NULL_EMBEDDING}.safetensors "
                f"holds {width}: they are not of one model. Copy the folder again."
            )
        return unet

    def vae(self, precision: torch.dtype) -> AutoencoderKL:
        """Load the VAE into main memory; raises ModelError as `unet` does."""
        return load_vae(self.folder / "vae", precision)

    def load(self, precision: torch.dtype = torch.float32) -> Fbdd:
        """Load everything into main memory; raises ModelError as `unet` and `vae` do."""
        return Fbdd(
            foreground=self.unet("foreground", precision),
            background=self.unet("background", precision),
            vae=self.vae(precision),
            scheduler_config=self.scheduler_config,
            null_embedding=self.null_embedding,
            resolution=self.resolution,
            num_inference_steps=self.num_inference_steps,
        )


def save_fbdd(fbdd: Fbdd, folder: Path) -> None:
    """Write everything, networks in the precision that they have.

    An FBDD folder of this name is replaced, whole or not at all. Raises OutputError when it cannot
    be written, or is another kind of folder.
    """
    with new_folder(folder, force=True, why_not=_why_not_replaced) as new:
        fbdd.foreground.save_pretrained(new / "foreground")
        fbdd.background.save_pretrained(new / "background")
        fbdd.vae.save_pretrained(new / "vae")
        (new / "scheduler").mkdir()
        scheduler = json.dumps(fbdd.scheduler_config, indent=2) + "\n"
        write_new_file(new / "scheduler" / "scheduler_config.json", scheduler.encode())
        embedding = fbdd.null_embedding.float().contiguous().cpu()
        write_new_file(
            new / f"{NULL_EMBEDDING}.safetensors",
            safetensors.torch.save({NULL_EMBEDDING: embedding}),
        )
        content: dict[str, object] = {
            "resolution": fbdd.resolution,
            "steps": fbdd.num_inference_steps,
        }
        write_new_file(new / DESCRIPTION, description_bytes(FORMAT, VERSION, content))


def _whole_number(description: dict[str, object], name: str, multiple_of: int, folder: Path) -> int:
    value = description.get(name)
    if type(value) is int and value > 0 and value % multiple_of == 0:
        return value
    raise ModelError(
        f"{folder / DESCRIPTION} gives “{value}” as {name}; it takes a whole number"
        f"{f', a multiple of {multiple_of}' if multiple_of > 1 else ''}, above 0."
    )


def _null_embedding(folder: Path) -> Tensor:
    file = folder / f"{NULL_EMBEDDING}.safetensors"
    embedding = read_tensors(file).get(NULL_EMBEDDING)
    if embedding is None or embedding.ndim != 3 or len(embedding) != 1:
        raise ModelError(f"{file} holds no embedding of no words. Copy the folder again.")
    return embedding


def _why_not_replaced(folder: Path) -> str | None:
    if (folder / DESCRIPTION).is_file() or not any(folder.iterdir()):
        return None
    return f"it is no FBDD folder: there are other things than {DESCRIPTION} in it"
