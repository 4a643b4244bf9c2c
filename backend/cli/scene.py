"""`layerpeel scene`, `add-object`, `add-background`: what a generator paints, in layers."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from layerpeel.backend.cli.device import DeviceOption, choose_device
from layerpeel.backend.cli.long_work import with_bar
from layerpeel.backend.cli.painting_options import StyleOption
from layerpeel.backend.engines.registry import AUTO, ENGINES
from layerpeel.backend.errors import BadInputError
from layerpeel.backend.formats.provenance import without_provenance
from layerpeel.backend.formats.reading import read_mask, read_picture
from layerpeel.backend.formats.writing import check_output, write_stack
from layerpeel.backend.image import block_of
from layerpeel.backend.models.store import ModelStore
from layerpeel.backend.peeling import answer
from layerpeel.shared.jobs import Request
from layerpeel.shared.protocol import Coverage, Picture
from layerpeel.shared.scenes import (
    BackgroundRequest,
    Guide,
    GuideKind,
    ObjectRequest,
    Painting,
    SceneRequest,
)

MOST_VARIANTS = 16

_Out = Annotated[str, typer.Option(help="NAME.ora for OpenRaster; NAME/ for a folder of PNGs.")]
_Steps = Annotated[int | None, typer.Option(help="More take longer and are finer.")]
_Guidance = Annotated[float | None, typer.Option(help="How closely to follow the words.")]
_Negative = Annotated[str, typer.Option(help="What is not to be in the picture.")]
_Seed = Annotated[int, typer.Option(help="Another seed makes another picture.")]
_Engine = Annotated[
    str, typer.Option(help=f"Which engine separates: {', '.join(ENGINES)}; auto takes the best.")
]
_Force = Annotated[bool, typer.Option("--force", help="Replace an existing result.")]
_Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
_NoProvenance = Annotated[
    bool,
    typer.Option("--no-provenance", help="Do not write down prompt, seed and models in the file."),
]


def scene(
    context: typer.Context,
    prompt: Annotated[
        str, typer.Argument(help="The scene; [what is in brackets] becomes a layer of its own.")
    ],
    out: _Out,
    size: Annotated[str, typer.Option(metavar="WxH", help="In pixels.")] = "1024x1024",
    guide: Annotated[
        str | None,
        typer.Option(
            metavar="KIND=PICTURE",
            help=f"What guides it: {', '.join(kind.value for kind in GuideKind)}; gives the size.",
        ),
    ] = None,
    strength: Annotated[
        float | None, typer.Option(help="How closely to follow --guide, 0 to 1.")
    ] = None,
    variants: Annotated[
        int, typer.Option(min=1, max=MOST_VARIANTS, help="So many, each with the next seed.")
    ] = 1,
    style: StyleOption = "",
    steps: _Steps = None,
    guidance: _Guidance = None,
    negative: _Negative = "",
    seed: _Seed = 0,
    engine: _Engine = AUTO,
    device: DeviceOption = None,
    force: _Force = False,
    no_provenance: _NoProvenance = False,
    quiet: _Quiet = False,
) -> None:
    """Paint a scene and take it apart into layers."""
    choose_device(device)
    picture, guided = _guided(guide, strength, size)
    painting = Painting(seed, style, steps, guidance, negative)
    outs = [_numbered(out, seed + number) if variants > 1 else out for number in range(variants)]
    for name in outs:
        check_output(name, force, picture.pixels.depth)
    for number, name in enumerate(outs):
        request = SceneRequest(prompt, replace(painting, seed=seed + number), guided, engine)
        _answer(context, picture, request, name, force, no_provenance, quiet)


def add_object(
    context: typer.Context,
    picture: Annotated[Path, typer.Argument(help="Into which it is painted.")],
    prompt: Annotated[str, typer.Argument(help="What it is, in words.")],
    within: Annotated[Path, typer.Option(help="It is painted where this picture is white.")],
    out: _Out,
    style: StyleOption = "",
    steps: _Steps = None,
    guidance: _Guidance = None,
    negative: _Negative = "",
    seed: _Seed = 0,
    device: DeviceOption = None,
    force: _Force = False,
    no_provenance: _NoProvenance = False,
    quiet: _Quiet = False,
) -> None:
    """Paint an object into a picture; only the object comes back, as one layer to lie above it."""
    choose_device(device)
    read = read_picture(picture).picture
    check_output(out, force, read.pixels.depth)
    size = (read.pixels.width, read.pixels.height)
    levels = np.floor(read_mask(within, size) * 255 + 0.5).astype(np.uint8)
    painting = Painting(seed, style, steps, guidance, negative)
    request = ObjectRequest(prompt, Coverage(*size, levels.tobytes()), painting)
    _answer(context, read, request, out, force, no_provenance, quiet)


def add_background(
    context: typer.Context,
    layer: Annotated[Path, typer.Argument(help="A picture with clear surroundings.")],
    prompt: Annotated[str, typer.Argument(help="The scene round and behind it, in words.")],
    out: _Out,
    style: StyleOption = "",
    steps: _Steps = None,
    guidance: _Guidance = None,
    negative: _Negative = "",
    seed: _Seed = 0,
    engine: _Engine = AUTO,
    device: DeviceOption = None,
    force: _Force = False,
    no_provenance: _NoProvenance = False,
    quiet: _Quiet = False,
) -> None:
    """Paint a scene round a layer; it comes back as one opaque layer to lie below it."""
    choose_device(device)
    read = read_picture(layer).picture
    check_output(out, force, read.pixels.depth)
    painting = Painting(seed, style, steps, guidance, negative)
    request = BackgroundRequest(prompt, painting, engine)
    _answer(context, read, request, out, force, no_provenance, quiet)


def _answer(
    context: typer.Context,
    picture: Picture,
    request: Request,
    out: str,
    force: bool,
    no_provenance: bool,
    quiet: bool,
) -> None:
    store = context.find_object(ModelStore) or ModelStore()
    stack = with_bar(lambda report: answer(picture, request, store, report), quiet=quiet)
    write_stack(without_provenance(stack) if no_provenance else stack, out, force)
    if quiet:
        return
    layers = "layer" if len(stack.layers) == 1 else "layers"
    typer.echo(f"{len(stack.layers)} {layers}, seed {stack.made_with.seed}: {out}")
    for note in stack.notes:
        typer.echo(f"Note: {note}")


def _guided(text: str | None, strength: float | None, size: str) -> tuple[Picture, Guide | None]:
    """What guides, and how; where nothing does, a plain picture that says the size."""
    if text is None:
        if strength is not None:
            raise BadInputError("--strength goes with --guide: give a picture.")
        width, separator, height = size.lower().replace("×", "x").partition("x")
        if not (separator and width.strip().isdecimal() and height.strip().isdecimal()):
            raise BadInputError(f"“{size}” is no size: give width and height, 1024x768.")
        shape = (int(height), int(width), 4)
        if not 0 < shape[0] * shape[1] <= 2**28:
            raise BadInputError(f"{size} pixels cannot be made.")
        return Picture(block_of(np.full(shape, 255, np.uint8))), None
    kind, _, picture = text.partition("=")
    if kind not in list(GuideKind) or not picture:
        kinds = ", ".join(f"{kind.value}=PICTURE" for kind in GuideKind)
        raise BadInputError(f"“{text}” guides nothing: give one of {kinds}.")
    return read_picture(Path(picture)).picture, Guide(GuideKind(kind), strength)


def _numbered(out: str, seed: int) -> str:
    """NAME-SEED.ora, or NAME-SEED/."""
    slash = "/" if out.endswith("/") else ""
    path = Path(out)
    return f"{path.with_name(f'{path.stem}-{seed}{path.suffix}')}{slash}"
