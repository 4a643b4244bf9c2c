"""`layerpeel generate`: words in, a picture out."""

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from layerpeel.backend.cli.device import DeviceOption, choose_device
from layerpeel.backend.cli.long_work import with_bar
from layerpeel.backend.colour import image_of
from layerpeel.backend.engines.full_install import require_full_install
from layerpeel.backend.errors import BadInputError, OutputError
from layerpeel.backend.formats.destination import check_file, new_file
from layerpeel.backend.formats.png import encode_png
from layerpeel.backend.formats.reading import read_picture
from layerpeel.backend.image import Float32, from_float
from layerpeel.backend.models.store import ModelStore
from layerpeel.backend.progress import ReportProgress
from layerpeel.backend.stages.generation.checkpoint import find_checkpoint
from layerpeel.backend.stages.generation.config import (
    SHIPPED,
    GeneratorConfig,
    generator_config,
)
from layerpeel.backend.stages.generation.request import (
    Control,
    ControlKind,
    GenerationRequest,
    settle,
)
from layerpeel.shared.protocol import Depth

if TYPE_CHECKING:
    from layerpeel.backend.stages.generation.generator import Generated

# The engine whose first stage this is.
ENGINE = "layeringdiff"


def generate(
    context: typer.Context,
    prompt: Annotated[str, typer.Argument(help="What is to be in the picture, in words.")],
    out: Annotated[Path, typer.Option(help="NAME.png, the picture.")],
    generator: Annotated[
        str, typer.Option(help=f"{', '.join(SHIPPED)}, or a TOML file that describes another.")
    ] = SHIPPED[0],
    checkpoint: Annotated[
        Path | None,
        typer.Option(help="Your own: a folder as on the model hub, or a .safetensors file."),
    ] = None,
    size: Annotated[
        str | None,
        typer.Option(metavar="WxH", help="In pixels; the control picture's, or the generator's."),
    ] = None,
    steps: Annotated[int | None, typer.Option(help="More take longer and are finer.")] = None,
    guidance: Annotated[float | None, typer.Option(help="How closely to follow the words.")] = None,
    negative: Annotated[str, typer.Option(help="What is not to be in the picture.")] = "",
    seed: Annotated[int, typer.Option(help="Another seed makes another picture.")] = 0,
    control: Annotated[
        str | None,
        typer.Option(
            metavar="KIND=PICTURE",
            help="What says where things are: edge= (of any picture), lines= (a drawing), depth=.",
        ),
    ] = None,
    control_model: Annotated[
        Path | None, typer.Option(help="Folder of the ControlNet that follows --control.")
    ] = None,
    strength: Annotated[
        float | None, typer.Option(help="How closely to follow --control, 0 to 2.")
    ] = None,
    device: DeviceOption = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing picture.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
) -> None:
    """Make a picture from words, with SDXL or another generator."""
    choose_device(device)
    if out.suffix.lower() != ".png":
        raise OutputError(f"{out} cannot be written: choose a name that ends in .png.")
    check_file(out, force)
    require_full_install(ENGINE)
    config = generator_config(generator)
    request = GenerationRequest(
        prompt=prompt,
        size=None if size is None else _size(size),
        steps=steps,
        guidance=guidance,
        negative_prompt=negative,
        seed=seed,
        control=_control(control, control_model, strength),
    )
    settle(request, config)  # What cannot be answered is said before torch is loaded.
    store = context.find_object(ModelStore) or ModelStore()
    begun = time.perf_counter()
    made = with_bar(lambda report: _generated(config, checkpoint, store, request, report), quiet)
    with new_file(out, force) as file:
        file.write(_png(made.picture))
    if not quiet:
        height, width = made.picture.shape[:2]
        seconds = time.perf_counter() - begun
        typer.echo(f"{width} × {height} pixels in {seconds:.1f} s by {config.title}: {out}")
        for note in made.notes:
            typer.echo(f"Note: {note}")


def _generated(
    config: GeneratorConfig,
    checkpoint: Path | None,
    store: ModelStore,
    request: GenerationRequest,
    report: ReportProgress,
) -> "Generated":
    found = find_checkpoint(config, checkpoint, store)
    # torch and what stands on it take seconds to load.
    from layerpeel.backend.devices.compute import compute_on
    from layerpeel.backend.devices.pool import NetworkPool
    from layerpeel.backend.stages.generation.generator import Generator

    return Generator(config, found, NetworkPool(compute_on())).generate(request, report)


def _size(text: str) -> tuple[int, int]:
    numbers = re.fullmatch(r"\s*(\d+)\s*[x×]\s*(\d+)\s*", text, re.IGNORECASE)
    if numbers is None:
        raise BadInputError(f"“{text}” is no size: give width and height, 1024x768.")
    return int(numbers[1]), int(numbers[2])


def _control(text: str | None, network: Path | None, strength: float | None) -> Control | None:
    if text is None or network is None:
        if text is not None:
            raise BadInputError("--control needs --control-model: the folder of a ControlNet.")
        if network is not None or strength is not None:
            raise BadInputError("--control-model and --strength go with --control: give a picture.")
        return None
    kind, _, picture = text.partition("=")
    if kind not in list(ControlKind) or not picture:
        kinds = ", ".join(f"{kind}=PICTURE" for kind in ControlKind)
        raise BadInputError(f"“{text}” is no control picture: give one of {kinds}.")
    return Control(ControlKind(kind), _picture_on_paper(Path(picture)), network, strength)


def _picture_on_paper(path: Path) -> Float32:
    """Read a picture as H×W×3 of display sRGB, 0–1; what is transparent becomes white."""
    image = image_of(read_picture(path).picture)
    alpha = image.alpha[..., None]
    return image.proxy * alpha + (1 - alpha)


def _png(picture: Float32) -> bytes:
    height, width = picture.shape[:2]
    opaque = np.dstack([picture, np.ones((height, width), np.float32)])
    return encode_png(from_float(opaque, Depth.U8), icc_profile=b"")
