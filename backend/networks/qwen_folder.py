"""The folder of a Qwen-Image-Layered, as diffusers lays it out and the model hub holds it.

`model_index.json` names the parts; each lies in a folder of its own, the weights in safetensors, in
one file or in shards that an index lists. See `diffusers.QwenImageLayeredPipeline`.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKLQwenImage,
    FlowMatchEulerDiscreteScheduler,
    QwenImageLayeredPipeline,
    QwenImageTransformer2DModel,
)
from torch import nn
from transformers import Qwen2_5_VLForConditionalGeneration, Qwen2Tokenizer, Qwen2VLProcessor

from layerpeel.backend.errors import ModelError, reason_of
from layerpeel.backend.models.safetensors_header import WeightsError, shapes_in
from layerpeel.backend.networks.checkpoint_folder import read_json
from layerpeel.backend.networks.pretrained import LOADING_ERRORS, NotWholeError, load_whole

TEXT_ENCODER, TRANSFORMER, VAE = "text_encoder", "transformer", "vae"
NETWORKS = {
    TEXT_ENCODER: Qwen2_5_VLForConditionalGeneration,
    TRANSFORMER: QwenImageTransformer2DModel,
    VAE: AutoencoderKLQwenImage,
}
WEIGHTS = {
    TEXT_ENCODER: "model.safetensors",
    TRANSFORMER: "diffusion_pytorch_model.safetensors",
    VAE: "diffusion_pytorch_model.safetensors",
}


@dataclass(frozen=True)
class QwenFolder:
    """Reads the parts from `path`, never from anywhere else.

    Every method raises ModelError when the folder is another one, incomplete or damaged.
    """

    path: Path

    def parameters(self) -> dict[str, int]:
        """Count the parameters of every network, without reading any of them."""
        kind = read_json(self.path / "model_index.json").get("_class_name")
        if kind != QwenImageLayeredPipeline.__name__:
            raise ModelError(
                f"{self.path} holds a “{kind}”, and not what takes a picture apart, "
                f"“{QwenImageLayeredPipeline.__name__}”. Choose the folder of Qwen-Image-Layered."
            )
        return {
            part: sum(_parameters_in(file) for file in self._files_of(part)) for part in NETWORKS
        }

    def load(self, part: str, precision: torch.dtype) -> nn.Module:
        """Load one network, a key of `NETWORKS`, into main memory."""
        try:
            network: nn.Module = load_whole(
                NETWORKS[part].from_pretrained, self.path, subfolder=part, dtype=precision
            )
        except NotWholeError as error:
            raise self._cannot_be_loaded(part, str(error)) from error
        if isinstance(network, AutoencoderKLQwenImage):
            network.enable_slicing()  # One layer after the other: as good, in less memory.
        return network

    def pipeline(self, text_encoder: nn.Module) -> QwenImageLayeredPipeline:
        """Put together what describes a picture: all but the two networks that paint layers."""
        for words in self.path.glob("*/vocab.json"):
            read_json(words)  # For a damaged one, tokenizers raises a bare Exception.
        try:
            pipeline = QwenImageLayeredPipeline(
                scheduler=FlowMatchEulerDiscreteScheduler.from_pretrained(
                    self.path, subfolder="scheduler", local_files_only=True
                ),
                vae=None,
                text_encoder=text_encoder,
                tokenizer=Qwen2Tokenizer.from_pretrained(
                    self.path / "tokenizer", local_files_only=True
                ),
                processor=Qwen2VLProcessor.from_pretrained(
                    self.path / "processor", local_files_only=True
                ),
                transformer=None,
            )
        except LOADING_ERRORS as error:
            raise self._cannot_be_loaded("scheduler, tokenizer or processor", str(error)) from error
        pipeline.set_progress_bar_config(disable=True)
        return pipeline

    def _files_of(self, part: str) -> list[Path]:
        folder = self.path / part
        whole = folder / WEIGHTS[part]
        index = folder / f"{WEIGHTS[part]}.index.json"
        if whole.is_file() or not index.is_file():
            return [whole]
        shards = read_json(index).get("weight_map")
        if not isinstance(shards, dict) or not shards:
            raise ModelError(f"{index} is damaged: it lists no files. Copy or pull it again.")
        return [folder / str(name) for name in sorted(set(shards.values()))]

    def _cannot_be_loaded(self, part: str, why: str) -> ModelError:
        reason = " ".join(why.split()).rstrip(".")
        return ModelError(
            f"The {part} in {self.path} cannot be loaded ({reason}). Copy or pull it again."
        )


def _parameters_in(file: Path) -> int:
    """Count the numbers in a file of weights, by its header; its length has to be right too."""
    try:
        shapes = shapes_in(file)
    except FileNotFoundError as error:
        raise ModelError(
            f"{file.parent} is incomplete: there is no {file.name} in it. Copy or pull it again."
        ) from error
    except OSError as error:
        raise ModelError(f"{file} cannot be read: {reason_of(error)}.") from error
    except WeightsError as error:
        raise ModelError(f"{file} {error}. Copy or pull it again.") from error
    return sum(math.prod(shape) for shape in shapes.values())
