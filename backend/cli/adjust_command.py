"""`layerpeel adjust`: the edges of a result, from a folder of layers to another layered file."""

from pathlib import Path
from typing import Annotated

import typer

from layerpeel.backend.adjusted_edges import MOST_SHIFT, MOST_SOFT, adjust_edges
from layerpeel.backend.cli.common_options import QuietOption
from layerpeel.backend.cli.long_work import with_bar
from layerpeel.backend.formats.folder import read_folder
from layerpeel.backend.formats.writing import check_output, write_stack
from layerpeel.shared.protocol import AdjustRequest


def adjust(
    layers: Annotated[Path, typer.Argument(help="The folder that `layerpeel peel` has written.")],
    out: Annotated[
        str, typer.Option(help="NAME.ora for OpenRaster; NAME or NAME/ for a folder of PNGs.")
    ],
    shift: Annotated[
        float,
        typer.Option(
            help="Pixels by which the edge of what was lifted off moves outwards, or inwards if "
            f"below 0 ({-MOST_SHIFT:g} to {MOST_SHIFT:g})."
        ),
    ] = 0.0,
    soften: Annotated[
        float,
        typer.Option(help=f"Pixels to both sides over which it is softened (0 to {MOST_SOFT:g})."),
    ] = 0.0,
    clean: Annotated[
        bool,
        typer.Option(
            "--clean-colours", help="Make it clearer where the background is seen through it."
        ),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing result.")] = False,
    quiet: QuietOption = False,
) -> None:
    """Adjust the edges of layers; flattened, they are the same picture.

    All that was lifted off is adjusted alike.
    """
    check_output(out, force)
    stack = read_folder(layers)
    if stack.layers:
        check_output(out, force, stack.layers[0].pixels.depth)
    request = AdjustRequest(stack, shift, soften, clean)
    adjusted = with_bar(lambda report: adjust_edges(request, report), quiet=quiet)
    write_stack(adjusted, out, force)
    if not quiet:
        typer.echo(f"{len(adjusted.layers)} layers: {out}")
