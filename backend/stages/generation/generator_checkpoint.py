"""The files of a generator: finding, checking and measuring them."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from layerpeel.backend.errors import ModelError, reason_of
from layerpeel.backend.files.regular_file import open_regular, read_regular
from layerpeel.backend.models.file_names import is_pickle
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.models.safetensors_header import Shapes, WeightsError, shapes_in
from layerpeel.backend.models.single_file import SingleFile, UnfitError, generator_in
from layerpeel.backend.stages.generation.config import GeneratorConfig
from layerpeel.shared.strict_json import read_json

GGUF = ".gguf"
_GGUF_BEGINS = b"GGUF"
INDEX = "model_index.json"
"""The file that marks a folder as on the model hub: it names the pipeline and its components."""


@dataclass(frozen=True)
class Checkpoint:
    """A generator's weights: a folder as on the model hub, or one .safetensors file.

    transformer: a GGUF file in place of the folder's transformer.

    descriptions: for a file the folder which describes its components and holds the tokenizers;
        None takes those that ship.
    """

    path: Path
    descriptions: Path | None = None
    transformer: Path | None = None


def find_checkpoint(config: GeneratorConfig, given: Path | None, store: ModelStore) -> Checkpoint:
    """Find a generator's weights: `given` by a person, else where the config says.

    A folder that holds nothing but one file stands for that file.

    Raises ModelError when they are not there, cannot be read, are a pickle, or are one file where
    the generator needs a folder.
    """
    given = given or _path_of(config.checkpoint, store)
    try:
        return _checkpoint_at(given, config, store)
    except OSError as error:
        raise _unreadable(given, error) from error


def whole_generator_in(file: Path) -> SingleFile:
    """Recognise the generator in a single file. Raises ModelError, which says what it is else."""
    try:
        return generator_in(file)
    except UnfitError as error:
        raise ModelError(f"{file} {error}.") from error
    except (WeightsError, OSError) as error:
        raise _unreadable(file, error) from error


def recognised(file: Path, config: GeneratorConfig) -> SingleFile:
    """Recognise the generator in a single file.

    Raises ModelError when it is none, or none that the config can run; it says what it is.
    """
    found = whole_generator_in(file)
    if found.family != config.single_file:
        raise ModelError(
            f"{file} is a checkpoint of {found.title}, not of {config.title}: choose another, or "
            f"its generator (--generator {found.family})."
        )
    return found


def side_of(config: GeneratorConfig, checkpoint: Checkpoint) -> int:
    """Return the side at which a checkpoint works best, in pixels.

    Raises ModelError when it cannot be read.
    """
    if config.noise_side is None:
        return config.side
    if checkpoint.path.is_dir():
        velocity = _predicted_by(checkpoint.path) == "v_prediction"
    else:
        velocity = recognised(checkpoint.path, config).velocity
    return config.side if velocity else config.noise_side


def _predicted_by(folder: Path) -> object:
    """Return what the schedule in a folder says of it; None where that says nothing."""
    file = folder / "scheduler" / "scheduler_config.json"
    try:
        schedule = read_json(read_regular(file))
    except OSError as error:
        raise _unreadable(file, error) from error
    except ValueError as error:
        raise ModelError(f"{file} is damaged ({error}). Copy or pull it again.") from error
    return schedule.get("prediction_type") if isinstance(schedule, dict) else None


def shapes_by_part(path: Path) -> dict[str, Shapes]:
    """Return the tensors' shapes of each component in a folder as on the model hub.

    Of a single file it is one part, called "".

    Raises ModelError when a file cannot be read, is cut short, or is of another kind.
    """
    if not path.is_dir():
        return {"": _shapes_in(path)}
    there = sorted(path.glob("*/*.safetensors"))
    half = variant_of(there) is not None
    parts: dict[str, Shapes] = {}
    for file in there:
        if _is_half(file) == half:
            parts.setdefault(file.parent.name, {}).update(_shapes_in(file))
    return parts


def variant_of(files: Iterable[Path]) -> str | None:
    """Name the variant to load: “fp16” where the hub's files of that name are all there is."""
    there = list(files)
    return "fp16" if there and all(map(_is_half, there)) else None


def _is_half(file: Path) -> bool:
    return ".fp16" in file.name


def _checkpoint_at(given: Path, config: GeneratorConfig, store: ModelStore) -> Checkpoint:
    path = _file_alone_in(given)
    if path.is_dir():
        return Checkpoint(path)
    if not path.exists():
        raise ModelError(f"There is no {path}. Give the folder or file of a generator.")
    if is_pickle(path.name):
        raise ModelError(
            f"{path} is a pickle: reading it may run any program that somebody hid in it. Get the "
            "same checkpoint as .safetensors."
        )
    if path.suffix.lower() == GGUF:
        return _with_transformer(path, config, store)
    if not config.single_file:
        raise ModelError(
            f"{path} is one file, and {config.title} is read from a folder, as it is on the model "
            "hub: give that."
        )
    return Checkpoint(path, config.descriptions)


def _with_transformer(file: Path, config: GeneratorConfig, store: ModelStore) -> Checkpoint:
    """Take a transformer in GGUF, and all else from the generator's own folder."""
    if config.single_file:
        raise ModelError(
            f"{file} is a GGUF file, and {config.title} is read from safetensors: get it as those."
        )
    with open_regular(file) as opened:
        begins = opened.read(len(_GGUF_BEGINS))
    if begins != _GGUF_BEGINS:
        raise ModelError(f"{file} is no GGUF file, or is damaged: copy it again.")
    if find_spec("gguf") is None:
        raise ModelError(
            f"{file} is a GGUF file, which takes the package gguf: run `pip install "
            "'layerpeel[full,four-bit]'`."
        )
    try:
        folder = _path_of(config.checkpoint, store)
    except ModelError as error:
        raise ModelError(
            f"{file} holds a transformer alone; text encoder and autoencoder come from the folder "
            f"of {config.title}. {error}"
        ) from error
    return Checkpoint(folder, transformer=file)


def _file_alone_in(path: Path) -> Path:
    if not path.is_dir() or (path / INDEX).exists():
        return path
    files = list(path.glob("*.safetensors"))
    return files[0] if len(files) == 1 else path


def _path_of(place: str | Path, store: ModelStore) -> Path:
    if isinstance(place, Path):
        return place
    if place not in {model.id for model in store.manifest.models}:
        raise ModelError(
            f"{place} is no model that can be pulled: get it from whoever publishes it, and give "
            "its folder (--checkpoint FOLDER)."
        )
    return store.path_of(place)


def _shapes_in(file: Path) -> Shapes:
    try:
        return shapes_in(file)
    except (WeightsError, OSError) as error:
        raise _unreadable(file, error) from error


def _unreadable(file: Path, error: WeightsError | OSError) -> ModelError:
    said = f"cannot be read: {reason_of(error)}" if isinstance(error, OSError) else str(error)
    return ModelError(f"{file} {said}. Copy or pull it again.")
