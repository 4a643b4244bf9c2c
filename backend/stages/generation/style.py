"""A style: a small TOML file that artists share, which says all about how something is painted."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import platformdirs

from layerpeel.backend.errors import BadInputError
from layerpeel.backend.stages.generation.additions import Additions, Lora, sampler_called
from layerpeel.backend.stages.generation.config import SHIPPED, GeneratorConfig, generator_config
from layerpeel.backend.stages.generation.request import (
    MOST_GUIDANCE,
    MOST_STEPS,
    ControlKind,
)

FORMAT = 1
PLACE_OF_PROMPT = "{prompt}"
CONTROL_KINDS = (ControlKind.LINES, ControlKind.SCRIBBLE, ControlKind.DEPTH)

_KEYS = (
    "format",
    "name",
    "title",
    "generator",
    "checkpoint",
    "lora",
    "sampler",
    "prompt",
    "negative",
    "steps",
    "guidance",
    "control",
)


@dataclass(frozen=True)
class Style:
    """How something is painted.

    name, title: how it is called in commands, and for people.
    checkpoint: a path in place of the generator's own. additions: LoRAs and the sampler.
    frame: the words around a prompt, with one `{prompt}`.
    negative: what is not to be in the picture. steps, guidance: None leaves them to the generator.
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
        """The prompt within the words of the style."""
        return self.frame.replace(PLACE_OF_PROMPT, prompt)


def styles_folder() -> Path:
    """Where a person's styles are: LAYERPEEL_STYLES, else `styles` in the user's data folder."""
    named = os.environ.get("LAYERPEEL_STYLES")
    if named:
        return Path(named).expanduser()
    return Path(platformdirs.user_data_dir("layerpeel", appauthor=False)) / "styles"


def find_styles(folder: Path | None = None) -> list[Style]:
    """The styles there are: those that ship, then those in `folder` (`styles_folder()`) by name.

    What cannot be read is left out: `broken_styles` says why.
    """
    return _look_through(folder)[0]


def broken_styles(folder: Path | None = None) -> list[str]:
    """Say of every file in `folder` that is no style, or has another's name, what is wrong."""
    return _look_through(folder)[1]


def style_called(name: str, folder: Path | None = None) -> Style:
    """The style of a name, or in a file whose path ends in .toml. "" is the first that ships.

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
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInputError(f"{file} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        raise BadInputError(f"{file} is no style: {error}.") from error
    return _Reading(file, table).style()


def _look_through(folder: Path | None) -> tuple[list[Style], list[str]]:
    generator = generator_config(SHIPPED[0])
    shipped = [Style(generator.name, generator.title, generator)]
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


class _Reading:
    """A style's table, and what may stand in it."""

    def __init__(self, file: Path, table: Mapping[str, Any]) -> None:
        self._file = file
        self._table = table

    def style(self) -> Style:
        for key in self._table:
            if key not in _KEYS:
                raise self._wrong(f"nothing is called `{key}`")
        if self._table.get("format") != FORMAT or self._table["format"] is True:
            raise self._wrong(f"`format` must be {FORMAT}: it may be for a newer Layerpeel")
        generator, checkpoint = self._generator()
        return Style(
            name=self._text("name"),
            title=self._text("title"),
            generator=generator,
            checkpoint=checkpoint,
            additions=Additions(self._loras(), self._sampler()),
            frame=self._frame(),
            negative=self._text("negative", ""),
            steps=self._steps(),
            guidance=self._guidance(),
            controls=self._controls(),
        )

    def _wrong(self, what: str) -> BadInputError:
        return BadInputError(f"{self._file} is no style: {what}.")

    def _text(self, key: str, default: str | None = None) -> str:
        value = self._table.get(key, default)
        if value is None:
            raise self._wrong(f"`{key}` is missing")
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise self._wrong(f"`{key}` may not be {value!r}")
        return value

    def _path(self, text: object, key: str) -> Path:
        if not isinstance(text, str) or not text:
            raise self._wrong(f"`{key}` may not be {text!r}")
        try:
            return self._file.parent / Path(text).expanduser()
        except RuntimeError as error:
            raise self._wrong(
                f"`{key}` is in the home of a user who is not there: {text}"
            ) from error

    def _generator(self) -> tuple[GeneratorConfig, Path | None]:
        """A checkpoint is an id of the model store where it is neither a path nor a file's name."""
        named = self._text("generator")
        try:
            generator = generator_config(
                str(self._path(named, "generator")) if named.endswith(".toml") else named
            )
        except BadInputError as error:
            raise BadInputError(f"{self._file}: `generator`: {error}") from error
        if "checkpoint" not in self._table:
            return generator, None
        place = self._text("checkpoint")
        if not any(part in place for part in ("/", "\\", ".safetensors")):
            return replace(generator, checkpoint=place), None
        return generator, self._path(place, "checkpoint")

    def _loras(self) -> tuple[Lora, ...]:
        tables = self._table.get("lora", [])
        if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
            raise self._wrong("each `[[lora]]` must be a table with `file` and `weight`")
        return tuple(self._lora(table) for table in tables)

    def _lora(self, table: Mapping[str, object]) -> Lora:
        for key in table.keys() - {"file", "weight"}:
            raise self._wrong(f"nothing in `[[lora]]` is called `{key}`")
        weight = table.get("weight", 1.0)
        if not isinstance(weight, int | float) or isinstance(weight, bool):
            raise self._wrong(f"`weight` may not be {weight!r}")
        file = self._path(table.get("file"), "file")
        try:
            return Lora(file, weight)
        except BadInputError as error:
            raise BadInputError(f"{self._file}: `weight`: {error}") from error

    def _sampler(self) -> str | None:
        if "sampler" not in self._table:
            return None
        name = self._text("sampler")
        try:
            sampler_called(name)
        except BadInputError as error:
            raise BadInputError(f"{self._file}: `sampler`: {error}") from error
        return name

    def _frame(self) -> str:
        frame = self._text("prompt", PLACE_OF_PROMPT)
        if frame.count(PLACE_OF_PROMPT) != 1:
            raise self._wrong(f"`prompt` must have {PLACE_OF_PROMPT} in it, once")
        return frame

    def _steps(self) -> int | None:
        steps = self._table.get("steps")
        is_count = isinstance(steps, int) and not isinstance(steps, bool)
        if steps is not None and not (is_count and 1 <= steps <= MOST_STEPS):
            raise self._wrong(f"`steps` may not be {steps!r}")
        return steps

    def _guidance(self) -> float | None:
        guidance = self._table.get("guidance")
        if guidance is None:
            return None
        is_number = isinstance(guidance, int | float) and not isinstance(guidance, bool)
        if not (is_number and 0 <= guidance <= MOST_GUIDANCE):
            raise self._wrong(f"`guidance` may not be {guidance!r}")
        return float(guidance)

    def _controls(self) -> dict[ControlKind, Path]:
        table = self._table.get("control", {})
        if not isinstance(table, dict):
            raise self._wrong("`[control]` must be a table")
        for key in table.keys() - set(CONTROL_KINDS):
            raise self._wrong(
                f"nothing in `[control]` is called `{key}`: there are {', '.join(CONTROL_KINDS)}"
            )
        return {ControlKind(kind): self._path(path, kind) for kind, path in table.items()}
