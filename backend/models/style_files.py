"""Makes a style of another program's checkpoint: a short TOML file with the checkpoint's path."""

import json
import re
import tomllib
from collections.abc import Collection
from pathlib import Path

from layerpeel.backend.errors import BadInputError, OutputError, reason_of
from layerpeel.backend.files.atomic_file import write_atomically
from layerpeel.backend.files.regular_file import read_regular
from layerpeel.backend.models.file_names import is_text

_LINES = """\
# A checkpoint that another program keeps. It is used where it lies: nothing was copied.
format = 1
name = {name}
title = {title}
generator = {generator}
checkpoint = {checkpoint}
"""


def make_style(
    checkpoint: Path, folder: Path, taken: Collection[str], generator: str = "sdxl"
) -> Path:
    """Write a style for a checkpoint into `folder`, and return its file.

    A file there that names the same checkpoint is returned unchanged.

    taken: names of other styles. generator: what runs it (`SingleFile.family`).

    Raises BadInputError when the checkpoint's path is not valid text, OutputError when `folder`
    cannot be written.
    """
    place = _text_of(checkpoint)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        there = sorted(folder.glob("*.toml"))
        for file in there:
            if _checkpoint_of(file) == place:
                return file
        name = _free_name(checkpoint.stem, {*taken, *(file.stem for file in there)})
        lines = _LINES.format(
            name=_quoted(name),
            title=_quoted(checkpoint.stem),
            generator=_quoted(generator),
            checkpoint=_quoted(place),
        )
        file = folder / f"{name}.toml"
        write_atomically(file, lines.encode())
    except OSError as error:
        raise OutputError(
            f"The style cannot be kept in {folder}: {reason_of(error)}. Make room there, "
            "and make it writable for you."
        ) from error
    return file


def _text_of(checkpoint: Path) -> str:
    place = str(checkpoint)
    if not is_text(place):
        raise BadInputError(f"{place!a} has a path that is not valid text: rename it.")
    return place


def _free_name(title: str, taken: set[str]) -> str:
    plain = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "style"
    name, number = plain, 2
    while name in taken:
        name, number = f"{plain}-{number}", number + 1
    return name


def _checkpoint_of(file: Path) -> str | None:
    """Return the checkpoint that a style names; None if it names none or cannot be parsed."""
    try:
        checkpoint = tomllib.loads(read_regular(file).decode("utf-8")).get("checkpoint")
    except (ValueError, RecursionError):
        return None
    return checkpoint if isinstance(checkpoint, str) else None


def _quoted(text: str) -> str:
    """Quote a string for TOML, which accepts what JSON does."""
    return json.dumps(text, ensure_ascii=False)
