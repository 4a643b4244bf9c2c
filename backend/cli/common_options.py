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


MemoryOption = Annotated[
    float | None,
    typer.Option(
        "--max-memory",
        min=0.5,
        metavar="GIB",
        help="How much of the device's memory models may fill; by default what there is.",
    ),
]


MaxPixelsOption = Annotated[
    int, typer.Option(min=1, help="Read no picture with more pixels; each takes some 10 bytes.")
]


QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print only errors.")]


def limit_memory(gibibytes: float | None) -> None:
    """Let models fill no more than that in this process and those it starts; None changes it not.

    Small networks that run without torch are not counted: they fit anywhere.
    """
    if gibibytes is not None:
        os.environ["LAYERPEEL_MEMORY"] = str(gibibytes)


def choose_device(device: DeviceName | None) -> None:
    """Let this process, and those it starts, compute on a device; None leaves it as it is.

    It makes no difference to engines that always use the processor.
    """
    if device is not None:
        os.environ["LAYERPEEL_DEVICE"] = device.value
