"""A network in a folder as model hubs hold it: config.json beside safetensors, for transformers."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import torch
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError, safe_open
from torch import nn
from transformers.utils import logging

from layerpeel.backend.errors import ModelError

Network = TypeVar("Network", bound=nn.Module)
Processor = TypeVar("Processor")

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"

# What transformers raises when files are missing, are no JSON, or say what no network can be.
_LOADING_ERRORS = (OSError, ValueError, KeyError, TypeError, RuntimeError, StrictDataclassError)


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
    with _quiet():
        try:
            network, report = from_pretrained(
                folder,
                local_files_only=True,
                use_safetensors=True,
                dtype=torch.float32,
                ignore_mismatched_sizes=True,  # reported then, and refused below by name
                output_loading_info=True,
            )
        except _LOADING_ERRORS as error:
            raise unusable(folder, f"{CONFIG} describes no network ({_reason(error)})") from error
    for fault in ("missing_keys", "mismatched_keys"):
        keys = sorted(str(key) for key in report[fault])
        if keys:
            raise unusable(
                folder,
                f"its weights do not fit {CONFIG}: {len(keys)} are missing or of another size, "
                f"“{keys[0]}” among them",
            )
    return network


def load_processor(folder: Path, from_pretrained: Callable[..., Processor]) -> Processor:
    """Load what prepares a network's input, from nothing but what lies in `folder`.

    from_pretrained: of its class in transformers. Raises ModelError when a file is missing or
    damaged.
    """
    with _quiet():
        try:
            return from_pretrained(folder, local_files_only=True)
        except _LOADING_ERRORS as error:
            raise unusable(
                folder,
                f"the files that say how its input is prepared are damaged ({_reason(error)})",
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
        raise unusable(folder, f"{file} is missing or damaged ({_reason(error)})") from error


def _read_json(folder: Path, file: str) -> dict[str, object]:
    try:
        values = json.loads((folder / file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise unusable(folder, f"{file} cannot be read ({_reason(error)})") from error
    if not isinstance(values, dict):
        raise unusable(folder, f"{file} says nothing about a model")
    return values


def _reason(error: Exception) -> str:
    """The first line of what a library says; it may go on for many."""
    return next(iter(str(error).splitlines()), type(error).__name__).strip().rstrip(".")


@contextmanager
def _quiet() -> Iterator[None]:
    """Hold back what transformers prints while it loads: what matters is raised."""
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
