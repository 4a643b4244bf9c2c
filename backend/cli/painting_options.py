"""Options of the commands that paint, and what their values mean."""

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from layerpeel.backend.colour import image_of
from layerpeel.backend.errors import BadInputError
from layerpeel.backend.formats.reading import ReadPicture, read_picture
from layerpeel.backend.image import Float32
from layerpeel.backend.stages.generation.additions import (
    SAMPLERS,
    Additions,
    Lora,
    sampler_called,
)
from layerpeel.backend.stages.generation.request import Start
from layerpeel.backend.stages.generation.style import Style, style_called

StyleOption = Annotated[
    str, typer.Option(metavar="NAME|FILE", help="How it is painted: a style, or its TOML file.")
]
StepsOption = Annotated[int | None, typer.Option(help="More take longer and are finer.")]
GuidanceOption = Annotated[float | None, typer.Option(help="How closely to follow the words.")]
NegativeOption = Annotated[str, typer.Option(help="What the picture should not show.")]
SeedOption = Annotated[int, typer.Option(help="Another seed makes another picture.")]
SamplerOption = Annotated[str | None, typer.Option(help=f"One of: {', '.join(SAMPLERS)}.")]
BitsOption = Annotated[
    int | None,
    typer.Option(
        help="4 loads FLUX.2 klein or Z-Image in 4 bit, 16 never does; else 4 where 16 do not fit."
    ),
]
LoraOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FILE[=WEIGHT]", help="A LoRA for the checkpoint (.safetensors); may be repeated."
    ),
]


def chosen_style(name: str, sampler: str | None, loras: list[str] | None) -> Style:
    """Return the named style, with another sampler and more LoRAs if given.

    Raises BadInputError for an unknown style or sampler, and for an invalid LoRA.
    """
    style = style_called(name)
    if sampler is not None:
        sampler_called(sampler)
    additions = Additions(
        (*style.additions.loras, *map(_lora, loras or ())), sampler or style.additions.sampler
    )
    return replace(style, additions=additions)


def _lora(text: str) -> Lora:
    file, _, weight = text.rpartition("=")
    if not file or text.endswith(".safetensors"):
        return Lora(Path(text))
    try:
        return Lora(Path(file), float(weight))
    except ValueError as error:
        raise BadInputError(f"“{text}” is no LoRA: give FILE or FILE=WEIGHT.") from error


def size_in(text: str) -> tuple[int, int]:
    """Read a size such as 1024x768: width and height. Raises BadInputError."""
    numbers = re.fullmatch(r"\s*(\d+)\s*[x×]\s*(\d+)\s*", text, re.IGNORECASE)
    if numbers is None:
        raise BadInputError(f"“{text}” is no size: give width and height, 1024x768.")
    return int(numbers[1]), int(numbers[2])


def start_of(picture: Path | None, strength: float | None, mask: Path | None) -> Start | None:
    """Return what to begin from; None without --start.

    Raises BadInputError for its options without it, and when a picture cannot be read.
    """
    if picture is None:
        if strength is not None or mask is not None:
            raise BadInputError(
                "--start-strength and --start-mask go with --start: give a picture."
            )
        return None
    return Start(
        picture_on_paper(picture),
        1.0 if strength is None else strength,
        None if mask is None else picture_on_paper(mask).mean(axis=-1),
    )


def picture_on_paper(path: Path) -> Float32:
    """Read a picture as H×W×3 of display sRGB, 0–1; what is transparent becomes white."""
    return on_paper(read_picture(path))


def on_paper(read: ReadPicture) -> Float32:
    """A picture that was read, likewise."""
    image = image_of(read.picture)
    alpha = image.alpha[..., None]
    return image.proxy * alpha + (1 - alpha)


def named_notes(reads: Iterable[ReadPicture], paths: Iterable[Path]) -> tuple[str, ...]:
    """How each of several pictures was read, with the file's name to tell them apart."""
    return tuple(
        f"{path}: {note}" for read, path in zip(reads, paths, strict=True) for note in read.notes
    )
