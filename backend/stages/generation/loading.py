"""Loading a generator from a folder as on the model hub, or from one file, without the network."""

import inspect
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from torch import nn

from layerpeel.backend.devices.compute import Compute
from layerpeel.backend.devices.pool import bytes_of
from layerpeel.backend.errors import ModelError
from layerpeel.backend.models.single_file import SingleFile
from layerpeel.backend.networks.checkpoint_folder import read_json
from layerpeel.backend.networks.layer_unet import INPAINTING_INPUTS
from layerpeel.backend.networks.pretrained import (
    LOADING_ERRORS,
    NotWholeError,
    first_line_of,
    load_whole,
    quiet,
)
from layerpeel.backend.progress import ReportFraction, in_steps, say_no_fraction
from layerpeel.backend.stages.generation.config import GeneratorConfig
from layerpeel.backend.stages.generation.generator_checkpoint import (
    INDEX,
    Checkpoint,
    recognised,
    shapes_by_part,
    variant_of,
)
from layerpeel.backend.stages.generation.memory import require_room
from layerpeel.backend.stages.generation.packing import telling_of_packing
from layerpeel.backend.stages.generation.pipelines import (
    Pipeline,
    PipelineClass,
    networks_of,
    pipeline_class_of,
)
from layerpeel.backend.stages.generation.single_file_parts import (
    noise_schedule,
    shipped_descriptions,
    shipped_tokenizer,
)
from layerpeel.backend.stages.generation.start import taken_from_start
from layerpeel.backend.stages.generation.weight_bits import (
    IN_FEW_BITS,
    WeightBits,
    choose_bits,
    few_bits,
    sizes_of,
)

# Parts of a pipeline: what may withhold a picture, and what prepares pictures for it.
_CHECKER, _BESIDE_CHECKER = "safety_checker", "feature_extractor"


def precision_for(config: GeneratorConfig, compute: Compute) -> torch.dtype:
    """Return float32 where the device computes in it, else the generator's half precision."""
    if compute.precision is torch.float32:
        return torch.float32
    half: torch.dtype = getattr(torch, config.half)
    return half


def load_pipeline(
    config: GeneratorConfig,
    checkpoint: Checkpoint,
    compute: Compute,
    bits: WeightBits | None = None,
    report: ReportFraction = say_no_fraction,
) -> Pipeline:
    """Load a generator into main memory.

    bits: as `choose_bits` chose them; None has it choose.
    report: called before each network of a folder, and as each of its matrices is packed into 4
        bit; may raise to cancel.

    Raises BadInputError when the config names what diffusers lacks, ModelError when the files are
    not whole or are another generator's, DeviceError when they do not fit where they compute.
    """
    pipeline_class = pipeline_class_of(config, config.pipeline)
    found = None
    if checkpoint.path.is_dir():
        _check_pipeline(checkpoint.path, config)
    else:
        found = recognised(checkpoint.path, config)
    precision = precision_for(config, compute)
    bits = bits or choose_bits(config, checkpoint, compute)
    if compute.device.type == "cpu" and not bits.few:  # which was looked at when it was chosen
        size = sum(sizes_of(checkpoint, precision.itemsize, few=False))
        require_room(size, config.title, compute)
    try:
        with quiet():
            if found is None:
                networks = _networks(checkpoint, precision, bits.few, report)
                pipeline = _from_folder(pipeline_class, config, checkpoint, networks, precision)
            else:
                pipeline = _from_file(pipeline_class, config, checkpoint, found, precision)
    except LOADING_ERRORS as error:
        raise _not_loaded(checkpoint.path, error) from error
    networks = networks_of(pipeline)
    _check_complete(networks, checkpoint.path)
    _check_tokenizers(pipeline, config, checkpoint)
    if compute.device.type != "cpu":
        # On a GPU they lie one after the other.
        require_room(max(map(bytes_of, networks.values())), config.title, compute)
    return _ready(pipeline)


def add_controlnet(
    pipeline: Pipeline, config: GeneratorConfig, folder: Path, compute: Compute
) -> Pipeline:
    """Make a pipeline of the same networks that also follows the ControlNet in `folder`.

    Raises as `load_pipeline` does, and ModelError when it is a ControlNet for another generator.
    """
    pipeline_class = pipeline_class_of(config, str(config.control_pipeline))
    found = read_json(folder / "config.json").get("_class_name")
    if found != "ControlNetModel":
        raise ModelError(f"{folder} holds no ControlNet that can be used, but a {found}.")
    try:
        controlnet: Any = load_whole(
            diffusers.ControlNetModel.from_pretrained,
            folder,
            surplus_allowed=False,
            variant=variant_of(folder.glob("*.safetensors")),
            dtype=pipeline.unet.dtype,
        )
    except NotWholeError as error:
        raise _incomplete_or_not_loaded(folder, "the ControlNet", error) from error
    for what in ("cross_attention_dim", "block_out_channels", "addition_embed_type"):
        if controlnet.config[what] != pipeline.unet.config[what]:
            raise ModelError(
                f"The ControlNet in {folder} is for another generator than {config.title}: its "
                f"{what} is {controlnet.config[what]} instead of {pipeline.unet.config[what]}."
            )
    # On a GPU these two lie together, as they take turns within a step.
    beside = networks_of(pipeline).values() if compute.device.type == "cpu" else [pipeline.unet]
    size = sum(map(bytes_of, beside)) + bytes_of(controlnet)
    require_room(size, f"{config.title} with this ControlNet", compute)
    return _of_same_parts(pipeline_class, pipeline, config, controlnet=controlnet)


def begin_from_picture(pipeline: Pipeline, config: GeneratorConfig, within_mask: bool) -> Pipeline:
    """Make a pipeline of the same networks that begins from a picture.

    Raises BadInputError when the config names what diffusers lacks.
    """
    name = config.inpaint_pipeline if within_mask else config.start_pipeline
    pipeline_class = pipeline_class_of(config, str(name), taken_from_start(within_mask))
    # What fills an artist's own picture is withheld from nobody: all that was done would be lost.
    unchecked = {_CHECKER: None} if within_mask else {}
    return _of_same_parts(pipeline_class, pipeline, config, **unchecked)


def paints_only_within_masks(pipeline: Pipeline) -> bool:
    """Whether its UNet takes a picture and a mask beside the latents, as for inpainting."""
    unet = pipeline.components.get("unet")
    return unet is not None and unet.config.in_channels > pipeline.vae.config.latent_channels


def _of_same_parts(
    pipeline_class: PipelineClass,
    pipeline: Pipeline,
    config: GeneratorConfig,
    **more: nn.Module | None,
) -> Pipeline:
    """Make another pipeline of the same parts and settings, and of `more`.

    `from_pipe` of diffusers casts all networks, and those of few bits cannot be cast.
    """
    known = {**pipeline.config, **pipeline.components, **config.pipeline_arguments, **more}
    taken = inspect.signature(pipeline_class.__init__).parameters
    with quiet():
        made = pipeline_class(**{name: part for name, part in known.items() if name in taken})
    return _ready(made)


def _from_folder(
    pipeline_class: PipelineClass,
    config: GeneratorConfig,
    checkpoint: Checkpoint,
    networks: Mapping[str, nn.Module],
    precision: torch.dtype,
) -> Pipeline:
    folder = checkpoint.path
    return pipeline_class.from_pretrained(
        folder,
        **networks,
        **_checker(folder, pipeline_class),
        dtype=precision,
        variant=variant_of(folder.glob("*/*.safetensors")),
        local_files_only=True,
        use_safetensors=True,
        **config.pipeline_arguments,
    )


def _checker(folder: Path, pipeline_class: PipelineClass) -> dict[str, object]:
    """Return what a safety checker needs where one lies in the folder, else that there is none.

    The index may name what is not there, and classes that transformers no longer has.
    """
    if _CHECKER not in inspect.signature(pipeline_class.__init__).parameters:
        return {}
    if not any((folder / _CHECKER).glob("*.safetensors")):
        return {_CHECKER: None, _BESIDE_CHECKER: None}
    place = folder / _BESIDE_CHECKER
    if not place.is_dir():
        return {_BESIDE_CHECKER: transformers.CLIPImageProcessor()}
    processor = transformers.CLIPImageProcessor.from_pretrained(place, local_files_only=True)
    return {_BESIDE_CHECKER: processor}


def _from_file(
    pipeline_class: PipelineClass,
    config: GeneratorConfig,
    checkpoint: Checkpoint,
    found: SingleFile,
    precision: torch.dtype,
) -> Pipeline:
    described = checkpoint.descriptions or shipped_descriptions(found.family)
    how = {"config": str(described), "local_files_only": True, "dtype": precision}
    parts: dict[str, object] = {}
    if checkpoint.descriptions is None:
        parts |= {name: shipped_tokenizer(described / name) for name in config.tokenizers}
    if found.within_mask:
        # The mask, and the picture where it is not masked, beside the latents.
        parts["unet"] = diffusers.UNet2DConditionModel.from_single_file(
            str(checkpoint.path), subfolder="unet", in_channels=INPAINTING_INPUTS, **how
        )
    pipeline = pipeline_class.from_single_file(
        str(checkpoint.path), **parts, **how, **config.pipeline_arguments
    )
    pipeline.scheduler = type(pipeline.scheduler).from_config(
        pipeline.scheduler.config, **noise_schedule(found)
    )
    return pipeline


def _networks(
    checkpoint: Checkpoint, precision: torch.dtype, few: bool, report: ReportFraction
) -> dict[str, nn.Module]:
    """Load the networks of both libraries; what is missing would be made up, or left out.

    Older files of transformers hold more than its networks take today; those of diffusers do not.
    """
    networks: dict[str, nn.Module] = {}
    folder = checkpoint.path
    shapes = shapes_by_part(folder) if few else {}
    variant = variant_of(folder.glob("*/*.safetensors"))
    named = {name: _network_class(source) for name, source in read_json(folder / INDEX).items()}
    classes = {name: found for name, found in named.items() if found is not None}
    steps = in_steps(report, *[1.0] * len(classes))
    for (name, network_class), tell in zip(classes.items(), steps, strict=True):
        tell(0.0)
        _check_not_in_few_bits(folder / name)
        if name == "transformer" and checkpoint.transformer is not None:
            networks[name] = _from_gguf(network_class, checkpoint.transformer, folder, precision)
            continue
        packs = few and name in IN_FEW_BITS
        fewer = {"quantization_config": few_bits()} if packs else {}
        try:
            with telling_of_packing(shapes.get(name, {}), tell) if packs else nullcontext():
                networks[name] = load_whole(
                    network_class.from_pretrained,
                    folder / name,
                    surplus_allowed=issubclass(network_class, transformers.PreTrainedModel),
                    variant=variant,
                    dtype=precision,
                    **fewer,
                )
        except NotWholeError as error:
            raise _incomplete_or_not_loaded(folder, name, error) from error
    return networks


def _from_gguf(network_class: Any, file: Path, folder: Path, precision: torch.dtype) -> nn.Module:  # noqa: ANN401
    try:
        network: nn.Module = network_class.from_single_file(
            str(file),
            config=str(folder),
            subfolder="transformer",
            quantization_config=diffusers.GGUFQuantizationConfig(compute_dtype=precision),
            dtype=precision,
            local_files_only=True,
        )
    except NotImplementedError as error:  # what is missing has no values to be moved
        raise ModelError(
            f"{file} is incomplete: tensors are missing. Copy or pull it again."
        ) from error
    except LOADING_ERRORS as error:
        raise _not_loaded(file, error) from error
    return network


def _network_class(source: object) -> Any:  # noqa: ANN401  # the libraries ship no types
    """Return the class that a line of `INDEX` names, where it is a network's."""
    match source:
        case ["transformers", str(named)]:
            found, base = getattr(transformers, named, None), transformers.PreTrainedModel
        case ["diffusers", str(named)]:
            found, base = getattr(diffusers, named, None), diffusers.ModelMixin
        case _:
            return None
    return found if isinstance(found, type) and issubclass(found, base) else None


def _ready(pipeline: Pipeline) -> Pipeline:
    pipeline.set_progress_bar_config(disable=True)
    for network in networks_of(pipeline).values():
        network.eval().requires_grad_(False)
    return pipeline


def _check_pipeline(folder: Path, config: GeneratorConfig) -> None:
    found = read_json(folder / INDEX).get("_class_name")
    if found not in {config.pipeline, config.start_pipeline, config.inpaint_pipeline}:
        raise ModelError(
            f"{folder} holds a {found}, and {config.title} is a {config.pipeline}: choose another "
            "generator or folder."
        )
    if config.text_width is None:
        return
    width = read_json(folder / "unet" / "config.json").get("cross_attention_dim")
    if width != config.text_width:
        raise ModelError(
            f"{folder} holds another generator than {config.title}: its UNet takes words of "
            f"{width} numbers, not {config.text_width:,}. Choose another generator or folder."
        )


def _check_not_in_few_bits(folder: Path) -> None:
    """Refuse what was saved in few bits: what reads it is known to the libraries only by chance."""
    description = folder / "config.json"
    if description.exists() and "quantization_config" in read_json(description):
        raise ModelError(
            f"{folder} was saved in fewer bits already, and is read in 16 or 32 bit only: get it "
            "in those. Where they do not fit, it is loaded in 4 bit by itself."
        )


def _check_complete(networks: Mapping[str, nn.Module], path: Path) -> None:
    for name, network in networks.items():
        lacking = [key for key, tensor in network.state_dict().items() if tensor.is_meta]
        if lacking:
            raise _incomplete(path, name, lacking)


def _check_tokenizers(pipeline: Pipeline, config: GeneratorConfig, checkpoint: Checkpoint) -> None:
    """Refuse an empty vocabulary, which transformers makes where the files are missing."""
    for name in config.tokenizers:
        tokenizer = pipeline.components.get(name)
        if tokenizer is None or len(tokenizer) <= len(tokenizer.all_special_tokens):
            folder = checkpoint.descriptions or checkpoint.path
            raise ModelError(
                f"{folder} is incomplete: there is no vocabulary in {name}. Copy or pull it again."
            )


def _incomplete_or_not_loaded(path: Path, name: str, error: NotWholeError) -> ModelError:
    return _incomplete(path, name, error.astray) if error.astray else _not_loaded(path, error)


def _incomplete(path: Path, name: str, lacking: Sequence[str]) -> ModelError:
    return ModelError(
        f"{path} is incomplete: of {name} {len(lacking)} tensors are missing or too many, "
        f"the first is {lacking[0]}. Copy or pull it again."
    )


def _not_loaded(path: Path, error: Exception) -> ModelError:
    return ModelError(
        f"{path} could not be loaded: its files are missing, damaged, or do not fit what describes "
        f"them ({first_line_of(error)}). Copy or pull it again."
    )
