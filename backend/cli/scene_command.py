"""`layerpeel scene`, `add-object`, `add-background`: painted by a generator, in layers."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from layerpeel.backend.answering import answer
from layerpeel.backend.cli.common_options import (
    DeviceOption,
    MaxPixelsOption,
    QuietOption,
    choose_device,
)
from layerpeel.backend.cli.long_work import with_bar
from layerpeel.backend.cli.painting_options import (
    GuidanceOption,
    NegativeOption,
    SeedOption,
    StepsOption,
    StyleOption,
    named_notes,
    size_in,
)
from layerpeel.backend.engines.engine_registry import ENGINES
from layerpeel.backend.engines.stage_wishes import AUTO
from layerpeel.backend.errors import BadInputError
from layerpeel.backend.formats.decoded import MOST_PIXELS
from layerpeel.backend.formats.provenance import without_provenance
from layerpeel.backend.formats.reading import ReadPicture, read_mask, read_picture
from layerpeel.backend.formats.writing import (
    LAYER_ENDING,
    check_layer_png,
    check_output,
    write_layer_png,
    write_stack,
)
from layerpeel.backend.image import block_of
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.stages.generation.request import LARGEST_SIDE
from layerpeel.shared.jobs import Request
from layerpeel.shared.protocol import Coverage, Depth, Picture
from layerpeel.shared.scenes import (
    BackgroundRequest,
    Guide,
    GuideKind,
    ObjectRequest,
    Painting,
    SceneRequest,
)

MOST_VARIANTS = 16
USUAL_SIZE = "1024x1024"

_Out = Annotated[str, typer.Option(help="NAME.ora for OpenRaster; NAME/ for a folder of PNGs.")]
_LayerOut = Annotated[
    str, typer.Option(help="NAME.png, as large as the picture; or NAME.ora, or NAME/ for a folder.")
]
_Engine = Annotated[
    str,
    typer.Option(
        help=f"{', '.join(ENGINES)}; auto takes the best there is, auto+NAME that one too."
    ),
]
_Force = Annotated[bool, typer.Option("--force", help="Replace an existing result.")]
_NoProvenance = Annotated[
    bool,
    typer.Option("--no-provenance", help="Do not save prompt, seed and models in the file."),
]


def scene(
    context: typer.Context,
    prompt: Annotated[
        str, typer.Argument(help="The scene; [what is in brackets] becomes a layer of its own.")
    ],
    out: _Out,
    size: Annotated[
        str | None, typer.Option(metavar="WxH", help=f"In pixels; {USUAL_SIZE} unless given.")
    ] = None,
    guide: Annotated[
        str | None,
        typer.Option(
            metavar="KIND=PICTURE",
            help=f"What guides it ({', '.join(kind.value for kind in GuideKind)}), and its size.",
        ),
    ] = None,
    strength: Annotated[
        float | None, typer.Option(help="How closely to follow --guide, 0 to 1.")
    ] = None,
    reference: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="PICTURE",
            help="Of --guide edit=, one more that the words may speak of (image 2 …); repeatable.",
        ),
    ] = None,
    within: Annotated[
        Path | None,
        typer.Option(help="Of --guide edit=, it is changed only where this picture is white."),
    ] = None,
    variants: Annotated[
        int,
        typer.Option(min=1, max=MOST_VARIANTS, help="How many to paint, each with the next seed."),
    ] = 1,
    style: StyleOption = "",
    steps: StepsOption = None,
    guidance: GuidanceOption = None,
    negative: NegativeOption = "",
    seed: SeedOption = 0,
    engine: _Engine = AUTO,
    device: DeviceOption = None,
    max_pixels: MaxPixelsOption = MOST_PIXELS,
    force: _Force = False,
    no_provenance: _NoProvenance = False,
    quiet: QuietOption = False,
) -> None:
    """Paint a scene and take it apart into layers."""
    choose_device(device)
    canvas, guided = _guided(guide, strength, size, max_pixels)
    if reference or within is not None:
        if guided is None:
            raise BadInputError("--reference and --within go with --guide edit=PICTURE: give that.")
        paths = reference or []
        more = [read_picture(path, max_pixels) for path in paths]
        chosen = None if within is None else _coverage(within, canvas)
        references = tuple(read.picture for read in more)
        guided = replace(guided, references=references, within=chosen)
        canvas = replace(canvas, notes=(*canvas.notes, *named_notes(more, paths)))
    painting = Painting(seed, style, steps, guidance, negative)
    outs = [_numbered(out, seed + number) if variants > 1 else out for number in range(variants)]
    for name in outs:
        check_output(name, force, canvas.picture.pixels.depth)
    for number, name in enumerate(outs):
        request = SceneRequest(prompt, replace(painting, seed=seed + number), guided, engine)
        _answer(context, canvas, request, name, force, no_provenance, quiet)


def add_object(
    context: typer.Context,
    picture: Annotated[Path, typer.Argument(help="Into which it is painted.")],
    prompt: Annotated[str, typer.Argument(help="What it is, in words.")],
    within: Annotated[Path, typer.Option(help="It is painted where this picture is white.")],
    out: _LayerOut,
    style: StyleOption = "",
    steps: StepsOption = None,
    guidance: GuidanceOption = None,
    negative: NegativeOption = "",
    seed: SeedOption = 0,
    device: DeviceOption = None,
    max_pixels: MaxPixelsOption = MOST_PIXELS,
    force: _Force = False,
    no_provenance: _NoProvenance = False,
    quiet: QuietOption = False,
) -> None:
    """Paint an object into a picture; the result is the object alone, as a layer above it."""
    choose_device(device)
    read = read_picture(picture, max_pixels)
    pixels = read.picture.pixels
    _check_layer_output(out, force, pixels.depth)
    painting = Painting(seed, style, steps, guidance, negative)
    request = ObjectRequest(prompt, _coverage(within, read), painting)
    _answer(context, read, request, out, force, no_provenance, quiet)


def add_background(
    context: typer.Context,
    layer: Annotated[Path, typer.Argument(help="A picture with clear surroundings.")],
    prompt: Annotated[str, typer.Argument(help="The scene around and behind it, in words.")],
    out: _LayerOut,
    style: StyleOption = "",
    steps: StepsOption = None,
    guidance: GuidanceOption = None,
    negative: NegativeOption = "",
    seed: SeedOption = 0,
    engine: _Engine = AUTO,
    device: DeviceOption = None,
    max_pixels: MaxPixelsOption = MOST_PIXELS,
    force: _Force = False,
    no_provenance: _NoProvenance = False,
    quiet: QuietOption = False,
) -> None:
    """Paint a scene around a layer; the result is one opaque layer below it."""
    choose_device(device)
    read = read_picture(layer, max_pixels)
    _check_layer_output(out, force, read.picture.pixels.depth)
    painting = Painting(seed, style, steps, guidance, negative)
    request = BackgroundRequest(prompt, painting, engine)
    _answer(context, read, request, out, force, no_provenance, quiet)


def _answer(
    context: typer.Context,
    read: ReadPicture,
    request: Request,
    out: str,
    force: bool,
    no_provenance: bool,
    quiet: bool,
) -> None:
    store = context.find_object(ModelStore) or ModelStore()
    stack = with_bar(lambda report: answer(read.picture, request, store, report), quiet=quiet)
    written = without_provenance(stack) if no_provenance else stack
    if _is_png(out):
        write_layer_png(written, Path(out), force)
    else:
        write_stack(written, out, force)
    if quiet:
        return
    layers = "layer" if len(stack.layers) == 1 else "layers"
    seconds, seed = sum(stack.made_with.seconds.values()), stack.made_with.seed
    typer.echo(f"{len(stack.layers)} {layers} in {seconds:.1f} s, seed {seed}: {out}")
    for note in (*read.notes, *stack.notes):
        typer.echo(f"Note: {note}")


def _check_layer_output(out: str, force: bool, depth: Depth) -> None:
    if _is_png(out):
        check_layer_png(Path(out), force, depth)
    else:
        check_output(out, force, depth)


def _is_png(out: str) -> bool:
    return Path(out).suffix.lower() == LAYER_ENDING and not out.endswith("/")


def _guided(
    text: str | None, strength: float | None, size: str | None, max_pixels: int
) -> tuple[ReadPicture, Guide | None]:
    """Return the guiding picture and its guide; without --guide, a plain picture of the size."""
    if text is None:
        if strength is not None:
            raise BadInputError("--strength goes with --guide: give a picture.")
        width, height = size_in(size or USUAL_SIZE)
        if not (0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE):
            raise BadInputError(
                f"{size} pixels cannot be made: each side may have {LARGEST_SIDE} at most."
            )
        return ReadPicture(Picture(block_of(np.full((height, width, 4), 255, np.uint8)))), None
    if size is not None:
        raise BadInputError("--guide gives the size: leave --size out, or scale that picture.")
    kind, _, picture = text.partition("=")
    if kind not in list(GuideKind) or not picture:
        kinds = ", ".join(f"{kind.value}=PICTURE" for kind in GuideKind)
        raise BadInputError(f"“{text}” guides nothing: give one of {kinds}.")
    return read_picture(Path(picture), max_pixels), Guide(GuideKind(kind), strength)


def _coverage(mask: Path, read: ReadPicture) -> Coverage:
    size = (read.picture.pixels.width, read.picture.pixels.height)
    levels = np.floor(read_mask(mask, size) * 255 + 0.5).astype(np.uint8)
    return Coverage(*size, levels.tobytes())


def _numbered(out: str, seed: int) -> str:
    """Add a seed to a name: NAME-SEED.ora, or NAME-SEED/."""
    slash = "/" if out.endswith("/") else ""
    path = Path(out)
    return f"{path.with_name(f'{path.stem}-{seed}{path.suffix}')}{slash}"
