"""`layerpeel peel`: from a picture to a layered file."""

import json
import re
from dataclasses import asdict, dataclass
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
from layerpeel.backend.cli.models_command import pull_missing
from layerpeel.backend.cli.preset_option import (
    check_result,
    lift_of,
    notes_on,
    preset_called,
    stages_with,
)
from layerpeel.backend.engines.engine_registry import ENGINES, engine_for
from layerpeel.backend.engines.stage_wishes import AUTO, Stage, with_stages
from layerpeel.backend.errors import BadInputError
from layerpeel.backend.formats.decoded import MOST_PIXELS
from layerpeel.backend.formats.preview import check_preview, write_preview
from layerpeel.backend.formats.provenance import without_provenance
from layerpeel.backend.formats.reading import read_mask, read_picture
from layerpeel.backend.formats.writing import check_output, write_stack
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.other_backgrounds import MOST_FILL_VARIANTS
from layerpeel.shared.presets import Preset, PresetResult
from layerpeel.shared.protocol import (
    Box,
    Coverage,
    LayerStack,
    Lift,
    Mask,
    PeelRequest,
    Point,
    Points,
    Subject,
    Things,
    Trimap,
    Words,
)


@dataclass(frozen=True)
class LiftOptions:
    """The options that say what to lift off; at most one may be given."""

    mask: Path | None
    trimap: Path | None
    within: Path | None
    box: str | None
    text: str | None
    point: list[str] | None
    not_point: list[str] | None
    things: bool

    @property
    def are_given(self) -> bool:
        """Whether any is."""
        return any(value not in (None, [], False) for value in vars(self).values())


# How many things are looked for where nobody says how many.
MOST_THINGS = 8


def peel(
    context: typer.Context,
    picture: Annotated[Path, typer.Argument(help="PNG, JPEG, WebP, TIFF, KRA, ORA …")],
    out: Annotated[
        str,
        typer.Option(help="NAME.ora for OpenRaster; NAME or NAME/ for a folder of PNGs."),
    ],
    mask: Annotated[
        Path | None,
        typer.Option(help="Lift off what this picture shows in white, roughly: a lasso round it."),
    ] = None,
    exact_edge: Annotated[
        bool, typer.Option("--exact-edge", help="The mask is the alpha, to the last byte.")
    ] = False,
    within: Annotated[
        Path | None,
        typer.Option(help="Lift off the subject within what this picture shows in white."),
    ] = None,
    trimap: Annotated[
        Path | None,
        typer.Option(help="Lift off by this trimap: white foreground, black background."),
    ] = None,
    box: Annotated[
        str | None, typer.Option(metavar="X,Y,W,H", help="Lift off what lies in this box.")
    ] = None,
    text: Annotated[
        str | None,
        typer.Option(help="Lift off what these words name: “a cat, a dog” (GroundingDINO)."),
    ] = None,
    point: Annotated[
        list[str] | None,
        typer.Option(metavar="X,Y", help="Lift off what lies here; repeatable, also with --box."),
    ] = None,
    not_point: Annotated[
        list[str] | None,
        typer.Option(metavar="X,Y", help="Beside --point or --box: this stays; repeatable."),
    ] = None,
    things: Annotated[
        bool,
        typer.Option(
            "--things",
            help=f"Lift off each thing that stands out, at most {MOST_THINGS}, or --layers.",
        ),
    ] = False,
    layers: Annotated[
        int | None,
        typer.Option(help="How many foregrounds (1); the background comes on top of that."),
    ] = None,
    band: Annotated[
        float | None,
        typer.Option(help="Half the width of the band round a mask's edge, in pixels."),
    ] = None,
    preview: Annotated[
        Path | None, typer.Option(help="Also write one picture that shows all layers.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed fills in a little differently.")] = 0,
    fill_variants: Annotated[
        int,
        typer.Option(
            help=f"Also save so many other backgrounds to choose from (0–{MOST_FILL_VARIANTS}), "
            "filled in otherwise, as hidden layers."
        ),
    ] = 0,
    preset: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE",
            help="Peel as a preset of Krita's says, where no other option does.",
        ),
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(
            help=f"{', '.join(ENGINES)}; auto takes the best there is, auto+NAME that one too.",
            show_default=AUTO,
        ),
    ] = None,
    stage: Annotated[
        list[str] | None,
        typer.Option(
            metavar="STAGE=NAME",
            help=f"What auto takes for a stage ({', '.join(Stage)}), as edge=vitmatte; repeatable.",
        ),
    ] = None,
    device: DeviceOption = None,
    max_pixels: MaxPixelsOption = MOST_PIXELS,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing result.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Pull a model that is missing, without being asked.")
    ] = False,
    no_provenance: Annotated[
        bool,
        typer.Option("--no-provenance", help="Do not save in the file what made it."),
    ] = False,
    quiet: QuietOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was made as JSON.")] = False,
) -> None:
    """Separate a picture into layers that, flattened, are the picture.

    Without --mask, --trimap, --box, --text, --point or --things the subject is lifted off, of the
    whole picture or --within a part of it.
    """
    choose_device(device)
    wished = Preset("") if preset is None else preset_called(preset)
    check_result(wished)
    check_output(out, force)
    if preview is not None:
        check_preview(preview, force)
    read = read_picture(picture, max_pixels)
    check_output(out, force, read.picture.pixels.depth)
    size = (read.picture.pixels.width, read.picture.pixels.height)
    options = LiftOptions(mask, trimap, within, box, text, point, not_point, things)
    exact = exact_edge or (wished.exact_edge and mask is not None)
    most = MOST_THINGS if things and preset is None else wished.layers
    # The preset's are for its own engine.
    stages = list(stage or ()) if engine else stages_with(wished, stage or ())
    request = PeelRequest(
        _lift(options, exact, size) if options.are_given or exact_edge else lift_of(wished),
        most if layers is None else layers,
        band,
        seed,
        with_stages(engine or wished.engine, stages),
        masks=wished.result is PresetResult.MASKS,
        fill_variants=fill_variants,
    )
    store = context.find_object(ModelStore) or ModelStore()
    if yes:
        pull_missing(store, engine_for(request, store)[0].models_needed(request))
    stack = with_bar(
        lambda report: answer(read.picture, request, store, report), quiet=quiet or as_json
    )
    files = write_stack(without_provenance(stack) if no_provenance else stack, out, force)
    if preview is not None:
        write_preview(read.picture, stack, preview, force)
    notes = (*read.notes, *notes_on(wished), *stack.notes)
    if as_json:
        typer.echo(json.dumps(_record(stack, files, preview, notes), ensure_ascii=False, indent=2))
    elif not quiet:
        _tell(stack, out, preview, notes)


def _lift(options: LiftOptions, exact_edge: bool, size: tuple[int, int]) -> Lift:
    given = [
        name
        for name, value in vars(options).items()
        if value not in (None, [], False) and name != "not_point"
    ]
    if options.not_point and not (options.point or options.box):
        raise BadInputError(
            "--not-point goes with --point or --box: give a point of what is to be lifted."
        )
    if given == ["box", "point"]:
        given = ["point"]  # A box and points go together.
    if len(given) > 1:
        names = " and ".join(f"--{name}" for name in given)
        raise BadInputError(f"{names} were given: say in one way only what to lift off.")
    if exact_edge and options.mask is None:
        raise BadInputError("--exact-edge goes with --mask: give the mask whose edge is exact.")
    if options.mask is not None:
        return Mask(_coverage(options.mask, size), exact_edge)
    if options.within is not None:
        return Subject(_coverage(options.within, size))
    if options.trimap is not None:
        return Trimap(_coverage(options.trimap, size))
    box = None if options.box is None else _box(options.box)
    if options.point or options.not_point:
        kept = [_point(text, inside=True) for text in options.point or ()]
        left = [_point(text, inside=False) for text in options.not_point or ()]
        return Points((*kept, *left), box)
    if options.things:
        return Things()
    if options.text is not None:
        return Words(options.text)
    return box or Subject()


def _coverage(path: Path, size: tuple[int, int]) -> Coverage:
    levels = np.floor(read_mask(path, size) * 255 + 0.5).astype(np.uint8)
    return Coverage(*size, levels.tobytes())


def _box(text: str) -> Box:
    numbers = re.fullmatch(r"\s*(-?\d+)\s*,\s*(-?\d+)\s*,\s*(-?\d+)\s*,\s*(-?\d+)\s*", text)
    if numbers is None:
        raise BadInputError(f"“{text}” is no box: give four whole numbers, left,top,width,height.")
    return Box(*(int(number) for number in numbers.groups()))


def _point(text: str, inside: bool) -> Point:
    numbers = re.fullmatch(r"\s*(-?\d+)\s*,\s*(-?\d+)\s*", text)
    if numbers is None:
        raise BadInputError(f"“{text}” is no point: give two whole numbers, x,y.")
    return Point(int(numbers[1]), int(numbers[2]), inside)


def _record(
    stack: LayerStack, files: list[Path], preview: Path | None, notes: tuple[str, ...]
) -> dict[str, object]:
    layers, others = (
        [
            {"name": layer.name, "role": layer.role.value, "offset": list(layer.offset)}
            for layer in each
        ]
        for each in (stack.layers, stack.other_backgrounds)
    )
    return {
        "files": [str(path) for path in files],
        "preview": None if preview is None else str(preview),
        "size": list(stack.size),
        "layers": layers,
        "other_backgrounds": others,
        "notes": list(notes),
        "made_with": asdict(stack.made_with),
    }


def _tell(stack: LayerStack, out: str, preview: Path | None, notes: tuple[str, ...]) -> None:
    seconds = sum(stack.made_with.seconds.values())
    engine = stack.made_with.engine
    others = len(stack.other_backgrounds)
    also = f" and {others} other background{'' if others == 1 else 's'}" if others else ""
    typer.echo(f"{len(stack.layers)} layers{also} in {seconds:.1f} s by the engine {engine}: {out}")
    if preview is not None:
        typer.echo(f"Preview: {preview}")
    for note in notes:
        typer.echo(f"Note: {note}")
