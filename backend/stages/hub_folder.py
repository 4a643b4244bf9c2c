"""A network in a folder as model hubs hold it: config.json beside safetensors, for transformers."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError, safe_open

from layerpeel.backend.errors import ModelError
from layerpeel.backend.files.regular_file import read_regular
from layerpeel.backend.networks.pretrained import (
    LOADING_ERRORS,
    Network,
    NotWholeError,
    first_line_of,
    load_whole,
    quiet,
)
from layerpeel.shared import strict_json

Processor = TypeVar("Processor")

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"


def load_network(
    folder: Path,
    model_type: str,
    from_pretrained: Callable[..., tuple[Network, Mapping[str, Collection[object]]]],
) -> Network:
    """Load a network in float32 into main memory, from nothing but what lies in `folder`.

    model_type: what config.json has to call it. from_pretrained: of its class in transformers.

    Raises ModelError, which names the file, when one is missing, damaged, or of another network:
    what the weights lack would otherwise be filled up at random.
    """
    _check_config(folder, model_type)
    for file in _weight_files(folder):
        _check_weights(folder, file)
    try:
        return load_whole(
            from_pretrained,
            folder,
            dtype=torch.float32,
            ignore_mismatched_sizes=True,  # reported then, and refused by name
        )
    except NotWholeError as error:
        fault = f"{CONFIG} describes no network ({error})"
        if error.astray:
            fault = (
                f"its weights do not fit {CONFIG}: {len(error.astray)} are missing or of another "
                f"size, “{error.astray[0]}” among them"
            )
        raise unusable(folder, fault) from error


def load_processor(folder: Path, from_pretrained: Callable[..., Processor]) -> Processor:
    """Load what prepares a network's input, from nothing but what lies in `folder`.

    from_pretrained: of its class in transformers. Raises ModelError when a file is missing or
    damaged.
    """
    with quiet():
        try:
            return from_pretrained(folder, local_files_only=True)
        except LOADING_ERRORS as error:
            raise unusable(
                folder,
                "the files that say how its input is prepared are damaged "
                f"({first_line_of(error)})",
            ) from error


def unusable(folder: Path, fault: str) -> ModelError:
    """Make the error for a model's folder, named after the model, that has a fault."""
    return ModelError(
        f"The model in {folder} cannot be used: {fault}. Run `layerpeel models verify "
        f"{folder.name}` to see which file is damaged, then `layerpeel models pull {folder.name}`."
    )


def _check_config(folder: Path, model_type: str) -> None:
    config = _read_json(folder, CONFIG)
    found = config.get("model_type")
    if found != model_type:
        raise unusable(
            folder, f"{CONFIG} calls it a “{found}”, and a “{model_type}” is wanted here"
        )


def _weight_files(folder: Path) -> list[str]:
    if (folder / WEIGHTS).exists() or not (folder / INDEX).exists():
        return [WEIGHTS]
    shards = _read_json(folder, INDEX).get("weight_map")
    if not isinstance(shards, dict):
        raise unusable(folder, f"{INDEX} names no weights")
    return sorted({str(shard) for shard in shards.values()})


def _check_weights(folder: Path, file: str) -> None:
    """Read the header, against which the file's length is checked."""
    try:
        with safe_open(folder / file, framework="pt"):
            pass
    except (OSError, SafetensorError) as error:
        raise unusable(folder, f"{file} is missing or damaged ({first_line_of(error)})") from error


def _read_json(folder: Path, file: str) -> dict[str, object]:
    try:
        values = strict_json.read_json(read_regular(folder / file))
    except (OSError, ValueError) as error:
        raise unusable(folder, f"{file} cannot be read ({first_line_of(error)})") from error
    if not isinstance(values, dict):
        raise unusable(folder, f"{file} says nothing about a model")
    return values
