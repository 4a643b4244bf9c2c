"""`layerpeel models find`: checkpoints that other programs have already put on this disk."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from layerpeel.backend.cli.long_work import with_bar
from layerpeel.backend.errors import ModelError
from layerpeel.backend.models.looking import look_into, what_is
from layerpeel.backend.models.manifest import spoken_size
from layerpeel.backend.models.other_programs import likely_folders
from layerpeel.backend.models.style_files import make_style
from layerpeel.backend.stages.generation.generator_checkpoint import whole_generator_in
from layerpeel.backend.stages.generation.style import find_styles, styles_folder
from layerpeel.shared.generators import FoundKind, ProgramFolder

_KINDS = {
    FoundKind.CHECKPOINT: "checkpoint",
    FoundKind.INPAINTING: "for inpainting",
    FoundKind.LORA: "LoRA",
    FoundKind.CONTROLNET: "ControlNet",
    FoundKind.OTHER: "other",
}


_WIDEST = max(map(len, _KINDS.values()))


def find(
    inside: Annotated[
        list[Path] | None,
        typer.Option("--in", metavar="FOLDER", help="Look here instead, without asking."),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Look into what other programs have, without asking.")
    ] = False,
    use: Annotated[
        list[Path] | None,
        typer.Option("--use", metavar="FILE", help="Make this checkpoint a style, where it lies."),
    ] = None,
) -> None:
    """Find checkpoints of ComfyUI, krita-ai-diffusion and AUTOMATIC1111, and use them in place.

    It asks before it looks into any folder, and reads no more than headers.
    """
    if use:
        for file in use:
            _use(file.expanduser().absolute())
        return
    folders = [folder.expanduser().absolute() for folder in inside or ()]
    if not folders:
        folders = _asked(likely_folders(), yes)
    if not folders:
        return
    found = with_bar(lambda report: look_into(folders, partial(report, "Looking")), quiet=False)
    for note in found.notes:
        typer.echo(note, err=True)
    if not found.files:
        typer.echo("No weights were found.", err=True)
    for each in found.files:
        kind, size = _KINDS[each.kind], spoken_size(each.bytes)
        reason = f"  ({Path(each.path).name} {each.why_not})" if each.why_not else ""
        typer.echo(f"{kind.ljust(_WIDEST)}  {size.rjust(8)}  {each.path}{reason}")
    if any(not each.why_not for each in found.files):
        typer.echo("Use one where it lies: layerpeel models find --use FILE", err=True)


def _asked(there: tuple[ProgramFolder, ...], yes: bool) -> list[Path]:
    """Return the folders that the user allows to be searched."""
    if not there:
        typer.echo(
            "None of ComfyUI, krita-ai-diffusion, AUTOMATIC1111 and Forge is where it usually is. "
            "Name a folder with --in FOLDER.",
            err=True,
        )
        return []
    for each in there:
        typer.echo(f"{each.program}: {each.path}", err=True)
    question = "Look into these? Names, sizes and headers are read, and nothing is changed."
    if not yes and not typer.confirm(question, err=True):
        return []
    return [Path(each.path) for each in there]


def _use(file: Path) -> None:
    found = what_is(file)
    if found.why_not:
        raise ModelError(f"{file} {found.why_not}.")
    taken = [each.name for each in find_styles()]
    style = make_style(file, styles_folder(), taken, whole_generator_in(file).family)
    typer.echo(f"{file.name} is the style {style.stem}: {style}")
