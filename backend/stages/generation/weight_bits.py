"""How many bits a generator's weights take on the device: 16 (32 on a processor), or 4 by SDNQ.

Only matrices of the repeated layers of transformers come in 4 bit, in groups of 64 that share a
scale and a zero point; embeddings, what goes in and comes out, and the autoencoder stay.
"""

import logging
import math
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import torch

from layerpeel.backend.devices.compute import Compute
from layerpeel.backend.errors import BadInputError, DeviceError, ModelError
from layerpeel.backend.models.manifest import spoken_size
from layerpeel.backend.models.safetensors_header import Shapes
from layerpeel.backend.stages.generation.config import FEW_BITS, GeneratorConfig
from layerpeel.backend.stages.generation.generator_checkpoint import Checkpoint, shapes_by_part

IN_FEW_BITS = ("transformer", "text_encoder")
"""Components that may come in 4 bit."""

HOW_TO_INSTALL = "run `pip install 'layerpeel[full,four-bit]'`"

_IN_REPEATED_LAYER = re.compile(r"(^|[._])(layers|blocks|refiner)\.\d+\.")
_GROUP = 64
# Smaller matrices are not worth it. Those of the full-size networks are all larger.
_FEWEST_NUMBERS, _FEWEST_CHANNELS = 256, 16


@dataclass(frozen=True)
class WeightBits:
    """A choice.

    few: whether in 4 bit. note: what a person should be told of it; may be empty.
    """

    few: bool = False
    note: str = ""


def choose_bits(config: GeneratorConfig, checkpoint: Checkpoint, compute: Compute) -> WeightBits:
    """Take the bits that are asked for; else 16 (32 on a processor) where they fit, else 4.

    Raises BadInputError where 4 are asked of a generator that has a UNet, DeviceError when not even
    4 fit, ModelError when weights cannot be read, or what 4 take is not installed.
    """
    if not (checkpoint.path / "transformer").is_dir():
        if config.bits == FEW_BITS:
            raise BadInputError(
                f"{config.title} cannot be loaded in {FEW_BITS} bit: leave that out. It is for "
                "FLUX.2 klein and Z-Image."
            )
        return WeightBits()
    whole = 4 if compute.device.type == "cpu" else 2
    sizes = {few: sizes_of(checkpoint, whole, few) for few in (False, True)}
    needed = {few: lying_at_once(size, compute) for few, size in sizes.items()}
    fits = needed[False] <= compute.budget
    if config.bits != FEW_BITS and (fits or config.bits is not None):
        return WeightBits()  # What does not fit although it was asked for is refused when loaded.
    told = (
        f"In {8 * whole} bit {config.title} needs {spoken_size(needed[False])} on the "
        f"{compute.words}, where {spoken_size(max(0, compute.budget))} may be used; in {FEW_BITS} "
        f"bit it needs {spoken_size(needed[True])}"
    )
    if needed[True] > compute.budget:
        raise DeviceError(
            f"{told}, which is too much as well. Choose a smaller one, or let another device "
            "compute (--device)."
        )
    if find_spec("sdnq") is None:
        raise ModelError(f"{told}, which takes the package sdnq: {HOW_TO_INSTALL}.")
    asked = "" if config.bits == FEW_BITS else f"{told}: it was loaded so."
    return WeightBits(True, asked)


def few_bits() -> Any:  # noqa: ANN401  # the library ships no types
    """Describe 4 bit for `from_pretrained` of diffusers and transformers, which sdnq teaches it."""
    # Compiling takes a C++ compiler, and what is gained is small: weights are unpacked once a step.
    os.environ.setdefault("SDNQ_USE_TORCH_COMPILE", "0")
    logging.getLogger("sdnq").setLevel(logging.ERROR)
    from sdnq import SDNQConfig

    return SDNQConfig(
        weights_dtype="uint4",
        group_size=_GROUP,
        minimum_allowed_numel=_FEWEST_NUMBERS,
        minimum_allowed_channel_size=_FEWEST_CHANNELS,
    )


def bytes_in(shapes: Shapes, bytes_a_number: int, few: bool) -> int:
    """Count the bytes of a network's weights by their shapes; few: in 4 bit where that is done."""
    return sum(
        _bytes_in_few_bits(*shape)
        if few and _comes_in_few_bits(name, shape)
        else math.prod(shape) * bytes_a_number
        for name, shape in shapes.items()
    )


def numbers_to_pack(shapes: Shapes) -> int:
    """Count the numbers of a network's weights that come in 4 bit where that is done."""
    return sum(math.prod(each) for name, each in shapes.items() if _comes_in_few_bits(name, each))


def sizes_of(checkpoint: Checkpoint, bytes_a_number: int, few: bool) -> list[int]:
    """Count the bytes of each of its networks by what their files say; few: some in 4 bit.

    Raises ModelError when weights cannot be read.
    """
    parts = shapes_by_part(checkpoint.path)
    sizes = {
        part: bytes_in(shapes, bytes_a_number, few and part in IN_FEW_BITS)
        for part, shapes in parts.items()
    }
    if checkpoint.transformer is not None:
        sizes["transformer"] = checkpoint.transformer.stat().st_size
    return list(sizes.values())


def lying_at_once(sizes: Iterable[int], compute: Compute) -> int:
    """Of networks of these sizes, how many bytes lie on the device: on a GPU one by one."""
    return sum(sizes) if compute.device.type == "cpu" else max(sizes, default=0)


def _comes_in_few_bits(name: str, shape: tuple[int, ...]) -> bool:
    return (
        len(shape) == 2
        and _IN_REPEATED_LAYER.search(name) is not None
        and min(shape) >= _FEWEST_CHANNELS
        and math.prod(shape) >= _FEWEST_NUMBERS
    )


def _bytes_in_few_bits(rows: int, columns: int) -> int:
    """Two numbers to a byte; for each group a scale and a zero point in float32."""
    groups = rows * math.ceil(columns / _GROUP)
    return rows * columns // 2 + groups * 2 * torch.float32.itemsize
