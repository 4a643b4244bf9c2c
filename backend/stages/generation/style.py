"""Styles: small TOML files that artists share, which say how something is painted."""

import math
import os
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import platformdirs

from layerpeel.backend.errors import BadInputError
from layerpeel.backend.stages.generation.additions import Additions, Lora, sampler_called
from layerpeel.backend.stages.generation.config import (
    GeneratorConfig,
    bits_of,
    generator_config,
)
from layerpeel.backend.stages.generation.request import (
    MOST_GUIDANCE,
    MOST_STEPS,
    ControlKind,
)
from layerpeel.backend.toml_table import ANYTHING, LINES, TomlTable, read_toml

FORMAT = 1
PLACE_OF_PROMPT = "{prompt}"
STYLES = ("sdxl", "flux2-klein", "z-image")
"""Generators that are styles without any file."""
CONTROL_KINDS = (ControlKind.LINES, ControlKind.SCRIBBLE, ControlKind.DEPTH)


@dataclass(frozen=True)
class Style:
    """How something is painted.

    name, title: in commands, and for people.
    checkpoint: a path in place of the generator's own. additions: LoRAs and the sampler.
    frame: the words around a prompt, with one `{prompt}`.
    negative: a negative prompt. steps, guidance: None leaves them to the generator.
    controls: folders of ControlNets, by what they follow.
    """

    name: str
    title: str
    generator: GeneratorConfig
    checkpoint: Path | None = None
    additions: Additions = field(default_factory=Additions)
    frame: str = PLACE_OF_PROMPT
    negative: str = ""
    steps: int | None = None
    guidance: float | None = None
    controls: dict[ControlKind, Path] = field(default_factory=dict)

    def framed(self, prompt: str) -> str:
        """Return the prompt within the words of the style."""
        return self.frame.replace(PLACE_OF_PROMPT, prompt)


def styles_folder() -> Path:
    """Return the folder of a person's styles: LAYERPEEL_STYLES, else in the user's data folder."""
    named = os.environ.get("LAYERPEEL_STYLES")
    if named:
        return Path(named).expanduser()
    return Path(platformdirs.user_data_dir("layerpeel", appauthor=False)) / "styles"


def find_styles(folder: Path | None = None) -> list[Style]:
    """Return the styles that ship, then those in `folder` (`styles_folder()`) by name.

    Unreadable ones are left out: `broken_styles` says why.
    """
    return _look_through(folder)[0]


def broken_styles(folder: Path | None = None) -> list[str]:
    """Return what is wrong with each file in `folder` that is no style, or has another's name."""
    return _look_through(folder)[1]


def style_called(name: str, folder: Path | None = None) -> Style:
    """Return a style by name, or by a path that ends in .toml; "" is the first that ships.

    Raises BadInputError, which lists what there is.
    """
    if name.endswith(".toml"):
        return read_style(Path(name).expanduser())
    styles, broken = _look_through(folder)
    for style in styles:
        if name in ("", style.name):
            return style
    names = ", ".join(style.name for style in styles)
    also = f" What cannot be used: {' '.join(broken)}" if broken else ""
    raise BadInputError(f"There is no style “{name}”. There are {names}.{also}")


def read_style(file: Path) -> Style:
    """Read a style. Paths in it start from its folder; `~` is the user's own.

    Raises BadInputError, which names the file and the key.
    """
    table = read_toml(file, "The style", BadInputError)
    if table.optional("format", table.count) != FORMAT:
        raise table.wrong(f"`format` must be {FORMAT}: it may be for a newer Layerpeel")
    generator, checkpoint = _generator(table)
    style = Style(
        name=table.text("name", LINES),
        title=table.text("title", LINES),
        generator=generator,
        checkpoint=checkpoint,
        additions=Additions(
            tuple(_lora(each) for each in table.tables("lora")),
            table.optional("sampler", partial(_sampler, table)),
        ),
        frame=_frame(table),
        negative=table.text("negative", ANYTHING, default=""),
        steps=table.optional("steps", partial(table.count, most=MOST_STEPS)),
        guidance=table.optional("guidance", partial(table.number, most=MOST_GUIDANCE)),
        controls=table.optional("control", partial(_controls, table)) or {},
    )
    table.finish()
    return style


def _look_through(folder: Path | None) -> tuple[list[Style], list[str]]:
    generators = map(generator_config, STYLES)
    shipped = [Style(each.name, each.title, each) for each in generators]
    broken: list[str] = []
    own: dict[str, Style] = {}
    for file in sorted((folder or styles_folder()).glob("*.toml")):
        try:
            style = read_style(file)
        except BadInputError as error:
            broken.append(str(error))
            continue
        if style.name in own or style.name in {each.name for each in shipped}:
            broken.append(f"{file}: another style is called `{style.name}` already: rename it.")
            continue
        own[style.name] = style
    return shipped + [own[name] for name in sorted(own)], broken


def _generator(table: TomlTable) -> tuple[GeneratorConfig, Path | None]:
    """Take generator and checkpoint; what is neither path nor file name is an id of the store."""
    named = table.text("generator")
    if named.endswith(".toml"):
        named = str(table.path_of("generator", named))
    try:
        generator = generator_config(named)
    except BadInputError as error:
        raise BadInputError(f"{table.where}: `generator`: {error}") from error
    bits = table.optional("bits", partial(bits_of, table))
    generator = generator if bits is None else replace(generator, bits=bits)
    place = table.optional("checkpoint", table.text)
    if place is None:
        return generator, None
    if not any(part in place for part in ("/", "\\", ".safetensors", ".gguf")):
        return replace(generator, checkpoint=place), None
    return generator, table.path_of("checkpoint", place)


def _lora(table: TomlTable) -> Lora:
    file, weight = table.path("file"), table.number("weight", -math.inf, default=1.0)
    table.finish()
    try:
        return Lora(file, weight)
    except BadInputError as error:
        raise BadInputError(f"{table.where}: `weight`: {error}") from error


def _sampler(table: TomlTable, key: str) -> str:
    name = table.text(key)
    try:
        sampler_called(name)
    except BadInputError as error:
        raise BadInputError(f"{table.where}: `{key}`: {error}") from error
    return name


def _frame(table: TomlTable) -> str:
    frame = table.text("prompt", ANYTHING, default=PLACE_OF_PROMPT)
    if frame.count(PLACE_OF_PROMPT) != 1:
        raise table.wrong(f"`prompt` must have {PLACE_OF_PROMPT} in it, once")
    return frame


def _controls(table: TomlTable, key: str) -> dict[ControlKind, Path]:
    folders = table.table(key)
    found = {kind: folders.optional(kind, folders.path) for kind in CONTROL_KINDS}
    folders.finish()
    return {kind: path for kind, path in found.items() if path is not None}
