"""`layerpeel generate`: a picture from words."""

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from layerpeel.backend.cli.common_options import DeviceOption, QuietOption, choose_device
from layerpeel.backend.cli.long_work import with_bar
from layerpeel.backend.cli.painting_options import (
    BitsOption,
    GuidanceOption,
    LoraOption,
    NegativeOption,
    SamplerOption,
    SeedOption,
    StepsOption,
    StyleOption,
    chosen_style,
    named_notes,
    on_paper,
    picture_on_paper,
    size_in,
    start_of,
)
from layerpeel.backend.engines.full_install import require_full_install
from layerpeel.backend.errors import BadInputError, OutputError
from layerpeel.backend.formats.destination import check_file, new_file
from layerpeel.backend.formats.png import encode_png
from layerpeel.backend.formats.reading import read_picture
from layerpeel.backend.image import Float32, from_float
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.progress import ReportProgress
from layerpeel.backend.stages.generation.config import (
    SHIPPED,
    generator_config,
    with_bits,
)
from layerpeel.backend.stages.generation.generator_checkpoint import find_checkpoint
from layerpeel.backend.stages.generation.request import (
    Control,
    ControlKind,
    GenerationRequest,
    settle,
)
from layerpeel.backend.stages.generation.style import Style
from layerpeel.shared.protocol import Depth

if TYPE_CHECKING:
    from layerpeel.backend.stages.generation.generator import Generated

# The engine that this is the first stage of.
ENGINE = "layeringdiff"


def generate(
    context: typer.Context,
    prompt: Annotated[
        str, typer.Argument(help="What the picture should show; with --edit, what is to change.")
    ],
    out: Annotated[Path, typer.Option(help="NAME.png, the picture.")],
    style: StyleOption = "",
    generator: Annotated[
        str | None,
        typer.Option(
            help=f"{', '.join(SHIPPED)}, or a TOML file that describes another; the style's."
        ),
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            help="Your own: a folder as on the model hub, a .safetensors or a .gguf file."
        ),
    ] = None,
    size: Annotated[
        str | None,
        typer.Option(
            metavar="WxH",
            help="In pixels; the control, start or edited picture's, or the generator's.",
        ),
    ] = None,
    steps: StepsOption = None,
    guidance: GuidanceOption = None,
    negative: NegativeOption = "",
    sampler: SamplerOption = None,
    lora: LoraOption = None,
    bits: BitsOption = None,
    seed: SeedOption = 0,
    control: Annotated[
        str | None,
        typer.Option(
            metavar="KIND=PICTURE",
            help="What says where things are: "
            "edge= (of any picture), lines= (a drawing), scribble= (rough strokes), depth=.",
        ),
    ] = None,
    control_model: Annotated[
        Path | None, typer.Option(help="Folder of the ControlNet that follows --control.")
    ] = None,
    strength: Annotated[
        float | None, typer.Option(help="How closely to follow --control, 0 to 2.")
    ] = None,
    start: Annotated[
        Path | None, typer.Option(metavar="PICTURE", help="The picture to begin from.")
    ] = None,
    start_strength: Annotated[
        float | None, typer.Option(help="How much of it is painted anew, 0 to 1.")
    ] = None,
    start_mask: Annotated[
        Path | None,
        typer.Option(metavar="PICTURE", help="Where it is painted anew: all but black."),
    ] = None,
    edit: Annotated[
        Path | None,
        typer.Option(metavar="PICTURE", help="The picture in which the words change something."),
    ] = None,
    reference: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="PICTURE",
            help="One that the words may speak of (image 1, or, beside --edit, from image 2 on); "
            "may be repeated.",
        ),
    ] = None,
    device: DeviceOption = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing picture.")] = False,
    quiet: QuietOption = False,
) -> None:
    """Make a picture from words, or change one by words, with SDXL or another generator."""
    choose_device(device)
    if out.suffix.lower() != ".png":
        raise OutputError(f"{out} cannot be written: choose a name that ends in .png.")
    check_file(out, force)
    require_full_install(ENGINE)
    if style and generator is not None:
        raise BadInputError("A style says which generator paints: leave --generator out.")
    painted = chosen_style(style, sampler, lora)
    if generator is not None:
        painted = replace(painted, generator=generator_config(generator))
    if checkpoint is not None:
        painted = replace(painted, checkpoint=checkpoint)
    if bits is not None:
        painted = replace(painted, generator=with_bits(painted.generator, bits))
    paths = [*([] if edit is None else [edit]), *(reference or ())]
    reads = [read_picture(path) for path in paths]
    shown = tuple(map(on_paper, reads))
    request = GenerationRequest(
        prompt=painted.framed(prompt) if prompt.strip() else prompt,
        size=None if size is None else size_in(size),
        steps=painted.steps if steps is None else steps,
        guidance=painted.guidance if guidance is None else guidance,
        negative_prompt=negative or painted.negative,
        seed=seed,
        control=_control(control, control_model, strength, painted.controls),
        start=start_of(start, start_strength, start_mask),
        edit=None if edit is None else shown[0],
        references=shown if edit is None else shown[1:],
    )
    settle(request, painted.generator)  # Invalid requests are refused before torch is loaded.
    store = context.find_object(ModelStore) or ModelStore()
    begun = time.perf_counter()
    made = with_bar(lambda report: _generated(painted, store, request, report), quiet)
    with new_file(out, force) as file:
        file.write(_png(made.picture))
    if not quiet:
        height, width = made.picture.shape[:2]
        seconds = time.perf_counter() - begun
        typer.echo(
            f"{width} × {height} pixels in {seconds:.1f} s by {painted.generator.title}: {out}"
        )
        for note in (*named_notes(reads, paths), *made.notes):
            typer.echo(f"Note: {note}")


def _generated(
    painted: Style,
    store: ModelStore,
    request: GenerationRequest,
    report: ReportProgress,
) -> "Generated":
    found = find_checkpoint(painted.generator, painted.checkpoint, store)
    # torch and what depends on it take seconds to load.
    from layerpeel.backend.devices.compute import compute_on
    from layerpeel.backend.devices.pool import NetworkPool
    from layerpeel.backend.stages.generation.generator import Generator

    pool = NetworkPool(compute_on())
    return Generator(painted.generator, found, pool, painted.additions).generate(request, report)


def _control(
    text: str | None,
    network: Path | None,
    strength: float | None,
    networks: Mapping[ControlKind, Path],
) -> Control | None:
    """Read --control. networks: the style's, used where `network` is not given."""
    if text is None:
        if network is not None or strength is not None:
            raise BadInputError("--control-model and --strength go with --control: give a picture.")
        return None
    kind, _, picture = text.partition("=")
    if kind not in list(ControlKind) or not picture:
        kinds = ", ".join(f"{kind}=PICTURE" for kind in ControlKind)
        raise BadInputError(f"“{text}” is no control picture: give one of {kinds}.")
    network = network or networks.get(ControlKind(kind))
    if network is None:
        raise BadInputError("--control needs --control-model: the folder of a ControlNet.")
    return Control(ControlKind(kind), picture_on_paper(Path(picture)), network, strength)


def _png(picture: Float32) -> bytes:
    height, width = picture.shape[:2]
    opaque = np.dstack([picture, np.ones((height, width), np.float32)])
    return encode_png(from_float(opaque, Depth.U8), icc_profile=b"")
