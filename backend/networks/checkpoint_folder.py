"""Folders that hold our own checkpoints: a description in JSON, tensors beside it.

The description identifies the folder's format and its version.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import safetensors
import safetensors.torch
from torch import Tensor, nn

from layerpeel.backend.errors import ModelError, reason_of
from layerpeel.backend.files.regular_file import read_regular
from layerpeel.shared import strict_json


def description_bytes(format_name: str, version: int, content: dict[str, object]) -> bytes:
    """Return the bytes of a description; `content` comes after the format's name and version."""
    description = {"format": format_name, "version": version, **content}
    return (json.dumps(description, indent=2) + "\n").encode()


def read_description(file: Path, format_name: str, version: int) -> dict[str, object]:
    """Read a description, and make sure that it is of this format and version.

    Raises ModelError when it is not there, cannot be read, or is of another format or version.
    """
    description = read_json(file)
    if description.get("format") != format_name:
        raise ModelError(
            f"{file} says that this is a folder of “{description.get('format')}”, not of "
            f"“{format_name}”. Choose another folder."
        )
    if description.get("version") != version:
        raise ModelError(
            f"{file.parent} is of version {description.get('version')} of “{format_name}”, and "
            f"this Layerpeel reads version {version}. Update Layerpeel, or train the model anew."
        )
    return description


def read_json(file: Path) -> dict[str, object]:
    """Read a JSON object from a folder of models.

    Raises ModelError when it is not there, cannot be read, or is no object.
    """
    try:
        content = strict_json.read_json(read_regular(file))
    except FileNotFoundError as error:
        raise ModelError(
            f"{file.parent} is not the folder of a model that is wanted here: there is no "
            f"{file.name} in it. Choose another folder, or copy this one again."
        ) from error
    except OSError as error:
        raise ModelError(f"{file} cannot be read: {reason_of(error)}.") from error
    except ValueError as error:
        raise ModelError(f"{file} is damaged ({error}). Copy or train the model again.") from error
    if not isinstance(content, dict):
        raise ModelError(f"{file} is damaged: it holds no object. Copy or train the model again.")
    return content


def read_tensors(file: Path) -> dict[str, Tensor]:
    """Read a safetensors file into main memory.

    Raises ModelError when it is not there, or cannot be read to its end.
    """
    try:
        return safetensors.torch.load_file(file)
    except FileNotFoundError as error:
        raise ModelError(
            f"{file.parent} is incomplete: there is no {file.name} in it. Copy the folder again."
        ) from error
    except OSError as error:
        raise ModelError(f"{file} cannot be read: {reason_of(error)}.") from error
    except safetensors.SafetensorError as error:
        raise ModelError(
            f"{file} is damaged or was not copied to its end ({error}). Copy it again."
        ) from error


def misfits(network: nn.Module, tensors: Mapping[str, Tensor]) -> list[str]:
    """Name the tensors that are missing, superfluous or of another shape for a network; sorted."""
    wanted = {name: tensor.shape for name, tensor in network.state_dict().items()}
    given = {name: tensor.shape for name, tensor in tensors.items()}
    return sorted(
        name for name in wanted.keys() | given.keys() if wanted.get(name) != given.get(name)
    )


def fill(network: nn.Module, tensors: dict[str, Tensor], file: Path) -> None:
    """Load tensors into a network that has no memory yet (made on the device `meta`).

    file: their origin, for errors. Raises ModelError when names or shapes are not the network's.
    """
    differing = misfits(network, tensors)
    if differing:
        raise ModelError(
            f"{file} does not fit the network that the description beside it tells of: "
            f"{len(differing)} tensors are missing, too many or of another shape, the first is "
            f"{differing[0]}. Copy or train the model again."
        )
    network.load_state_dict(tensors, assign=True)
