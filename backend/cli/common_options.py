"""Options that most commands have: where networks compute, and whether anything is printed."""

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


MaxPixelsOption = Annotated[
    int, typer.Option(min=1, help="Read no picture with more pixels; each takes some 10 bytes.")
]


QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print only errors.")]


def choose_device(device: DeviceName | None) -> None:
    """Let this process, and those it starts, compute on a device; None leaves it as it is.

    It makes no difference to engines that always use the processor.
    """
    if device is not None:
        os.environ["LAYERPEEL_DEVICE"] = device.value
