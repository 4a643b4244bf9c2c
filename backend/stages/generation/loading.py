"""Loading a generator from a folder as on the model hub, or from one file, without the network."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import diffusers
import torch
import transformers
from torch import nn

from layerpeel.backend.devices.compute import Compute
from layerpeel.backend.devices.pool import bytes_of
from layerpeel.backend.errors import ModelError
from layerpeel.backend.networks.checkpoint_folder import read_json
from layerpeel.backend.networks.pretrained import (
    LOADING_ERRORS,
    NotWholeError,
    first_line_of,
    load_whole,
)
from layerpeel.backend.stages.generation.config import GeneratorConfig
from layerpeel.backend.stages.generation.generator_checkpoint import (
    INDEX,
    Checkpoint,
    check_single_file,
    variant_of,
    weights_in,
)
from layerpeel.backend.stages.generation.memory import require_room
from layerpeel.backend.stages.generation.pipelines import (
    Pipeline,
    PipelineClass,
    networks_of,
    pipeline_class_of,
)
from layerpeel.backend.stages.generation.start import taken_from_start


def precision_for(config: GeneratorConfig, compute: Compute) -> torch.dtype:
    """Return float32 where the device computes in it, else the generator's half precision."""
    if compute.precision is torch.float32:
        return torch.float32
    half: torch.dtype = getattr(torch, config.half)
    return half


def load_pipeline(config: GeneratorConfig, checkpoint: Checkpoint, compute: Compute) -> Pipeline:
    """Load a generator into main memory.

    Raises BadInputError when the config names what diffusers lacks, ModelError when the files are
    not whole or are another generator's, DeviceError when they do not fit where they compute.
    """
    pipeline_class = pipeline_class_of(config, config.pipeline)
    _say_nothing()
    if checkpoint.path.is_dir():
        _check_pipeline(checkpoint.path, config)
    else:
        check_single_file(checkpoint.path)
    precision = precision_for(config, compute)
    if compute.device.type == "cpu":
        require_room(weights_in(checkpoint.path) * precision.itemsize, config.title, compute)
    load = _from_folder if checkpoint.path.is_dir() else _from_file
    try:
        pipeline = load(pipeline_class, config, checkpoint, precision)
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
        controlnet = diffusers.ControlNetModel.from_pretrained(
            folder, **_how(variant_of(folder.glob("*.safetensors")), pipeline.unet.dtype)
        )
    except LOADING_ERRORS as error:
        raise _not_loaded(folder, error) from error
    _check_complete({"ControlNet": controlnet}, folder)
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
    return _ready(
        pipeline_class.from_pipe(
            pipeline,
            controlnet=controlnet,
            dtype=pipeline.unet.dtype,
            **config.pipeline_arguments,
        )
    )


def begin_from_picture(pipeline: Pipeline, config: GeneratorConfig, within_mask: bool) -> Pipeline:
    """Make a pipeline of the same networks that begins from a picture.

    Raises BadInputError when the config names what diffusers lacks.
    """
    name = config.inpaint_pipeline if within_mask else config.start_pipeline
    pipeline_class = pipeline_class_of(config, str(name), taken_from_start(within_mask))
    return _ready(
        pipeline_class.from_pipe(pipeline, dtype=pipeline.vae.dtype, **config.pipeline_arguments)
    )


def paints_only_within_masks(pipeline: Pipeline) -> bool:
    """Whether its UNet takes a picture and a mask beside the latents, as for inpainting."""
    unet = pipeline.components.get("unet")
    return unet is not None and unet.config.in_channels > pipeline.vae.config.latent_channels


def _from_folder(
    pipeline_class: PipelineClass,
    config: GeneratorConfig,
    checkpoint: Checkpoint,
    precision: torch.dtype,
) -> Pipeline:
    folder = checkpoint.path
    variant = variant_of(folder.glob("*/*.safetensors"))
    return pipeline_class.from_pretrained(
        folder,
        **_text_encoders(folder, variant, precision),
        **_how(variant, precision),
        **config.pipeline_arguments,
    )


def _from_file(
    pipeline_class: PipelineClass,
    config: GeneratorConfig,
    checkpoint: Checkpoint,
    precision: torch.dtype,
) -> Pipeline:
    return pipeline_class.from_single_file(
        str(checkpoint.path),
        config=str(checkpoint.descriptions),
        local_files_only=True,
        dtype=precision,
        **config.pipeline_arguments,
    )


def _how(variant: str | None, precision: torch.dtype) -> dict[str, object]:
    return {
        "dtype": precision,
        "variant": variant,
        "local_files_only": True,
        "use_safetensors": True,
    }


def _text_encoders(
    folder: Path, variant: str | None, precision: torch.dtype
) -> dict[str, nn.Module]:
    """Load the networks of transformers, which initialises missing weights at random.

    diffusers leaves them on the device `meta`, which `_check_complete` finds.
    """
    networks: dict[str, nn.Module] = {}
    for name, source in read_json(folder / INDEX).items():
        if not isinstance(source, list) or source[0] != "transformers":
            continue
        network_class = getattr(transformers, source[1])
        if not issubclass(network_class, transformers.PreTrainedModel):
            continue
        try:
            networks[name] = load_whole(
                network_class.from_pretrained, folder / name, variant=variant, dtype=precision
            )
        except NotWholeError as error:
            if error.astray:
                raise _incomplete(folder, name, error.astray) from error
            raise _not_loaded(folder, error) from error
    return networks


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


def _incomplete(path: Path, name: str, lacking: Sequence[str]) -> ModelError:
    return ModelError(
        f"{path} is incomplete: of {name} {len(lacking)} tensors are missing, the first is "
        f"{lacking[0]}. Copy or pull it again."
    )


def _not_loaded(path: Path, error: Exception) -> ModelError:
    return ModelError(
        f"{path} could not be loaded: its files are missing, damaged, or do not fit what describes "
        f"them ({first_line_of(error)}). Copy or pull it again."
    )


def _say_nothing() -> None:
    """Silence both libraries: errors and progress are reported by Layerpeel itself."""
    for library in (diffusers, transformers):
        library.utils.logging.set_verbosity_error()
        library.utils.logging.disable_progress_bar()
