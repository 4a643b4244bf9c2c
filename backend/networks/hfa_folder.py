"""HFA on disk: `hfa.json` with the shapes, and the weights of FAN and BAN beside it."""

from dataclasses import asdict
from pathlib import Path

import safetensors.torch
import torch
from torch import nn

from layerpeel.backend.errors import ModelError
from layerpeel.backend.files.disk import write_new_file
from layerpeel.backend.formats.destination import new_folder
from layerpeel.backend.networks.checkpoint_folder import (
    description_bytes,
    fill,
    read_description,
    read_tensors,
)
from layerpeel.backend.networks.high_frequency_alignment import (
    INPUTS,
    OUTPUTS,
    HighFrequencyAlignment,
)
from layerpeel.backend.networks.local_unet import UNetShape

FORMAT, VERSION = "layerpeel-hfa", 1
DESCRIPTION = "hfa.json"
NETWORKS = ("foreground", "background")


def save_hfa(hfa: HighFrequencyAlignment, folder: Path) -> None:
    """Write FAN and BAN in float32. An HFA folder of this name is replaced, whole or not at all.

    Raises OutputError when it cannot be written, or is another kind of folder.
    """
    shapes: dict[str, object] = {}
    with new_folder(folder, force=True, why_not=_why_not_replaced) as new:
        for name in NETWORKS:
            network = hfa.get_submodule(name)
            shapes[name] = asdict(getattr(hfa, name).shape)
            write_new_file(new / _weights_file(name), _bytes_of(network))
        write_new_file(new / DESCRIPTION, description_bytes(FORMAT, VERSION, shapes))


def load_hfa(folder: Path) -> HighFrequencyAlignment:
    """Load FAN and BAN into main memory, in float32.

    Raises ModelError when this is no HFA folder, is of another version, incomplete or damaged, or
    its weights are not of the shapes that it states.
    """
    description = read_description(folder / DESCRIPTION, FORMAT, VERSION)
    foreground, background = (_shape_of(description.get(name), folder) for name in NETWORKS)
    with torch.device("meta"):
        hfa = HighFrequencyAlignment(foreground, background)
    for name in NETWORKS:
        file = folder / _weights_file(name)
        fill(hfa.get_submodule(name), read_tensors(file), file)
    return hfa.float()


def _weights_file(name: str) -> str:
    return f"{name}.safetensors"


def _bytes_of(network: nn.Module) -> bytes:
    weights = {
        name: tensor.detach().float().contiguous() for name, tensor in network.state_dict().items()
    }
    return safetensors.torch.save(weights)


def _shape_of(stated: object, folder: Path) -> UNetShape:
    """Read a shape; what stands in a file may be anything."""
    match stated:
        case {
            "inputs": inputs,
            "outputs": outputs,
            "widths": [_, *_] as widths,
            "blocks": int(blocks),
            "unshuffle": int(unshuffle),
        } if (inputs, outputs) == (INPUTS, OUTPUTS) and all(
            isinstance(size, int) and size >= 1 for size in [*widths, blocks, unshuffle]
        ):
            return UNetShape(INPUTS, OUTPUTS, tuple(widths), blocks, unshuffle)
    raise ModelError(
        f"{folder / DESCRIPTION} gives no shape of an alignment network ({stated}). "
        "Copy or train the model again."
    )


def _why_not_replaced(folder: Path) -> str | None:
    if (folder / DESCRIPTION).is_file() or not any(folder.iterdir()):
        return None
    return f"there are other things than {DESCRIPTION} and its weights in it"
