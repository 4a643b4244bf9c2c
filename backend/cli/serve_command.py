"""`layerpeel serve` and `layerpeel register`: the plugin's backend."""

import signal
import sys
from enum import StrEnum
from types import FrameType
from typing import Annotated

import typer

from layerpeel.backend.cli.common_options import (
    DeviceOption,
    MemoryOption,
    choose_device,
    limit_memory,
)
from layerpeel.backend.errors import BadInputError, OutputError, reason_of
from layerpeel.backend.server.limits import Limits
from layerpeel.backend.server.serving import ServerSettings
from layerpeel.backend.server.serving import serve as serve_until_ended
from layerpeel.shared.places import command_file, write_command

_DEFAULTS = Limits()


class LogLevel(StrEnum):
    """How detailed the log is."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    allow_network: Annotated[
        bool,
        typer.Option(
            "--allow-network",
            help="Let --host be an address that other machines reach. Nothing is encrypted: "
            "whoever listens on the way sees your pictures and the token.",
        ),
    ] = False,
    with_clients: Annotated[
        bool,
        typer.Option("--with-clients", help="End when the last client has gone."),
    ] = False,
    max_pixels: Annotated[
        int, typer.Option(min=1, help="Refuse pictures with more pixels.")
    ] = _DEFAULTS.pixels,
    max_body: Annotated[
        int | None,
        typer.Option(
            min=1, help="Refuse requests with more bytes; by default as many as --max-pixels take."
        ),
    ] = None,
    max_queue: Annotated[
        int, typer.Option(min=1, help="Refuse a picture when this many wait.")
    ] = _DEFAULTS.waiting,
    max_results: Annotated[
        int, typer.Option(min=1, help="Delete the oldest results beyond this many bytes.")
    ] = _DEFAULTS.result_bytes,
    device: DeviceOption = None,
    max_memory: MemoryOption = None,
    log_level: Annotated[
        LogLevel, typer.Option(case_sensitive=False, help="How much the log says.")
    ] = LogLevel.INFO,
) -> None:
    """Serve the Krita plugin, and other programs of yours, until Ctrl-C or SIGTERM."""
    choose_device(device)
    limit_memory(max_memory)
    signal.signal(signal.SIGTERM, _end)
    limits = Limits(max_pixels, max_queue, max_results, max_body)
    level = log_level.value.upper()
    serve_until_ended(ServerSettings(host, port, allow_network, with_clients, level, limits))


def register() -> None:
    """Tell the Krita plugin how to start this backend."""
    if not sys.executable:
        raise BadInputError("This Python does not know its own path: register from another one.")
    # -P: modules in the folder it is started in are not imported by mistake.
    command = [sys.executable, "-P", "-m", "layerpeel.backend.cli"]
    try:
        write_command(command)
    except OSError as error:
        raise OutputError(
            f"{command_file()} cannot be written: {reason_of(error)}. Make it writable for "
            "you, or set LAYERPEEL_HOME to another folder, for Krita too."
        ) from error
    typer.echo(f"The plugin will start this backend: {' '.join(command)} ({command_file()})")


def _end(_signal: int, _frame: FrameType | None) -> None:
    """Exit. While it serves, the server handles the signal first and then passes it on."""
    raise SystemExit(0)
