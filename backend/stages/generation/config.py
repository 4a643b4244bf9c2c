"""What a generator is, as data: a TOML file for each, those that ship and a person's own."""

import math
import tomllib
from dataclasses import MISSING, dataclass, field, fields
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from layerpeel.backend.errors import BadInputError

SHIPPED = ("sdxl", "flux2-klein", "z-image")


@dataclass(frozen=True)
class GeneratorConfig:
    """A generator: where it is, which classes of diffusers run it, and what it likes.

    name, title: how it is called in commands, and in sentences.
    checkpoint: id in the model store, or a path (with a slash in it, from the file on), of a folder
        as on the model hub or of a single file.
    pipeline, control_pipeline: classes of diffusers, without and with a ControlNet (of a UNet);
        without the second it follows no picture.
    start_pipeline, inpaint_pipeline: classes of diffusers that begin from a picture, everywhere and
        within a mask; without one it cannot.
    half: float16 or bfloat16, in which it computes on a device that computes in half precision.
    side: it likes pictures of about side² pixels. multiple: what both sides must be multiples of.
    longest_ratio: how many times as long as the other a side may be.
    steps, guidance: unless asked for otherwise; without `guidance` it has none.
    tokenizers: names of its components; to each a prompt may be `prompt_tokens` long.
    negative_above: a negative prompt counts with more guidance than this; absent, it takes none.
    control_strength: how strongly a ControlNet steers, unless asked for otherwise.
    descriptions: id in the model store, or a path, of the folder that describes the components of
        an SDXL in one file, where `checkpoint` is not installed; absent, it is read from folders
        only.
    pipeline_arguments, call_arguments: given to the pipeline when it is made, and at every call.
    """

    name: str
    title: str
    checkpoint: str | Path
    pipeline: str
    half: str
    side: int
    multiple: int
    longest_ratio: float
    steps: int
    tokenizers: tuple[str, ...]
    prompt_tokens: int
    guidance: float | None = None
    negative_above: float | None = None
    control_pipeline: str | None = None
    start_pipeline: str | None = None
    inpaint_pipeline: str | None = None
    control_strength: float = 1.0
    descriptions: str | Path | None = None
    pipeline_arguments: dict[str, Any] = field(default_factory=dict)
    call_arguments: dict[str, Any] = field(default_factory=dict)


_TEXTS = (
    "name",
    "title",
    "pipeline",
    "control_pipeline",
    "start_pipeline",
    "inpaint_pipeline",
)
_PLACES = ("checkpoint", "descriptions")
_COUNTS = ("side", "multiple", "steps", "prompt_tokens")
_NUMBERS = ("longest_ratio", "guidance", "negative_above", "control_strength")
_TABLES = ("pipeline_arguments", "call_arguments")
_LEAST = dict.fromkeys((*_COUNTS, "longest_ratio"), 1)
_HALVES = ("float16", "bfloat16")


def generator_config(name: str) -> GeneratorConfig:
    """The generator called `name`, one of `SHIPPED`, or the path of a TOML file.

    Raises BadInputError when it is neither, or the file says something else than it may.
    """
    if name in SHIPPED:
        return _read(resources.files(__package__) / f"{name}.toml", Path())
    path = Path(name).expanduser()
    if path.suffix != ".toml":
        raise BadInputError(
            f"There is no generator called “{name}”. There are {', '.join(SHIPPED)}, and what a "
            "TOML file of yours describes: give its path."
        )
    return _read(path, path.parent)


def _read(file: Traversable, folder: Path) -> GeneratorConfig:
    """Read a file. folder: what paths in it start from."""
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInputError(f"{file} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        raise BadInputError(f"{file} is no generator: {error}.") from error
    for known in fields(GeneratorConfig):
        if known.name in table:
            table[known.name] = _value(file, known.name, table[known.name], folder)
        elif known.default is MISSING and known.default_factory is MISSING:
            raise BadInputError(f"{file} is no generator: `{known.name}` is missing.")
    for unknown in table.keys() - {known.name for known in fields(GeneratorConfig)}:
        raise BadInputError(f"{file} is no generator: nothing is called `{unknown}`.")
    return GeneratorConfig(**table)


def _value(file: Traversable, key: str, value: object, folder: Path) -> object:
    """Check one value, and bring it into the type that the config wants."""
    is_text = isinstance(value, str) and value != ""
    is_number = (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and _LEAST.get(key, 0) <= value < math.inf
    )
    if key in _TEXTS and is_text:
        return value
    if key in _PLACES and isinstance(value, str) and is_text:
        return _place(value, folder)
    if key == "half" and value in _HALVES:
        return value
    if key in _COUNTS and is_number and isinstance(value, int):
        return value
    if key in _NUMBERS and is_number:
        return float(value)  # type: ignore[arg-type]  # known to be a number
    if key in _TABLES and isinstance(value, dict):
        return value
    if key == "tokenizers" and isinstance(value, list) and all(isinstance(t, str) for t in value):
        return tuple(value)
    raise BadInputError(f"{file} is no generator: `{key}` may not be {value!r}.")


def _place(text: str, folder: Path) -> str | Path:
    """A path where there is a slash in it, an id of the model store where there is none."""
    return folder / Path(text).expanduser() if "/" in text or "\\" in text else text
