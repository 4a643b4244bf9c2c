"""What additions change in a pipeline: its weights by LoRAs, and its scheduler."""

import re
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import diffusers

from layerpeel.backend.errors import BadInputError, ModelError, reason_of
from layerpeel.backend.models.file_names import is_pickle
from layerpeel.backend.models.safetensors_header import Shapes, WeightsError, shapes_in
from layerpeel.backend.networks.pretrained import LOADING_ERRORS, first_line_of
from layerpeel.backend.stages.generation.additions import Lora, sampler_called
from layerpeel.backend.stages.generation.config import GeneratorConfig
from layerpeel.backend.stages.generation.pipelines import Pipeline, networks_of

# A pair of small matrices changes a large one: their names in files of kohya-ss, of diffusers, and
# of what diffusers wrote before. Beside them stands a number that scales them.
_MATRIX = re.compile(r"(lora_(down|up|A|B)|lora\.(down|up)|_lora\.(down|up))\.weight$")
_SCALE = re.compile(r"\.alpha$")
_READS_TEXT = re.compile(r"attn2[._](processor\.)?to_k(_lora)?\.(lora_down|lora_A|lora\.down|down)")


def add_loras(pipeline: Pipeline, config: GeneratorConfig, loras: Sequence[Lora]) -> None:
    """Fuse LoRAs into the networks of a pipeline.

    Raises BadInputError for a generator without a UNet, ModelError for a file that is no LoRA, is
    damaged, or is for another model, or when peft is not installed. After an error `pipeline` must
    not be used: some of it may be changed.
    """
    if loras and "unet" not in pipeline.components:
        raise BadInputError(f"{config.title} takes no LoRA: leave it out.")
    if loras and find_spec("peft") is None:
        raise ModelError(
            "LoRAs need the package peft, which cannot be found: run `pip install "
            "'layerpeel[full]'` again."
        )
    for lora in loras:
        matrices = _matrices_in(lora.file)
        _check_width_of_text(lora.file, matrices, pipeline, config)
        _lay_over(pipeline, lora, len(matrices), config)


def choose_sampler(pipeline: Pipeline, config: GeneratorConfig, name: str | None) -> None:
    """Replace a pipeline's scheduler by another over the same noise schedule.

    Raises BadInputError for an unknown sampler, and for a generator that has no noise of that kind.
    """
    if name is None:
        return
    choice = sampler_called(name)
    if "Flow" in type(pipeline.scheduler).__name__:
        raise BadInputError(
            f"{config.title} is a flow-matching model, and the sampler “{name}” is not for those: "
            "leave the sampler out."
        )
    sampler_class = getattr(diffusers, choice.class_name)
    pipeline.scheduler = sampler_class.from_config(
        pipeline.scheduler.config, **dict(choice.settings)
    )


def _matrices_in(file: Path) -> Shapes:
    if is_pickle(file.name):
        raise ModelError(
            f"{file} is a pickle: reading it may run any program that somebody hid in it. Get the "
            "same LoRA as .safetensors."
        )
    try:
        shapes = shapes_in(file)
    except WeightsError as error:
        raise ModelError(f"{file} {error}. Copy it again.") from error
    except OSError as error:
        raise ModelError(f"{file} cannot be read: {reason_of(error)}.") from error
    matrices = {name: shape for name, shape in shapes.items() if _MATRIX.search(name)}
    others = [name for name in shapes if name not in matrices and not _SCALE.search(name)]
    if others or not matrices:
        what = f"it holds {others[0]}" if others else "it is empty"
        raise ModelError(f"{file} is no LoRA that can be used: {what}. Give another.")
    return matrices


def _check_width_of_text(
    file: Path, matrices: Shapes, pipeline: Pipeline, config: GeneratorConfig
) -> None:
    width = pipeline.unet.config.cross_attention_dim
    for name, shape in matrices.items():
        if _READS_TEXT.search(name) and shape[1] != width:
            raise ModelError(
                f"{file} is a LoRA for another model: it expects words of {shape[1]} numbers each, "
                f"and those of {config.title} have {width}. Give one that was made for it."
            )


def _lay_over(pipeline: Pipeline, lora: Lora, count: int, config: GeneratorConfig) -> None:
    """Fuse it into the weights: afterwards they are a checkpoint as any other."""
    try:
        pipeline.load_lora_weights(lora.file.parent, weight_name=lora.file.name)
    except LOADING_ERRORS as error:
        raise _does_not_fit(lora.file, config, first_line_of(error)) from error
    laid = sum(
        bool(re.search(r"\.lora_[AB]\.", name))
        for network in networks_of(pipeline).values()
        for name in network.state_dict()
    )
    if laid != count:
        raise _does_not_fit(lora.file, config, f"only {laid} of its {count} matrices have a place")
    pipeline.fuse_lora(lora_scale=lora.weight)
    pipeline.unload_lora_weights()


def _does_not_fit(file: Path, config: GeneratorConfig, why: str) -> ModelError:
    return ModelError(
        f"{file} is a LoRA that does not fit {config.title}: {why}. Give one that was made for it."
    )
