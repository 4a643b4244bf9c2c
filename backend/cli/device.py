"""`--device`: where networks compute. It says nothing to engines that always use the processor."""

import os
from enum import StrEnum
from typing import Annotated

import typer


class DeviceName(StrEnum):
    """What `layerpeel.backend.devices.compute` knows; named here without loading torch."""

    AUTO = "auto"
    CUDA = "cuda"
    MPS = "mps"
    CPU = "cpu"


DeviceOption = Annotated[
    DeviceName | None,
    typer.Option(
        help="Where networks compute; a GPU where there is one, unless given.",
        case_sensitive=False,
    ),
]


def choose_device(device: DeviceName | None) -> None:
    """Let this process, and those it starts, compute there."""
    if device is not None:
        os.environ["LAYERPEEL_DEVICE"] = device.value
