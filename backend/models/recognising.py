"""Recognising a user's file or folder by names, headers and JSON; no weights are loaded."""

from dataclasses import dataclass
from pathlib import Path

from layerpeel.backend.files.regular_file import read_regular
from layerpeel.backend.models.content import fault_in
from layerpeel.backend.models.file_names import is_pickle, is_safe, is_taken_by_torch, is_weights
from layerpeel.backend.models.folder_record import META_SAM, NAME, relative_files
from layerpeel.backend.models.manifest import FileModel, Manifest
from layerpeel.backend.models.meta_sam import HarmfulError, is_meta_sam
from layerpeel.backend.models.safetensors_header import WeightsError, check_weights
from layerpeel.backend.models.single_file import (
    USE_OF_CONTROLNET,
    USE_OF_GGUF,
    UnfitError,
    generator_in,
)
from layerpeel.shared.strict_json import read_json

# Files that a folder must hold: one of each group.
_Required = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class _Trained:
    """A format of our own, as its reader in backend/networks expects it (which needs torch).

    places: subfolders that hold weights.
    """

    model_id: str
    format: str
    version: int
    places: tuple[str, ...]
    required: _Required


def _network_of_diffusers(part: str) -> _Required:
    weights = f"{part}/diffusion_pytorch_model.safetensors"
    return (f"{part}/config.json",), (weights, f"{weights}.index.json")


# Our own formats, by the file that describes them.
_TRAINED = {
    "fbdd.json": _Trained(
        "fbdd",
        "layerpeel-fbdd",
        1,
        ("foreground/", "background/", "vae/"),
        (
            *_network_of_diffusers("foreground"),
            *_network_of_diffusers("background"),
            *_network_of_diffusers("vae"),
            ("scheduler/scheduler_config.json",),
            ("null_embedding.safetensors",),
        ),
    ),
    "hfa.json": _Trained(
        "hfa", "layerpeel-hfa", 1, ("",), (("foreground.safetensors",), ("background.safetensors",))
    ),
}
# What transformers' config.json calls models, as we do, and what each needs beside it.
_WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
_PROCESSOR = ("preprocessor_config.json", "processor_config.json")
_TOKENIZER = ("tokenizer.json", "vocab.txt")
_NETWORKS: dict[str, _Required] = {
    "grounding-dino": (_WEIGHTS, _PROCESSOR, _TOKENIZER),
    "sam": (_WEIGHTS,),
    "vitmatte": (_WEIGHTS, _PROCESSOR),
}
# diffusers' pipelines, and which of their parts are used.
_SDXL = ("scheduler", "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2", "unet", "vae")
_SD = ("scheduler", "text_encoder", "tokenizer", "unet", "vae")
_ONE_ENCODER = ("scheduler", "text_encoder", "tokenizer", "transformer", "vae")
_QWEN = ("processor", "scheduler", "text_encoder", "tokenizer", "transformer", "vae")
_PIPELINES = {
    "StableDiffusionXLPipeline": ("sdxl", _SDXL),
    "StableDiffusionXLInpaintPipeline": ("sdxl-inpainting", _SDXL),
    "Flux2KleinPipeline": ("flux2-klein", _ONE_ENCODER),
    "ZImagePipeline": ("z-image", _ONE_ENCODER),
    "StableDiffusionPipeline": ("sd", _SD),
    "StableDiffusionInpaintPipeline": ("sd", _SD),
    "QwenImageLayeredPipeline": ("qwen-image-layered", _QWEN),
}
_WITH_WEIGHTS = {"text_encoder", "text_encoder_2", "unet", "transformer", "vae"}

# Stable Diffusion 1 and 2 are of one class, and differ in how many numbers a word has.
_VERSIONS = {768: 1, 1024: 2}
# By the channels that the UNet takes: what is for inpainting is often saved as the other class.
_KINDS = {4: "", 9: "-inpainting"}
# What comes with some of them, and is used where it does.
_CHECKER, _BESIDE_CHECKER = "safety_checker", "feature_extractor"

_PICKLE = (
    "is a pickle, and a pickle can run any code when it is loaded. Convert it to safetensors, "
    "which holds nothing but numbers, or get it as .safetensors"
)


@dataclass(frozen=True)
class Found:
    """A recognised model.

    what: its name in a message, with an article. certain: if not, the user has to confirm the id.
    folder: where the files are. files: those of the model, as paths with slashes from there.
    single: whether it is one file instead of a folder with a layout.
    """

    model_id: str
    what: str
    folder: Path
    files: tuple[str, ...]
    single: bool = False
    certain: bool = True


def recognise(path: Path, manifest: Manifest) -> Found:
    """Find out what a file or folder is, and check as far as possible that it is whole.

    Raises UnfitError when Layerpeel has no use for it, WeightsError when weights are damaged
    or missing, OSError when it cannot be read.
    """
    return _in_folder(path, manifest) if path.is_dir() else _file(path, manifest)


def _file(path: Path, manifest: Manifest) -> Found:
    folder, files = path.parent, (path.name,)
    if not is_safe(path.name):
        raise UnfitError("has a name that not every system allows: rename it")
    for model in manifest.models:
        if isinstance(model, FileModel) and fault_in(path, model) is None:
            return Found(model.id, model.title, folder, files, single=True)
    if path.name.endswith(META_SAM):
        return _meta_sam(path)
    if is_pickle(path.name):
        raise UnfitError(_PICKLE)
    if is_weights(path.name):
        try:
            found = generator_in(path)
        except WeightsError as error:
            raise WeightsError(f"{path.name} {error}") from error
        what = f"a checkpoint of {found.title}{' for inpainting' * found.within_mask} in one file"
        return Found(found.model_id, what, folder, files, single=True)
    if path.suffix.lower() == ".gguf":
        raise UnfitError(USE_OF_GGUF)
    raise UnfitError("is none of the models that Layerpeel uses")


def _meta_sam(path: Path) -> Found:
    try:
        known = is_meta_sam(path)
    except HarmfulError as error:
        raise UnfitError(
            f"would call {error} when it is loaded, which SAM as Meta published it does not: it "
            "was not opened, and better is deleted"
        ) from error
    except ValueError as error:
        raise WeightsError(f"{path.name} {error}") from error
    if known is False:
        raise UnfitError(
            f"is not SAM as Meta published it, which alone is taken as {META_SAM}: it {_PICKLE}"
        )
    what = "SAM as Meta published it" if known else f"a {META_SAM} file of torch's old format"
    return Found("sam", what, path.parent, (path.name,), single=True, certain=known is True)


def _in_folder(folder: Path, manifest: Manifest) -> Found:
    files = [path for path in relative_files(folder) if path != NAME]
    at_top = [path for path in files if "/" not in path]
    for description in _TRAINED:
        if description in at_top:
            return _trained(folder, files, description)
    if "model_index.json" in at_top:
        return _pipeline(folder, files)
    if "config.json" in at_top:
        return _network(folder, at_top)
    weights = [path for path in files if is_weights(path) or is_pickle(path)]
    if len(weights) == 1 and weights[0] in at_top:
        return _file(folder / weights[0], manifest)
    raise UnfitError(
        "is no folder of a model: none of model_index.json, config.json, "
        f"{' and '.join(_TRAINED)} is in it, nor one single file of weights"
    )


def _trained(folder: Path, files: list[str], description: str) -> Found:
    wanted, content = _TRAINED[description], _json(folder, description)
    if content.get("format") != wanted.format:
        raise UnfitError(
            f"has a {description} that calls it “{content.get('format')}”, not “{wanted.format}”"
        )
    if content.get("version") != wanted.version:
        raise UnfitError(
            f"is of version {content.get('version')} of “{wanted.format}”, and this Layerpeel "
            f"reads version {wanted.version}: update Layerpeel, or train the model anew"
        )
    what = f"a trained {wanted.model_id.upper()}"
    taken = [path for path in files if is_taken_by_torch(path)]
    found = _whole(wanted.model_id, what, folder, taken, wanted.places, files)
    _require(wanted.required, taken)
    return found


def _pipeline(folder: Path, files: list[str]) -> Found:
    index = _json(folder, "model_index.json")
    named = str(index.get("_class_name"))
    if named not in _PIPELINES:
        raise UnfitError(f"is a folder of diffusers for {named}, which Layerpeel does not use")
    model_id, parts = _PIPELINES[named]
    for part in parts:
        if not any(path.startswith(f"{part}/") for path in files):
            raise WeightsError(f"there is no {part} in it, which a {named} consists of")
    if parts[: len(_SD)] == _SD:
        model_id = _stable_diffusion(folder)
        checker = index.get(_CHECKER)
        # One in a pickle is left out: it is not needed.
        if (isinstance(checker, list) and any(checker)) and any(
            path.startswith(f"{_CHECKER}/") and is_weights(path) for path in files
        ):
            parts += _CHECKER, _BESIDE_CHECKER
    for part in parts:
        if f"{part}/config.json" in files and "quantization_config" in _json(
            folder, f"{part}/config.json"
        ):
            raise UnfitError(f"holds a {part} in fewer bits already, and is read in 16 bit only")
    in_parts = [
        path for path in files if path.rpartition("/")[0] in parts and is_taken_by_torch(path)
    ]
    with_weights = tuple(f"{part}/" for part in parts if part in _WITH_WEIGHTS)
    what = f"a folder of diffusers ({named})"
    return _whole(model_id, what, folder, ["model_index.json", *in_parts], with_weights, files)


def _stable_diffusion(folder: Path) -> str:
    unet = _json(folder, "unet/config.json")
    channels, width = unet.get("in_channels", 4), unet.get("cross_attention_dim")
    if not isinstance(width, int) or width not in _VERSIONS:
        raise UnfitError(
            f"is neither Stable Diffusion 1 nor 2: its UNet takes words of {width} numbers, not "
            "768 or 1,024"
        )
    version = _VERSIONS[width]
    if not isinstance(channels, int) or channels not in _KINDS:
        raise UnfitError(
            f"is Stable Diffusion {version} whose UNet takes {channels} channels, not 4, or 9 for "
            "inpainting"
        )
    return f"sd{version}{_KINDS[channels]}"


def _network(folder: Path, at_top: list[str]) -> Found:
    content = _json(folder, "config.json")
    if content.get("_class_name") == "ControlNetModel":
        raise UnfitError(USE_OF_CONTROLNET)
    named = str(content.get("model_type"))
    if named not in _NETWORKS:
        raise UnfitError(f"is a folder of transformers for “{named}”, which Layerpeel does not use")
    taken = [path for path in at_top if is_taken_by_torch(path)]
    what = f"a folder of transformers ({named})"
    found = _whole(named, what, folder, taken, ("",), at_top)
    _require(_NETWORKS[named], taken)
    return found


def _require(required: _Required, there: list[str]) -> None:
    for names in required:
        if not any(name in there for name in names):
            raise WeightsError(f"there is no {' or '.join(names)} in it")


def _whole(
    model_id: str,
    what: str,
    folder: Path,
    taken: list[str],
    with_weights: tuple[str, ...],
    there: list[str],
) -> Found:
    """Check that the files are whole, with weights in each of the subfolders `with_weights`.

    there: all files in the folder, which may tell why weights are missing.
    """
    for place in with_weights:
        if not any(path.startswith(place) and is_weights(path) for path in taken):
            pickles = [p for p in there if p.startswith(place) and is_pickle(p)]
            if pickles:
                raise UnfitError(f"holds {pickles[0]}, which {_PICKLE}")
            raise WeightsError(f"there are no weights in {place or 'it'} (*.safetensors)")
    for path in taken:
        if not is_safe(path):
            raise UnfitError(f"holds {path!r}, a name that not every system allows: rename it")
    check_weights(folder, taken)
    return Found(model_id, what, folder, tuple(taken))


def _json(folder: Path, path: str) -> dict[str, object]:
    try:
        content = read_json(read_regular(folder / path))
    except FileNotFoundError as error:
        raise WeightsError(f"there is no {path} in it") from error
    except ValueError as error:
        raise WeightsError(f"{path} is damaged: it is no JSON") from error
    if not isinstance(content, dict):
        raise WeightsError(f"{path} is damaged: it describes no model")
    return content
